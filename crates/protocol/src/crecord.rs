//! CRECORD: a key says who it is, and is registered.

use crate::wire::{Fields, Printer, Reason, Tag};
use crate::{
    ActivationCode, Credential, DeviceId, Fw, Head, Iccid, Imei, Imsi, Label, MacAddr, Model,
    Outcome, PubKey, RequestId, Serial,
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

/// The elements that a CRECORD has where it registers a key.
const RECORD_TAGS: [Tag; 11] = [
    Tag::Macaddr,
    Tag::Imei,
    Tag::Serial,
    Tag::Imsi,
    Tag::Iccid,
    Tag::Model,
    Tag::Fw,
    Tag::Pubkey,
    Tag::Label,
    Tag::Request,
    Tag::Rekey,
];

// === impl Crecord ===

impl Crecord {
    /// Reads a CRECORD; a CRECORD* always registers.
    pub(crate) fn read(fields: &Fields<'_>, head: &Head) -> Result<Self, Reason> {
        if head.bridge.is_none() && !fields.has_any(&RECORD_TAGS) {
            return Ok(Self::Ask);
        }
        Ok(Self::Record(Box::new(Record {
            identity: KeyIdentity::read(fields)?,
            label: fields.optional(Tag::Label)?,
            request: fields.optional(Tag::Request)?,
            rekey: fields.flag(Tag::Rekey)?,
        })))
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        if let Self::Record(record) = self {
            record.identity.write(printer);
            printer.maybe(Tag::Label, record.label.as_ref());
            printer.maybe(Tag::Request, record.request);
            printer.flag(Tag::Rekey, record.rekey);
        }
    }
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

    /// Reads what a key said.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        Ok(Self {
            macaddr: fields.required(Tag::Macaddr)?,
            imei: fields.optional(Tag::Imei)?,
            serial: fields.optional(Tag::Serial)?,
            imsi: fields.optional(Tag::Imsi)?,
            iccid: fields.optional(Tag::Iccid)?,
            model: fields.optional(Tag::Model)?,
            fw: fields.optional(Tag::Fw)?,
            pubkey: fields.optional(Tag::Pubkey)?,
        })
    }

    /// Writes what a key says.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Macaddr, self.macaddr);
        printer.maybe(Tag::Imei, self.imei);
        printer.maybe(Tag::Serial, self.serial);
        printer.maybe(Tag::Imsi, self.imsi);
        printer.maybe(Tag::Iccid, self.iccid);
        printer.maybe(Tag::Model, self.model.as_ref());
        printer.maybe(Tag::Fw, self.fw.as_ref());
        printer.maybe(Tag::Pubkey, self.pubkey.as_ref());
    }
}

// === impl CrecordAnswer ===

impl CrecordAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, device: None, activation: None, credential: None }
    }

    /// Reads what follows the result.
    pub(crate) fn read(fields: &Fields<'_>, outcome: Outcome) -> Result<Self, Reason> {
        Ok(Self {
            outcome,
            device: fields.optional(Tag::Box)?,
            activation: fields.optional(Tag::Activation)?,
            credential: fields.optional(Tag::Credential)?,
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Result, self.outcome);
        printer.maybe(Tag::Box, self.device);
        printer.maybe(Tag::Activation, self.activation.as_ref().map(ActivationCode::digits));
        printer.maybe(Tag::Credential, self.credential.as_ref().map(Credential::expose));
    }
}
