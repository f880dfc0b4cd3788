//! Why no server answered.

use crate::ask::Failure;

/// Why a request brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The map names no server for this role.
    #[error("the address map names no server")]
    NoServer,
    /// No server accepted a connection; nothing was sent.
    #[error("no server accepts connections")]
    Unreachable,
    /// A server took the request and its answer did not arrive whole.
    #[error("the answer was lost on the way")]
    Lost,
    /// The deadline passed.
    #[error("no answer before the deadline")]
    Timeout,
}

impl From<&Failure> for AskError {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::NotSent => Self::Unreachable,
            Failure::Lost | Failure::TooLong(_) => Self::Lost,
            Failure::Timeout => Self::Timeout,
        }
    }
}
