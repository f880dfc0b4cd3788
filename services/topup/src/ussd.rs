//! What to dial, by operator.

use protocol::{RechargeCode, Ussd};

/// Stands for the recharge code in a template.
const CODE: &str = "{code}";

/// Puts a recharge code into a template.
pub(crate) fn fill(template: &str, code: &RechargeCode) -> Option<Ussd> {
    template.replace(CODE, code.digits()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_code_in() {
        let ussd = fill("*126*{code}#", &"12345678".parse().unwrap()).unwrap();
        assert_eq!(ussd.as_str(), "*126*12345678#");
    }
}
