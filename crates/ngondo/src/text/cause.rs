//! Says in the user's language why something could not be done.
//!
//! Libraries and servers speak English. Each of their errors has a sentence in the catalogue, with
//! the words of the library behind it in brackets where a search for them may help. The errors of
//! this workspace are matched one by one, so that a new one asks for its sentence.

mod base;
mod form;
mod ini;
mod keys;

use std::error::Error;
use std::io;

use client::AskError;
use toki::Refusal;

use super::Said;
use crate::said;

pub(crate) use base::{database, registry, start};
#[cfg(test)]
pub(crate) use form::made_keys;
pub(crate) use form::{form, reason};
pub(crate) use ini::{problems, warning};
pub(crate) use keys::{key_file, secret, toki_file};

/// Says what the system refused.
pub(crate) fn io(error: &io::Error) -> Said {
    system(error.kind(), &error.to_string())
}

/// Says what a library could not do: what the system refused to it, else its own words.
pub(crate) fn any(error: &(dyn Error + 'static)) -> Said {
    let raw = chain(error);
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<io::Error>() {
            return system(refused.kind(), &raw);
        }
        cause = inner.source();
    }
    said!("cause-detail", raw = raw)
}

/// Says why no server answered.
pub(crate) fn ask(error: AskError) -> Said {
    match error {
        AskError::NoServer => said!("cause-no-server"),
        AskError::Unreachable | AskError::Resting => said!("cause-unreachable"),
        AskError::Lost => said!("cause-lost"),
        AskError::Timeout => said!("cause-timeout"),
        AskError::NoKey(name) => said!("cause-no-key", name = name.as_str()),
        AskError::Unproven => said!("cause-unproven"),
        AskError::Refused(refusal) => toki(refusal),
    }
}

/// Says why a toki was refused, for whoever has to mend it.
pub(crate) fn toki(refusal: Refusal) -> Said {
    match refusal {
        Refusal::Malformed => said!("toki-malformed"),
        Refusal::UnknownKey => said!("toki-unknown-key"),
        Refusal::UnknownSession => said!("toki-unknown-session"),
        Refusal::Stale => said!("toki-stale"),
        Refusal::Replayed => said!("toki-replayed"),
        Refusal::BadSeal => said!("toki-bad-seal"),
        Refusal::BadChain => said!("toki-bad-chain"),
        Refusal::WrongAudience => said!("toki-wrong-audience"),
    }
}

/// Says a kind of refusal of the system; `raw` is what it said itself.
fn system(kind: io::ErrorKind, raw: &str) -> Said {
    match kind {
        io::ErrorKind::NotFound => said!("cause-not-found", raw = raw),
        io::ErrorKind::PermissionDenied => said!("cause-denied", raw = raw),
        io::ErrorKind::AlreadyExists => said!("cause-exists", raw = raw),
        io::ErrorKind::AddrInUse => said!("cause-in-use", raw = raw),
        io::ErrorKind::AddrNotAvailable => said!("cause-no-addr", raw = raw),
        io::ErrorKind::ConnectionRefused => said!("cause-refused", raw = raw),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => said!("cause-cut", raw = raw),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            said!("cause-no-way", raw = raw)
        }
        io::ErrorKind::TimedOut => said!("cause-timed-out", raw = raw),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => said!("cause-full", raw = raw),
        io::ErrorKind::ReadOnlyFilesystem => said!("cause-read-only", raw = raw),
        io::ErrorKind::IsADirectory => said!("cause-folder", raw = raw),
        io::ErrorKind::NotADirectory => said!("cause-no-folder", raw = raw),
        io::ErrorKind::InvalidData => said!("cause-not-text", raw = raw),
        // The standard library may name more of them later.
        _ => said!("cause-detail", raw = raw),
    }
}

/// An error and its causes on one line, outermost first.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        // Some libraries repeat their source in their own words.
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
