//! AUTH: a box asks whether it may surf.

use crate::{CryptoField, Outcome, Proof};

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

// === impl AuthAnswer ===

impl AuthAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, lease_s: None, spread_s: None, now_ms: None, proof: None }
    }
}
