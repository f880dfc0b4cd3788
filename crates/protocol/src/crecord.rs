//! CRECORD: a key says who it is, and is registered.

use crate::{
    ActivationCode, Credential, DeviceId, Fw, Iccid, Imei, Imsi, Label, MacAddr, Model, Outcome,
    PubKey, RequestId, Serial,
};

/// CRECORD in its two uses.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Crecord {
    /// What a key is asked: who it is.
    Ask,
    /// What SR is told: register this key.
    Record(Box<Record>),
}

/// A key to be registered.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the key said.
    pub identity: KeyIdentity,
    /// What the operator calls the box.
    pub label: Option<Label>,
    /// The same on each retry.
    pub request: Option<RequestId>,
    /// Whether the same box gets a new key.
    pub rekey: bool,
}

/// What a 4G key says of itself.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIdentity {
    /// Its hardware address.
    pub macaddr: MacAddr,
    /// Its equipment identity.
    pub imei: Option<Imei>,
    /// Its maker's number.
    pub serial: Option<Serial>,
    /// The subscriber identity in its SIM.
    pub imsi: Option<Imsi>,
    /// The number of its SIM.
    pub iccid: Option<Iccid>,
    /// Its model.
    pub model: Option<Model>,
    /// Its firmware.
    pub fw: Option<Fw>,
    /// Its public key, under which the credential travels.
    pub pubkey: Option<PubKey>,
}

/// What SR answers.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrecordAnswer {
    /// The result.
    pub outcome: Outcome,
    /// The box's identifier.
    pub device: Option<DeviceId>,
    /// The code that activates the box, at a first recording.
    pub activation: Option<ActivationCode>,
    /// The box's key, at a first recording.
    pub credential: Option<Credential>,
}

// === impl KeyIdentity ===

impl KeyIdentity {
    /// A key of which only the hardware address is known.
    pub const fn new(macaddr: MacAddr) -> Self {
        Self {
            macaddr,
            imei: None,
            serial: None,
            imsi: None,
            iccid: None,
            model: None,
            fw: None,
            pubkey: None,
        }
    }
}

// === impl CrecordAnswer ===

impl CrecordAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, device: None, activation: None, credential: None }
    }
}
