//! The sections of TOPUP alone.

use super::key;
use crate::spec::{ANY_OPERATOR, Fallback, Kind, SectionSpec};

/// What TOPUP has beside the sections of every module.
pub(super) const TOPUP: &[SectionSpec] = &[ALERTS, REFUND, USSD, OPERATORS];

const ALERTS: SectionSpec = SectionSpec {
    name: "alerts",
    doc: "When somebody should look.",
    keys: &[key(
        "stock_low",
        Kind::Count { min: 0, max: 1_000_000 },
        Fallback::Is("50"),
        "Fewer recharge codes than these, free beyond what is sold and open, are too few.",
    )],
};

const REFUND: SectionSpec = SectionSpec {
    name: "refund",
    doc: "Replacement and refund.",
    keys: &[key(
        "second_person_above",
        Kind::Count { min: 0, max: 1_000_000_000 },
        Fallback::Is("5000"),
        "A voucher of more than this needs a second person.",
    )],
};

const USSD: SectionSpec = SectionSpec {
    name: "ussd",
    doc: "What to dial on a SIM, by network operator.",
    keys: &[key(
        ANY_OPERATOR,
        Kind::Dial,
        Fallback::Nothing,
        "The key is the operator's name as it is in stock; {code} stands for the recharge code.",
    )],
};

const OPERATORS: SectionSpec = SectionSpec {
    name: "operators",
    doc: "The form of recharge codes, by network operator; without any line all are taken.",
    keys: &[key(
        ANY_OPERATOR,
        Kind::CodeForm,
        Fallback::Nothing,
        "The key is the operator's name; length or lengths, then the digits if not all.",
    )],
};
