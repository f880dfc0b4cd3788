//! An answer that goes on: lines that come as they happen.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http_body_util::BodyExt;

use crate::error::AskError;
use crate::signed::{Answer, Body};
use crate::wire;

/// The media type of a stream, server-sent events; every other answer is read whole.
pub(crate) const STREAM: &str = "text/event-stream";

/// An answer, of which the rest is still to come.
pub struct Opened {
    /// The HTTP status.
    pub status: u16,
    /// The answer's media type, empty where it named none.
    pub content_type: String,
    /// Seconds of `Retry-After`.
    pub retry_after_s: Option<u32>,
    body: Body,
}

// === impl Opened ===

impl Opened {
    pub(crate) fn of(answer: Answer) -> Self {
        let headers = &answer.parts.headers;
        let text = |name| wire::text(headers, name);
        Self {
            status: answer.parts.status.as_u16(),
            content_type: text(&CONTENT_TYPE).unwrap_or_default().to_owned(),
            retry_after_s: text(&RETRY_AFTER).and_then(|it| it.parse().ok()),
            body: answer.body,
        }
    }

    /// The next bytes; nothing at the end.
    ///
    /// Of an answer that is no stream all bytes come at once, and are proved. The bytes of a stream
    /// are not: its seal covers status and media type.
    ///
    /// # Errors
    ///
    /// [`AskError::Lost`]: the connection ended in the middle.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    ///
    /// Source: toki.md §5
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, AskError> {
        let incoming = match &mut self.body {
            Body::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                return Ok((!bytes.is_empty()).then_some(bytes));
            }
            Body::Stream(incoming) => incoming,
        };
        loop {
            match incoming.frame().await {
                None => return Ok(None),
                Some(Err(_cut)) => return Err(AskError::Lost),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }
}
