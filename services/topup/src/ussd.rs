//! What to dial, by operator.

use std::collections::BTreeMap;

use protocol::{Operator, RechargeCode, Ussd};

/// Stands for the recharge code in a template.
const CODE: &str = "{code}";

/// The longest recharge code, to try a template with.
const LONGEST: &str = "00000000000000000000000000000000";

/// Why a template cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error("[ussd] has a key that is not an operator: 1 to 32 of A-Z a-z 0-9 . _ -")]
    Operator,
    #[error("[ussd] has a template without {{code}}, or with two")]
    Code,
    #[error("[ussd] has a template of more than 0-9 * # and {{code}}, or too long a one")]
    Form,
}

/// Reads the templates of the ini: operator and what to dial, with `{code}` for the code.
pub(crate) fn templates<'a>(
    section: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<BTreeMap<Operator, String>, TemplateError> {
    section.into_iter().map(|(operator, template)| read(operator, template)).collect()
}

fn read(operator: &str, template: &str) -> Result<(Operator, String), TemplateError> {
    let operator = operator.parse().map_err(|_| TemplateError::Operator)?;
    if template.matches(CODE).count() != 1 {
        return Err(TemplateError::Code);
    }
    let tried: Result<Ussd, _> = template.replace(CODE, LONGEST).parse();
    tried.map_err(|_| TemplateError::Form)?;
    Ok((operator, template.to_owned()))
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
        let templates = templates([("MTN", "*126*{code}#")]).unwrap();
        let template = &templates[&"MTN".parse().unwrap()];
        let ussd = fill(template, &"12345678".parse().unwrap()).unwrap();
        assert_eq!(ussd.as_str(), "*126*12345678#");
    }

    #[test]
    fn refuses_a_template_that_cannot_be_dialled() {
        let error = |operator, template| templates([(operator, template)]).unwrap_err();
        assert_eq!(error("a b", "*1*{code}#"), TemplateError::Operator);
        assert_eq!(error("MTN", "*126#"), TemplateError::Code);
        assert_eq!(error("MTN", "*{code}*{code}#"), TemplateError::Code);
        assert_eq!(error("MTN", "*126*{code}# then 1"), TemplateError::Form);
        let long = format!("*{}{{code}}#", "1".repeat(40));
        assert_eq!(error("MTN", &long), TemplateError::Form);
    }
}
