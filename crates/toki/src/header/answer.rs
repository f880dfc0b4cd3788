//! The toki of an answer.

use std::fmt;
use std::str::FromStr;

use crate::form::{Nonce, Seal, SessionId, Share, decimal, time_ms};
use crate::header::fields::{Fields, Line, version};
use crate::refusal::Malformed;

/// An answer's toki, as it travels.
///
/// # Format
/// `v=1;s=<22>;g=3;n=1042;t=1795190400125;e=<43>;r=<22>;m=<22>`; `e` and `r` where they are due.
///
/// Source: toki.md §3 (Headers)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerHeader {
    /// The session. `s`.
    pub session: SessionId,
    /// The generation of the keys that seal it: the request's, and 1 for an opening. `g`.
    pub generation: u32,
    /// The request's number. `n`.
    pub n: u64,
    /// Unix milliseconds of the callee's clock. `t`.
    pub time_ms: i64,
    /// The callee's public value of X25519. `e`.
    pub share: Option<Share>,
    /// The nonce from which the next generation comes, or the first. `r`.
    pub roll: Option<Nonce>,
    /// The seal. `m`.
    pub seal: Seal,
}

// === impl AnswerHeader ===

impl AnswerHeader {
    /// No header is longer, in bytes.
    pub const LIMIT: usize = 256;

    /// Prints it.
    pub(crate) fn print(&self) -> String {
        let mut line = Line::new(Self::LIMIT);
        line.bytes(b's', self.session.bytes());
        line.number(b'g', self.generation.into());
        line.number(b'n', self.n);
        line.time(self.time_ms);
        self.share.iter().for_each(|it| line.bytes(b'e', it.bytes()));
        self.roll.iter().for_each(|it| line.bytes(b'r', it.bytes()));
        line.bytes(b'm', self.seal.bytes());
        line.end()
    }
}

impl FromStr for AnswerHeader {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fields = Fields::new(text, Self::LIMIT)?;
        fields.must("v", version)?;
        let header = Self {
            session: fields.must("s", SessionId::parse)?,
            generation: fields.must("g", |it| decimal(it)?.try_into().ok())?,
            n: fields.must("n", decimal)?,
            time_ms: fields.must("t", time_ms)?,
            share: fields.maybe("e", Share::parse)?,
            roll: fields.maybe("r", Nonce::parse)?,
            seal: fields.must("m", Seal::parse)?,
        };
        fields.end()?;
        Ok(header)
    }
}

impl fmt::Display for AnswerHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print())
    }
}
