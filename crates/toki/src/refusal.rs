//! The one word by which a toki is refused.

use std::fmt;
use std::str::FromStr;

/// Why a toki is refused: one word, and no more is told.
///
/// Source: toki.md §6 (Refusals)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Not a header of this form.
    Malformed,
    /// The callee has no key of that number.
    UnknownKey,
    /// The callee does not have that session (any more): open a new one.
    UnknownSession,
    /// Its time is too far from the callee's, or its generation is over.
    Stale,
    /// Its number was seen, or is too far behind.
    Replayed,
    /// Its seal is not that of the request.
    BadSeal,
    /// Two hold one session.
    BadChain,
    /// It was made for another instance.
    WrongAudience,
}

// === impl Refusal ===

impl Refusal {
    /// Every word, in the order of the checks that give them.
    pub const ALL: [Self; 8] = [
        Self::Malformed,
        Self::WrongAudience,
        Self::UnknownKey,
        Self::UnknownSession,
        Self::Stale,
        Self::Replayed,
        Self::BadSeal,
        Self::BadChain,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown-key",
            Self::UnknownSession => "unknown-session",
            Self::Stale => "stale",
            Self::Replayed => "replayed",
            Self::BadSeal => "bad-seal",
            Self::BadChain => "bad-chain",
            Self::WrongAudience => "wrong-audience",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Refusal {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(Malformed)
    }
}

/// A text is not a header of the form that it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a header of this form")]
pub struct Malformed;
