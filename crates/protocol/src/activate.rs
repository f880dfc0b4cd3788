//! ACTIVATE: a box begins to serve.

use crate::{
    ActivationCode, CryptoField, Date, DeviceId, MacAddr, Msisdn, Outcome, RequestId, Subscriber,
};

/// The box to be activated, and for whom.
///
/// At least one of `macaddr` and `device` is there.
///
/// Source: protocol.md §3 (ACTIVATE)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Activate {
    /// The box by the hardware address of its key.
    pub macaddr: Option<MacAddr>,
    /// The box by its identifier.
    pub device: Option<DeviceId>,
    /// The activation code; an operator needs none.
    pub code: Option<ActivationCode>,
    /// The last day of service; for operators alone.
    pub until: Option<Date>,
    /// The customer's name.
    pub subscriber: Option<Subscriber>,
    /// The customer's number.
    pub msisdn: Option<Msisdn>,
    /// The same on each retry.
    pub request: Option<RequestId>,
    /// Where the box itself asks.
    pub crypto: CryptoField,
}

/// What AAR answers.
///
/// Source: protocol.md §3 (ACTIVATE)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateAnswer {
    /// The result.
    pub outcome: Outcome,
    /// Where the crypto was stale: the server's Unix milliseconds.
    pub now_ms: Option<i64>,
}

// === impl ActivateAnswer ===

impl ActivateAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, now_ms: None }
    }
}
