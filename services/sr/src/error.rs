//! What can go wrong in a registration, and what the peer learns of it.

#![warn(clippy::wildcard_enum_match_arm)]

use chassis::{Answered, Managed, Note, chain};
use crypto::{MissingKeys, NotOpened, RsaKeyError};
use protocol::{Bridge, Outcome, Verb};
use store::StoreError;

/// What can go wrong in a registration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("could not read or write CRYPTO")]
    Store(#[from] StoreError),
    #[error("a key is missing in the key file")]
    Keys(#[from] MissingKeys),
    #[error("the stored answer does not open")]
    Answer(#[from] NotOpened),
    #[error("the stored answer does not read")]
    Kept,
    #[error("the key's pubkey cannot be used")]
    Pubkey(#[source] RsaKeyError),
    #[error("could not make what is stored")]
    Make(#[source] serde_json::Error),
    #[error("could not make a {0}")]
    Form(&'static str),
}

// === impl Error ===

impl From<&Error> for Outcome {
    fn from(error: &Error) -> Self {
        match error {
            Error::Store(error) if error.is_unavailable() => Self::Busy,
            Error::Pubkey(_) => Self::Malformed,
            Error::Store(_)
            | Error::Keys(_)
            | Error::Answer(_)
            | Error::Kept
            | Error::Make(_)
            | Error::Form(_) => Self::Failed,
        }
    }
}

impl Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Store(error) if error.is_unavailable() => "CRYPTO cannot be reached now",
            Self::Pubkey(_) => "pubkey: not an RSA key of 2048 to 4096 bits with exponent 65537",
            Self::Store(_)
            | Self::Keys(_)
            | Self::Answer(_)
            | Self::Kept
            | Self::Make(_)
            | Self::Form(_) => "internal fault; it is in the log under the bridge",
        }
    }

    /// The variant's name, for the report.
    fn cause(&self) -> &'static str {
        match self {
            Self::Store(_) => "STORE",
            Self::Keys(_) => "KEYS",
            Self::Answer(_) | Self::Kept => "STORED_ANSWER",
            Self::Pubkey(_) => "PUBKEY",
            Self::Make(_) | Self::Form(_) => "MAKE",
        }
    }
}

/// Logs a fault once, with its chain, and answers the management verb.
pub(crate) fn managed(error: &Error, bridge: Bridge) -> Managed {
    tracing::error!(%bridge, error = chain(error), "a management verb was not done");
    let note = Note { cause: Some(error.cause()), ..Note::default() };
    Managed::problem(Outcome::from(error), error.reason()).with_note(note)
}

/// Logs a fault once, with its chain, and answers it.
pub(crate) fn answered(error: &Error, bridge: Bridge) -> Answered {
    let outcome = Outcome::from(error);
    if outcome != Outcome::Malformed {
        tracing::error!(%bridge, error = chain(error), "a key was not recorded");
    }
    let mut answered = if outcome == Outcome::Busy {
        Answered::busy(Verb::Crecord, error.reason())
    } else {
        Answered::refused(Verb::Crecord, outcome, error.reason())
    };
    answered.note = Note { cause: Some(error.cause()), ..Note::default() };
    answered
}
