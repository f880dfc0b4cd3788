//! Why a request is no command, before it was parsed.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use protocol::{Outcome, Refused};

use crate::random;

/// A refusal before anything was parsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) outcome: Outcome,
    pub(crate) reason: &'static str,
}

// === impl Refusal ===

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: &'static str) -> Self {
        let outcome = match status {
            StatusCode::REQUEST_TIMEOUT => Outcome::Timeout,
            StatusCode::UNAUTHORIZED => Outcome::Unauthenticated,
            StatusCode::FORBIDDEN => Outcome::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => Outcome::SlowDown,
            StatusCode::SERVICE_UNAVAILABLE => Outcome::Busy,
            _ => Outcome::Malformed,
        };
        Self { status, outcome, reason }
    }

    /// The document that says so.
    pub(crate) fn document(self) -> Refused {
        let refused = Refused::new(None, self.outcome).because(self.reason);
        match self.outcome {
            Outcome::SlowDown | Outcome::Busy => refused.retry(random::retry_s()),
            _ => refused,
        }
    }
}

/// A body that was not read to its end would be taken for the next request: the connection ends.
pub(crate) fn close_where_unread(status: StatusCode, response: &mut Response) {
    if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}
