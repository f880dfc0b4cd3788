//! What can go wrong in AAR, and what the peer learns of it.

#![warn(clippy::wildcard_enum_match_arm)]

use chassis::{Answered, Managed, Note, chain};
use crypto::MissingKeys;
use protocol::{Bridge, DeviceId, Outcome, Verb};
use store::StoreError;

/// What can go wrong in AAR.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("could not read or write CRYPTO")]
    Store(#[from] StoreError),
    #[error("a key is missing in the key file")]
    Keys(#[from] MissingKeys),
    #[error("the {column} of box {device} does not open")]
    Sealed { column: &'static str, device: DeviceId },
    #[error("a sealed text does not open")]
    Reason,
    #[error("could not make what is stored")]
    Encode(#[source] serde_json::Error),
    #[error("could not read the spool's marks")]
    Marks(#[from] report::SpoolError),
}

// === impl Error ===

impl From<&Error> for Outcome {
    fn from(error: &Error) -> Self {
        match error {
            Error::Store(error) if error.is_unavailable() => Self::Busy,
            Error::Store(_)
            | Error::Keys(_)
            | Error::Sealed { .. }
            | Error::Reason
            | Error::Encode(_)
            | Error::Marks(_) => Self::Failed,
        }
    }
}

impl Error {
    fn reason(&self) -> &'static str {
        if Outcome::from(self) == Outcome::Busy {
            "CRYPTO cannot be reached now"
        } else {
            "internal fault; it is in the log under the bridge"
        }
    }

    /// The variant's name, for the report.
    fn cause(&self) -> &'static str {
        match self {
            Self::Store(_) => "STORE",
            Self::Keys(_) => "KEYS",
            Self::Sealed { .. } | Self::Reason => "SEALED",
            Self::Encode(_) => "ENCODE",
            Self::Marks(_) => "MARKS",
        }
    }

    fn note(&self) -> Note {
        Note { cause: Some(self.cause()), ..Note::default() }
    }
}

/// Logs a fault once, with its chain, and answers the command.
pub(crate) fn answered(error: &Error, verb: Verb, bridge: Bridge) -> Answered {
    tracing::error!(%bridge, error = chain(error), "{} was not done", verb.name());
    let outcome = Outcome::from(error);
    let mut answered = if outcome == Outcome::Busy {
        Answered::busy(verb, error.reason())
    } else {
        Answered::refused(verb, outcome, error.reason())
    };
    answered.note = error.note();
    answered
}

/// Logs a fault once, with its chain, and answers the management verb.
pub(crate) fn managed(error: &Error, bridge: Bridge) -> Managed {
    tracing::error!(%bridge, error = chain(error), "a management verb was not done");
    Managed::problem(Outcome::from(error), error.reason()).with_note(error.note())
}
