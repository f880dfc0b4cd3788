//! The toki of a request.

use std::fmt;
use std::str::FromStr;

use protocol::{Instance, PrincipalName};

use crate::form::{KeyNumber, Nonce, Proof, Seal, SessionId, Share, decimal, time_ms};
use crate::header::fields::{Fields, Line, version};
use crate::refusal::Malformed;

/// The proof of an earlier answer that the caller has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    /// Number of the request that was answered. `q`.
    pub n: u64,
    /// Its answer's proof. `p`.
    pub proof: Proof,
}

/// A request's toki, as it travels.
///
/// # Format
/// `v=1;k=7;a=web-1;b=aar-1;s=<22>;g=3;n=1042;t=1795190400123;q=1041;p=<11>;m=<22>`, and before
/// `m` in an opening (`g=0;n=1`, without `q` and `p`): `e=<43>`, `c=<22>`; anywhere: `x=1`.
/// `b` may be missing.
///
/// Source: toki.md §3 (Headers)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHeader {
    /// Number of the key. `k`.
    pub key: KeyNumber,
    /// Who calls. `a`.
    pub from: PrincipalName,
    /// Who is called, for a clear refusal where that is another. `b`.
    pub to: Option<Instance>,
    /// The session. `s`.
    pub session: SessionId,
    /// The generation of its keys; 0 opens it. `g`.
    pub generation: u32,
    /// Counts the session's requests from 1. `n`.
    pub n: u64,
    /// Unix milliseconds of the callee's clock, as far as the caller knows it. `t`.
    pub time_ms: i64,
    /// The newest answer that the caller has seen. `q`, `p`.
    pub last: Option<Last>,
    /// The caller's public value of X25519. `e`.
    pub share: Option<Share>,
    /// The nonce of the callee's start. `c`.
    pub boot: Option<Nonce>,
    /// Whether the seal covers what TLS exports. `x`.
    pub exporter: bool,
    /// The seal. `m`.
    pub seal: Seal,
}

// === impl RequestHeader ===

impl RequestHeader {
    /// No header is longer, in bytes.
    pub const LIMIT: usize = 384;

    /// Whether it opens a session.
    pub const fn opens(&self) -> bool {
        self.generation == 0
    }

    /// Prints it.
    pub(crate) fn print(&self) -> String {
        let mut line = Line::new(Self::LIMIT);
        line.number(b'k', self.key.get().into());
        line.text(b'a', self.from.as_str());
        self.to.iter().for_each(|it| line.text(b'b', it.as_str()));
        line.bytes(b's', self.session.bytes());
        line.number(b'g', self.generation.into());
        line.number(b'n', self.n);
        line.time(self.time_ms);
        if let Some(last) = &self.last {
            line.number(b'q', last.n);
            line.bytes(b'p', last.proof.bytes());
        }
        self.share.iter().for_each(|it| line.bytes(b'e', it.bytes()));
        self.boot.iter().for_each(|it| line.bytes(b'c', it.bytes()));
        if self.exporter {
            line.text(b'x', "1");
        }
        line.bytes(b'm', self.seal.bytes());
        line.end()
    }

    /// Whether its fields go together.
    fn coherent(&self) -> bool {
        if self.opens() {
            self.n == 1 && self.last.is_none()
        } else {
            let earlier = self.last.is_none_or(|it| it.n != 0 && it.n < self.n);
            self.n > 1 && earlier && self.share.is_none() && self.boot.is_none()
        }
    }
}

impl FromStr for RequestHeader {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fields = Fields::new(text, Self::LIMIT)?;
        fields.must("v", version)?;
        let header = Self {
            key: fields.must("k", KeyNumber::parse)?,
            from: fields.must("a", |it| it.parse().ok())?,
            to: fields.maybe("b", |it| it.parse().ok())?,
            session: fields.must("s", SessionId::parse)?,
            generation: fields.must("g", |it| decimal(it)?.try_into().ok())?,
            n: fields.must("n", decimal)?,
            time_ms: fields.must("t", time_ms)?,
            last: last(&mut fields)?,
            share: fields.maybe("e", Share::parse)?,
            boot: fields.maybe("c", Nonce::parse)?,
            exporter: fields.maybe("x", version)?.is_some(),
            seal: fields.must("m", Seal::parse)?,
        };
        fields.end()?;
        if header.coherent() { Ok(header) } else { Err(Malformed) }
    }
}

fn last(fields: &mut Fields<'_>) -> Result<Option<Last>, Malformed> {
    let Some(n) = fields.maybe("q", decimal)? else { return Ok(None) };
    Ok(Some(Last { n, proof: fields.must("p", Proof::parse)? }))
}

impl fmt::Display for RequestHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print())
    }
}
