//! The fields of a JSON object, each read as what it must be.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use protocol::{Amount, FormError};
use serde_json::{Map, Value};
use store::Product;

/// What is wrong with a field: its name and a rule, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    name: String,
    what: String,
}

/// A JSON object whose fields are taken one by one.
#[derive(Debug)]
pub(crate) struct Fields {
    left: Map<String, Value>,
}

// === impl Fault ===

impl Fault {
    pub(crate) fn new(name: &str, what: impl fmt::Display) -> Self {
        Self { name: name.to_owned(), what: what.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)
    }
}

// === impl Fields ===

impl Fields {
    /// Reads one object; a field that stands twice is a fault.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Fault> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(left)) => Ok(Self { left }),
            Ok(_) => Err(Fault::new("document", "it is not a JSON object")),
            // The parser's own message could quote what it read.
            Err(error) => {
                Err(Fault::new("document", format!("not JSON at column {}", error.column())))
            }
        }
    }

    /// Takes a text that must be there.
    pub(crate) fn take<T: FromStr<Err = FormError>>(&mut self, name: &str) -> Result<T, Fault> {
        self.find(name)?.ok_or_else(|| Fault::new(name, "missing"))
    }

    /// Takes a text that may be there.
    pub(crate) fn find<T: FromStr<Err = FormError>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, Fault> {
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                text.trim().parse().map(Some).map_err(|error| Fault::new(name, error))
            }
            Some(_) => Err(Fault::new(name, "it is not a text")),
        }
    }

    /// Takes a whole number that may be there.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>, Fault> {
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                value.as_u64().map(Some).ok_or_else(|| Fault::new(name, "it is not a whole number"))
            }
        }
    }

    /// Takes a `true` or `false` that may be there.
    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Fault> {
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(Fault::new(name, "it is not true or false")),
        }
    }

    /// Takes `operator`, `amount` and `currency`.
    pub(crate) fn product(&mut self) -> Result<Product, Fault> {
        let operator = self.take("operator")?;
        let amount: Amount = self.take("amount")?;
        if amount.as_str().bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            return Err(Fault::new("amount", "it is zero"));
        }
        Ok(Product::new(operator, amount, self.take("currency")?))
    }

    /// Refuses what was not taken.
    pub(crate) fn end(self) -> Result<(), Fault> {
        let left: BTreeSet<String> = self.left.into_iter().map(|(name, _)| name).collect();
        match left.first() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(32).filter(|c| !c.is_control()).collect();
                Err(Fault::new(&name, "not a field of this"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::Operator;

    use super::*;

    fn read(json: &str) -> Fields {
        Fields::read(json.as_bytes()).unwrap()
    }

    fn fault<T: fmt::Debug>(result: Result<T, Fault>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn names_what_is_wrong_and_never_its_value() {
        let secret = r#"{"operator":5,"code":"12x4 secret"}"#;
        assert_eq!(fault(read(secret).take::<Operator>("operator")), "operator: it is not a text");
        assert_eq!(fault(read("{}").take::<Operator>("operator")), "operator: missing");
        let code = fault(read(secret).take::<protocol::RechargeCode>("code"));
        assert_eq!(code, "code: its character 3 is not allowed");
        assert_eq!(fault(Fields::read(b"[1]")), "document: it is not a JSON object");
        assert_eq!(fault(Fields::read(b"{\"a\":secret}")), "document: not JSON at column 6");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let mut fields = read(r#"{"serial":1,"kind":"x"}"#);
        assert_eq!(fields.number("serial").unwrap(), Some(1));
        assert_eq!(fault(fields.end()), "kind: not a field of this");
    }

    #[test]
    fn an_amount_is_above_zero() {
        let product = |amount| {
            read(&format!(r#"{{"operator":"MTN","amount":"{amount}","currency":"XAF"}}"#)).product()
        };
        assert_eq!(fault(product("0.00")), "amount: it is zero");
        assert_eq!(product("500.00").unwrap().amount.as_str(), "500");
    }
}
