//! What to dial, by operator.

use std::collections::BTreeMap;

use protocol::{Operator, RechargeCode, Ussd};

/// Stands for the recharge code in a template.
const CODE: &str = "{code}";

/// Takes the templates of the ini, whose form it has checked.
///
/// # Errors
/// The first key that is no operator's name.
pub(crate) fn templates<'a>(
    section: impl Iterator<Item = (&'a str, Box<str>)>,
) -> Result<BTreeMap<Operator, String>, &'a str> {
    section
        .map(|(operator, template)| {
            let operator = operator.parse().map_err(|_| operator)?;
            Ok((operator, template.into_string()))
        })
        .collect()
}

/// Puts a recharge code into a template.
pub(crate) fn fill(template: &str, code: &RechargeCode) -> Option<Ussd> {
    template.replace(CODE, code.digits()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_code_in() {
        let section = [("MTN", Box::from("*126*{code}#"))];
        let templates = templates(section.into_iter()).unwrap();
        let template = &templates[&"MTN".parse().unwrap()];
        let ussd = fill(template, &"12345678".parse().unwrap()).unwrap();
        assert_eq!(ussd.as_str(), "*126*12345678#");
    }
}
