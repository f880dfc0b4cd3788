//! PROVISION: the tool hands a key its credential.

use crate::{CaPem, Credential, DeviceId, Outcome, Pair, PeerAddr, Proof};

/// What a key needs to serve as a box.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provision {
    /// The box that it becomes.
    pub device: DeviceId,
    /// The box's key.
    pub credential: Credential,
    /// Where the proxies are.
    pub pppx: Option<Pair<Option<PeerAddr>>>,
    /// Whose certificates to believe.
    pub ca: Option<CaPem>,
    /// To a key that was provisioned before: made with its old key.
    pub proof: Option<Proof>,
}

/// What the key answers: `OK`, `FORBIDDEN`, `MALFORMED` or `FAILED`.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionAnswer {
    /// The result.
    pub outcome: Outcome,
}

// === impl ProvisionAnswer ===

impl ProvisionAnswer {
    /// An answer with that result.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome }
    }
}
