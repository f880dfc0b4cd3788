//! TOPUP: a purchase code is given for the recharge code of a SIM.

use crate::wire::{Fields, Printer, Reason, Tag};
use crate::{
    Amount, CryptoField, Currency, Date, Iccid, Msisdn, Operator, Outcome, PurchaseCode,
    RechargeCode, RequestId, Ussd,
};

/// The code that a customer bought.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    /// The purchase code.
    pub code: PurchaseCode,
    /// Made once for one purchase, the same on each retry.
    pub request: Option<RequestId>,
    /// Where the box itself asks.
    pub crypto: CryptoField,
    /// The SIM to be credited, by its number.
    pub msisdn: Option<Msisdn>,
    /// The SIM to be credited, by its card.
    pub iccid: Option<Iccid>,
}

/// What TOPUP answers.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUpAnswer {
    /// The result; `OK` where a recharge code stands without one.
    pub outcome: Outcome,
    /// The code that credits the SIM.
    pub code2: Option<RechargeCode>,
    /// Whose SIM it credits.
    pub operator: Option<Operator>,
    /// What it is worth.
    pub amount: Option<Amount>,
    /// The currency of the amount.
    pub currency: Option<Currency>,
    /// What to dial, the code filled in.
    pub ussd: Option<Ussd>,
    /// The last day on which it can be dialled.
    pub expires: Option<Date>,
    /// Where the crypto was stale: the server's Unix milliseconds.
    pub now_ms: Option<i64>,
}

// === impl TopUp ===

impl TopUp {
    /// A purchase code alone.
    pub const fn new(code: PurchaseCode) -> Self {
        Self { code, request: None, crypto: CryptoField::Missing, msisdn: None, iccid: None }
    }

    /// Reads a TOPUP.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        Ok(Self {
            code: fields.required(Tag::Code)?,
            request: fields.optional(Tag::Request)?,
            crypto: CryptoField::of(fields),
            msisdn: fields.optional(Tag::Msisdn)?,
            iccid: fields.optional(Tag::Iccid)?,
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Code, self.code.digits());
        printer.maybe(Tag::Request, self.request);
        self.crypto.write(printer);
        printer.maybe(Tag::Msisdn, self.msisdn);
        printer.maybe(Tag::Iccid, self.iccid);
    }
}

// === impl TopUpAnswer ===

impl TopUpAnswer {
    /// An answer with a result alone.
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            code2: None,
            operator: None,
            amount: None,
            currency: None,
            ussd: None,
            expires: None,
            now_ms: None,
        }
    }

    /// Reads what follows the result.
    pub(crate) fn read(fields: &Fields<'_>, outcome: Outcome) -> Result<Self, Reason> {
        Ok(Self {
            outcome,
            code2: fields.optional(Tag::Code2)?,
            operator: fields.optional(Tag::Operator)?,
            amount: fields.optional(Tag::Amount)?,
            currency: fields.optional(Tag::Currency)?,
            ussd: fields.optional(Tag::Ussd)?,
            expires: fields.optional(Tag::Expires)?,
            now_ms: fields.number(Tag::Now)?,
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Result, self.outcome);
        printer.maybe(Tag::Code2, self.code2.as_ref().map(RechargeCode::digits));
        printer.maybe(Tag::Operator, self.operator);
        printer.maybe(Tag::Amount, self.amount);
        printer.maybe(Tag::Currency, self.currency);
        printer.maybe(Tag::Ussd, self.ussd.as_ref().map(Ussd::as_str));
        printer.maybe(Tag::Expires, self.expires);
        printer.maybe(Tag::Now, self.now_ms);
    }
}
