//! Why no server answered.

use protocol::Instance;
use toki::Refusal;

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
    /// Neither server is well, and enough requests are trying them: nothing was sent.
    #[error("neither server answers of late")]
    Resting,
    /// A server took the request and its answer did not arrive whole.
    #[error("the answer was lost on the way")]
    Lost,
    /// The deadline passed.
    #[error("no answer before the deadline")]
    Timeout,
    /// There are keys, and none for this server: nothing was sent.
    #[error("the keys have none for {0}")]
    NoKey(Instance),
    /// The server refused the request's toki; nothing was done. Where no key is shared, nothing
    /// proves that the word is the server's.
    #[error("the toki was refused: {0}")]
    Refused(Refusal),
    /// An answer came, and nothing proves that it is the server's: it was not used.
    #[error("the answer is not proved to be the server's")]
    Unproven,
}

impl From<&Failure> for AskError {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::NotSent => Self::Unreachable,
            Failure::Lost | Failure::TooLong(_) => Self::Lost,
            Failure::Timeout => Self::Timeout,
            Failure::NoKey(name) => Self::NoKey(*name),
            Failure::Refused(Some(refusal)) => Self::Refused(*refusal),
            Failure::Refused(None) | Failure::Unproven => Self::Unproven,
        }
    }
}
