//! The fields of a JSON object, each read as what it must be.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use protocol::{Amount, FormError};
use serde_json::{Map, Value};
use store::Product;

/// The longest reason, in characters.
const REASON_MOST: usize = 200;
/// Rows of a page, where nobody says how many.
const PAGE: u32 = 100;
/// Rows of a page at most.
const PAGE_MOST: u32 = 1_000;

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

/// Why somebody does something: it goes into the audit log, sealed.
///
/// # Format
/// 1 to 200 characters on one line.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reason(String);

/// Where a page ended, for a verb to read.
struct Cursor(String);

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
    /// Reads one object, an empty body as an empty one.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Fault> {
        if json.trim_ascii().is_empty() {
            return Ok(Self { left: Map::new() });
        }
        match serde_json::from_slice(json) {
            Ok(Value::Object(left)) => Ok(Self { left }),
            Ok(_) => Err(Fault::new("document", "it is not a JSON object")),
            // The parser's own message could quote what it read.
            Err(error) => {
                Err(Fault::new("document", format!("not JSON at column {}", error.column())))
            }
        }
    }

    /// What is asked, as a hash: the same members make the same, whatever their order.
    pub(crate) fn digest(&self, what: &str) -> [u8; 32] {
        let members = Value::Object(self.left.clone());
        crypto::sha256(format!("{what}\n{members}").as_bytes())
    }

    /// Whether a member is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(|it| !it.is_null())
    }

    /// Takes one of some words, if it is there.
    pub(crate) fn word<T: FromStr>(&mut self, name: &str, what: &str) -> Result<Option<T>, Fault> {
        let word = self.find::<Cursor>(name)?;
        word.map(|word| word.0.parse().map_err(|_| Fault::new(name, what))).transpose()
    }

    /// Takes where a page ended, if it is there.
    pub(crate) fn cursor(&mut self, name: &str) -> Result<Option<String>, Fault> {
        Ok(self.find::<Cursor>(name)?.map(|it| it.0))
    }

    /// Takes how many rows a page has.
    pub(crate) fn limit(&mut self) -> Result<u32, Fault> {
        let limit = self.number("limit")?.map_or(Some(PAGE), |it| u32::try_from(it).ok());
        let limit = limit.filter(|it| (1..=PAGE_MOST).contains(it));
        limit.ok_or_else(|| Fault::new("limit", format!("it is not within 1 and {PAGE_MOST}")))
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

// === impl Reason ===

impl Reason {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl FromStr for Reason {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = text.chars().count();
        if found == 0 || REASON_MOST < found {
            return Err(FormError::Length { found, min: 1, max: REASON_MOST });
        }
        match text.chars().position(char::is_control) {
            Some(at) => Err(FormError::Character { at: at + 1 }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl FromStr for Cursor {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        Ok(Self(text.to_owned()))
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
