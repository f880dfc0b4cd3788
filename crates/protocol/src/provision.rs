//! PROVISION: the tool hands a key its credential.

use crate::wire::{Fields, Group, Part, Printer, Reason, Tag};
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

// === impl Provision ===

impl Provision {
    /// Reads a PROVISION.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        let device = fields.required(Tag::Box)?;
        let credential = fields.required(Tag::Credential)?;
        let pppx = if fields.has_group(Group::Pppx) {
            Some(Pair {
                first: fields.place(Group::Pppx, Part::First)?,
                second: fields.place(Group::Pppx, Part::Second)?,
            })
        } else {
            None
        };
        let (ca, proof) = (fields.optional(Tag::Ca)?, fields.optional(Tag::Proof)?);
        Ok(Self { device, credential, pppx, ca, proof })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Box, self.device);
        printer.one(Tag::Credential, self.credential.expose());
        if let Some(pppx) = &self.pppx {
            printer.pair(Group::Pppx, pppx);
        }
        printer.maybe(Tag::Ca, self.ca.as_ref());
        printer.maybe(Tag::Proof, self.proof);
    }
}

// === impl ProvisionAnswer ===

impl ProvisionAnswer {
    /// An answer with that result.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome }
    }
}
