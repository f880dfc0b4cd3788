//! CREDIT: what became of a recharge code.

use std::fmt;
use std::str::FromStr;

use crate::wire::{Fields, Printer, Reason, Tag};
use crate::{CryptoField, FormError, NetworkText, Outcome, PurchaseCode, RequestId};

/// What became of a recharge code.
///
/// At least one of `code` and `request` is there.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The purchase code of the TOPUP.
    pub code: Option<PurchaseCode>,
    /// The request of the TOPUP.
    pub request: Option<RequestId>,
    /// What the network did.
    pub outcome: CreditOutcome,
    /// What the network said.
    pub text: Option<NetworkText>,
    /// Where the box itself tells.
    pub crypto: CryptoField,
}

/// What the network did with a recharge code.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CreditOutcome {
    /// The SIM was credited.
    Credited,
    /// The network refused the code.
    Refused,
    /// The network's answer was not understood, or none came.
    Unknown,
    /// The code was not dialled.
    NotTried,
}

/// What TOPUP answers.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditAnswer {
    /// The result.
    pub outcome: Outcome,
    /// Where the crypto was stale: the server's Unix milliseconds.
    pub now_ms: Option<i64>,
}

// === impl Credit ===

impl Credit {
    /// Reads a CREDIT.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        if !fields.has_any(&[Tag::Code, Tag::Request]) {
            return Err(Reason::Borrowed("the element code or request is missing"));
        }
        Ok(Self {
            code: fields.optional(Tag::Code)?,
            request: fields.optional(Tag::Request)?,
            outcome: fields.required(Tag::Outcome)?,
            text: fields.optional(Tag::Text)?,
            crypto: CryptoField::of(fields),
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.maybe(Tag::Code, self.code.as_ref().map(PurchaseCode::digits));
        printer.maybe(Tag::Request, self.request);
        printer.one(Tag::Outcome, self.outcome);
        printer.maybe(Tag::Text, self.text.as_ref());
        self.crypto.write(printer);
    }
}

// === impl CreditOutcome ===

impl CreditOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Credited, Self::Refused, Self::Unknown, Self::NotTried];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credited => "CREDITED",
            Self::Refused => "REFUSED",
            Self::Unknown => "UNKNOWN",
            Self::NotTried => "NOT_TRIED",
        }
    }

    /// Whether it says what happened: the first that does stands.
    pub const fn is_definite(self) -> bool {
        matches!(self, Self::Credited | Self::Refused)
    }
}

impl FromStr for CreditOutcome {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = Self::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or(FormError::Rule("it is not an outcome"))
    }
}

impl fmt::Display for CreditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl CreditAnswer ===

impl CreditAnswer {
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
