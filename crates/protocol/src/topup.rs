//! TOPUP: a purchase code is given for the recharge code of a SIM.

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
}
