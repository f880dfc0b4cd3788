//! What can go wrong with a voucher, and what the peer learns of it.

#![warn(clippy::wildcard_enum_match_arm)]

use chassis::{Answered, Managed, Note, chain};
use crypto::{MissingKeys, NotOpened};
use protocol::{Bridge, Outcome, Verb};
use store::StoreError;

/// What can go wrong with a voucher.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("could not read or write CRYPTO")]
    Store(#[from] StoreError),
    #[error("could not tell whether CRYPTO kept it")]
    Commit(#[source] StoreError),
    #[error("a key is missing in the key file")]
    Keys(#[from] MissingKeys),
    #[error("the sealed {what} does not open")]
    Sealed {
        what: &'static str,
        #[source]
        source: NotOpened,
    },
    #[error("the {0} does not read")]
    Form(&'static str),
}

// === impl Error ===

impl From<&Error> for Outcome {
    fn from(error: &Error) -> Self {
        match error {
            Error::Store(error) if error.is_unavailable() => Self::Busy,
            // What is not known may not be called undone: PPPX asks the twin under the same
            // bridge, and that settles it.
            Error::Store(_)
            | Error::Commit(_)
            | Error::Keys(_)
            | Error::Sealed { .. }
            | Error::Form(_) => Self::Failed,
        }
    }
}

impl Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Store(error) if error.is_unavailable() => "CRYPTO cannot be reached now",
            Self::Store(_)
            | Self::Commit(_)
            | Self::Keys(_)
            | Self::Sealed { .. }
            | Self::Form(_) => "internal fault; it is in the log under the bridge",
        }
    }

    /// The variant's name, for the report.
    fn cause(&self) -> &'static str {
        match self {
            Self::Store(_) => "STORE",
            Self::Commit(_) => "COMMIT",
            Self::Keys(_) => "KEYS",
            Self::Sealed { .. } => "SEALED",
            Self::Form(_) => "FORM",
        }
    }

    fn note(&self) -> Note {
        Note { cause: Some(self.cause()), ..Note::default() }
    }
}

/// Logs a fault once, with its chain, and answers a command.
pub(crate) fn answered(error: &Error, verb: Verb, bridge: Bridge) -> Answered {
    log(error, verb.name(), bridge);
    let outcome = Outcome::from(error);
    let answered = if outcome == Outcome::Busy {
        Answered::busy(verb, error.reason())
    } else {
        Answered::refused(verb, outcome, error.reason())
    };
    Answered { note: error.note(), ..answered }
}

/// Logs a fault once, with its chain, and answers a management verb.
pub(crate) fn managed(error: &Error, verb: &str, bridge: Bridge) -> Managed {
    log(error, verb, bridge);
    Managed::problem(Outcome::from(error), error.reason()).with_note(error.note())
}

/// Logs a fault with its chain.
pub(crate) fn log(error: &Error, verb: &str, bridge: Bridge) {
    tracing::error!(%bridge, verb, error = chain(error), "a voucher was not served");
}
