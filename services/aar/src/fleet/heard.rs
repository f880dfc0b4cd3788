//! What became of an AUTH, before it is answered.

use crypto::Secret32;
use protocol::{DeviceId, Outcome};

use crate::judge::{Judged, Last};
use crate::watch::Sign;

/// What was heard from a box.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The box that it named, where there is such a one.
    pub(crate) device: Option<DeviceId>,
    pub(crate) outcome: Outcome,
    /// What passed the counter check, now or a moment ago.
    pub(crate) last: Option<Last>,
    /// Under what the proof is made; `None` where the crypto did not open.
    pub(crate) proof_key: Option<Secret32>,
    /// What the report keeps where the outcome does not tell.
    pub(crate) cause: Option<&'static str>,
    /// What an operator is told.
    pub(crate) sign: Option<Sign>,
}

// === impl Heard ===

impl Heard {
    /// A crypto that proves nothing.
    pub(crate) fn bad(
        device: Option<DeviceId>,
        proof_key: Option<Secret32>,
        cause: Option<&'static str>,
    ) -> Self {
        Self { device, outcome: Outcome::BadCrypto, last: None, proof_key, cause, sign: None }
    }

    /// One whose crypto opened.
    pub(super) fn judged(device: DeviceId, proof_key: Option<Secret32>, judged: Judged) -> Self {
        let (outcome, last, cause) = match judged {
            Judged::Stale => (Outcome::Stale, None, None),
            Judged::Ahead => (Outcome::BadCrypto, None, Some("COUNTER_AHEAD")),
            Judged::Replayed => (Outcome::Replayed, None, None),
            Judged::Again(last) | Judged::Passed(last) => (last.outcome, Some(last), None),
        };
        let sign = matches!(judged, Judged::Ahead).then_some(Sign::CounterJumped);
        Self { device: Some(device), outcome, last, proof_key, cause, sign }
    }
}
