//! What the ini says of recharge codes, by operator: their form, and what to dial.

use std::collections::BTreeMap;

use config::CodeForm;
use protocol::{Amount, Operator, RechargeCode};
use store::Money;

/// What the ini says, by operator.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Templates of what to dial.
    pub(crate) ussd: BTreeMap<Operator, String>,
    /// The forms of recharge codes; where there are none, every operator's may be of any.
    pub(crate) forms: BTreeMap<Operator, CodeForm>,
    /// A voucher of more than this is replaced or refunded by two persons.
    pub(crate) second_person_above: u64,
}

// === impl Rules ===

impl Rules {
    /// Whether a replacement or refund of this amount needs a second person.
    pub(crate) fn needs_second(&self, amount: &Amount) -> bool {
        match self.second_person_above.to_string().parse() {
            Ok(limit) => Money::times(&limit, 1) < Money::times(amount, 1),
            // Zero is no amount: every voucher is worth more.
            Err(_) => true,
        }
    }

    /// Says why a code cannot be this operator's.
    pub(crate) fn fault(
        &self,
        operator: Operator,
        code: &RechargeCode,
    ) -> Option<(&'static str, String)> {
        match self.forms.get(&operator) {
            Some(form) if form.fits(code.digits()) => None,
            Some(form) => Some(("code", format!("it is not as [operators] has it: {form}"))),
            None if self.forms.is_empty() => None,
            None => Some(("operator", "it has no line in [operators] of topup.ini".to_owned())),
        }
    }
}

/// Takes the keys of a section as operators.
///
/// # Errors
/// The first key that is no operator's name.
pub(crate) fn by_operator<'a, T, U>(
    section: impl Iterator<Item = (&'a str, T)>,
    take: impl Fn(T) -> U,
) -> Result<BTreeMap<Operator, U>, &'a str> {
    section
        .map(|(operator, value)| Ok((operator.parse().map_err(|_| operator)?, take(value))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_needs_a_second_person() {
        let needs = |limit, amount: &str| {
            let rules = Rules { second_person_above: limit, ..Rules::default() };
            rules.needs_second(&amount.parse().unwrap())
        };
        assert!(!needs(5000, "5000") && needs(5000, "5000.5") && needs(5000, "10000"));
        assert!(needs(0, "0.5"));
    }

    #[test]
    fn holds_codes_to_the_form_of_their_operator() {
        let section = [("MTN", "14")].into_iter();
        let forms = by_operator(section, |it| it.parse().unwrap()).unwrap();
        let rules = Rules { forms, ..Rules::default() };
        let fault = |operator: &str, code: &str| {
            let fault = rules.fault(operator.parse().unwrap(), &code.parse().unwrap());
            fault.map(|(name, _)| name)
        };
        assert_eq!(fault("MTN", "12345678901234"), None);
        assert_eq!(fault("MTN", "123456789012345"), Some("code"));
        assert_eq!(fault("MTM", "12345678901234"), Some("operator"));
        let none = Rules::default();
        assert!(none.fault("X".parse().unwrap(), &"1234".parse().unwrap()).is_none());
    }
}
