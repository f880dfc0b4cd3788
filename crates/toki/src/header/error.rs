//! A refusal, as it travels.

use std::fmt;
use std::str::FromStr;

use crate::form::{Nonce, Seal, time_ms};
use crate::header::fields::Fields;
use crate::refusal::{Malformed, Refusal};

/// A refusal, sealed where both ends share a key.
///
/// # Format
/// `WORD`, or `WORD;t=1795190400125;c=<22>;m=<22>`, `c` only in the first seconds of a callee.
///
/// Source: toki.md §6 (Refusals)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorHeader {
    /// The word.
    pub refusal: Refusal,
    /// What makes it believable.
    pub sealed: Option<ErrorSeal>,
}

/// What a sealed refusal says beside its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorSeal {
    /// Unix milliseconds of the callee's clock. `t`.
    pub time_ms: i64,
    /// The nonce that an opening must name now. `c`.
    pub boot: Option<Nonce>,
    /// The seal. `m`.
    pub seal: Seal,
}

// === impl ErrorHeader ===

impl ErrorHeader {
    /// No header is longer, in bytes.
    pub const LIMIT: usize = 128;
}

impl FromStr for ErrorHeader {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fields = Fields::new(text, Self::LIMIT)?;
        let refusal = fields.bare().ok_or(Malformed)?.parse()?;
        let sealed = match fields.maybe("t", time_ms)? {
            None => None,
            Some(time_ms) => Some(ErrorSeal {
                time_ms,
                boot: fields.maybe("c", Nonce::parse)?,
                seal: fields.must("m", Seal::parse)?,
            }),
        };
        fields.end()?;
        Ok(Self { refusal, sealed })
    }
}

impl fmt::Display for ErrorHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)?;
        let Some(sealed) = &self.sealed else { return Ok(()) };
        write!(f, ";t={}", sealed.time_ms)?;
        sealed.boot.iter().try_for_each(|it| write!(f, ";c={it}"))?;
        write!(f, ";m={}", sealed.seal)
    }
}
