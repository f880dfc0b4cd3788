//! ACTIVATE: a box begins to serve.

use crate::wire::{Fields, Printer, Reason, Tag};
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

// === impl Activate ===

impl Activate {
    /// Reads an ACTIVATE.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        if !fields.has_any(&[Tag::Macaddr, Tag::Box]) {
            return Err(Reason::Borrowed("the element macaddr or box is missing"));
        }
        Ok(Self {
            macaddr: fields.optional(Tag::Macaddr)?,
            device: fields.optional(Tag::Box)?,
            code: fields.optional(Tag::Code)?,
            until: fields.optional(Tag::Until)?,
            subscriber: fields.optional(Tag::Subscriber)?,
            msisdn: fields.optional(Tag::Msisdn)?,
            request: fields.optional(Tag::Request)?,
            crypto: CryptoField::of(fields),
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.maybe(Tag::Macaddr, self.macaddr);
        printer.maybe(Tag::Box, self.device);
        printer.maybe(Tag::Code, self.code.as_ref().map(ActivationCode::digits));
        printer.maybe(Tag::Until, self.until);
        printer.maybe(Tag::Subscriber, self.subscriber.as_ref());
        printer.maybe(Tag::Msisdn, self.msisdn);
        printer.maybe(Tag::Request, self.request);
        self.crypto.write(printer);
    }
}

// === impl ActivateAnswer ===

impl ActivateAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, now_ms: None }
    }

    /// Reads what follows the result.
    pub(crate) fn read(fields: &Fields<'_>, outcome: Outcome) -> Result<Self, Reason> {
        Ok(Self { outcome, now_ms: fields.number(Tag::Now)? })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Result, self.outcome);
        printer.maybe(Tag::Now, self.now_ms);
    }
}
