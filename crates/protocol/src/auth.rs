//! AUTH: a box asks whether it may surf.

use crate::wire::{Fields, Printer, Reason, Tag, missing};
use crate::{CryptoField, Head, Outcome, Proof};

/// What a box proves itself by.
///
/// Missing only in an AUTH*, as the source document has it.
///
/// Source: protocol.md §3 (AUTH)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The crypto.
    pub crypto: CryptoField,
}

/// What AAR answers.
///
/// Source: protocol.md §3 (AUTH)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthAnswer {
    /// The result.
    pub outcome: Outcome,
    /// Where it is `OK`: seconds that the box may surf before it must ask again.
    pub lease_s: Option<u32>,
    /// Where it is `OK`: seconds over which boxes spread their first AUTH after a start.
    pub spread_s: Option<u32>,
    /// Where it is `STALE`: the server's Unix milliseconds.
    pub now_ms: Option<i64>,
    /// Wherever the crypto opened: that this is the box's own back office.
    pub proof: Option<Proof>,
}

// === impl Auth ===

impl Auth {
    /// Reads an AUTH, or an AUTH*, which may lack its crypto.
    pub(crate) fn read(fields: &Fields<'_>, head: &Head) -> Result<Self, Reason> {
        let crypto = CryptoField::of(fields);
        if crypto == CryptoField::Missing && head.bridge.is_none() {
            return Err(missing(Tag::Crypto.name()));
        }
        Ok(Self { crypto })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        self.crypto.write(printer);
    }
}

// === impl AuthAnswer ===

impl AuthAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, lease_s: None, spread_s: None, now_ms: None, proof: None }
    }

    /// Reads what follows the result.
    pub(crate) fn read(fields: &Fields<'_>, outcome: Outcome) -> Result<Self, Reason> {
        Ok(Self {
            outcome,
            lease_s: fields.number(Tag::Lease)?,
            spread_s: fields.number(Tag::Spread)?,
            now_ms: fields.number(Tag::Now)?,
            proof: fields.optional(Tag::Proof)?,
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Result, self.outcome);
        printer.maybe(Tag::Lease, self.lease_s);
        printer.maybe(Tag::Spread, self.spread_s);
        printer.maybe(Tag::Now, self.now_ms);
        printer.maybe(Tag::Proof, self.proof);
    }
}
