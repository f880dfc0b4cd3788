//! Reads the JSON object of a request, and names what is wrong with it.

use std::str::FromStr;

use protocol::FormError;
use serde_json::{Map, Value};

use crate::find::Named;
use crate::manage::Malformed;

/// The members of a request, each of a known name.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

// === impl Fields ===

impl Fields {
    /// Reads the object; an empty body is an empty one.
    pub(crate) fn read(body: &[u8], known: &[&str]) -> Result<Self, Malformed> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
            return Err(Malformed("body: it is not a JSON object".to_owned()));
        };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self(members)),
            Some(name) => {
                let name: String = name.chars().filter(|it| !it.is_control()).take(32).collect();
                Err(Malformed(format!("{name}: unknown; known are {}", known.join(", "))))
            }
        }
    }

    /// A text, `None` where it is absent or null.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Malformed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Malformed(format!("{name}: it is not a text"))),
        }
    }

    /// A text of a form.
    pub(crate) fn parse<T>(&self, name: &str) -> Result<Option<T>, Malformed>
    where
        T: FromStr<Err = FormError>,
    {
        let parsed = self.text(name)?.map(str::parse).transpose();
        parsed.map_err(|error| Malformed(format!("{name}: {error}")))
    }

    /// A text of a form that must be there.
    pub(crate) fn need<T>(&self, name: &str) -> Result<T, Malformed>
    where
        T: FromStr<Err = FormError>,
    {
        self.parse(name)?.ok_or_else(|| Malformed(format!("{name}: missing")))
    }

    /// A number from 1 to `max`, or what holds where it is absent.
    pub(crate) fn count(&self, name: &str, absent: u32, max: u32) -> Result<u32, Malformed> {
        let count = match self.0.get(name) {
            None | Some(Value::Null) => Some(absent),
            Some(value) => value.as_u64().and_then(|it| u32::try_from(it).ok()),
        };
        let count = count.filter(|it| (1..=max).contains(it));
        count.ok_or_else(|| Malformed(format!("{name}: it is not a whole number, 1 to {max}")))
    }

    /// A number from 1 on, `None` where it is absent or null.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, Malformed> {
        let absent = matches!(self.0.get(name), None | Some(Value::Null));
        if absent { Ok(None) } else { self.count(name, 1, u32::MAX).map(Some) }
    }

    /// The one box that is named.
    pub(crate) fn named(&self) -> Result<Named, Malformed> {
        let all = [
            self.parse("box")?.map(Named::Device),
            self.parse("imei")?.map(Named::Imei),
            self.parse("serial")?.map(Named::Serial),
            self.parse("macaddr")?.map(Named::MacAddr),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(named), None) => Ok(named),
            (None, _) => {
                Err(Malformed("box: missing, and imei, serial and macaddr too".to_owned()))
            }
            (Some(_), Some(_)) => {
                Err(Malformed("box: give one of box, imei, serial, macaddr".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Fields, Malformed> {
        Fields::read(body.as_bytes(), &["box", "imei", "serial", "macaddr", "limit"])
    }

    fn reason<T: std::fmt::Debug>(done: Result<T, Malformed>) -> String {
        done.unwrap_err().0
    }

    #[test]
    fn names_what_is_wrong_and_not_its_value() {
        assert_eq!(reason(read("[]")), "body: it is not a JSON object");
        assert!(reason(read(r#"{"bx":"1"}"#)).starts_with("bx: unknown"));
        let secret = read(r#"{"imei":"123secret"}"#).unwrap();
        let told = reason(secret.named());
        assert!(told.starts_with("imei: ") && !told.contains("secret"), "{told}");
        assert_eq!(reason(read(r#"{"box":1}"#).unwrap().named()), "box: it is not a text");
    }

    #[test]
    fn wants_one_name_of_a_box() {
        assert!(reason(read("").unwrap().named()).starts_with("box: missing"));
        let two = r#"{"imei":"861821032479591","serial":"G4PDW16623003677"}"#;
        assert!(reason(read(two).unwrap().named()).starts_with("box: give one"));
        let one = read(r#"{"macaddr":"A8BBCCDDEE0F","box":null}"#).unwrap();
        assert!(matches!(one.named(), Ok(Named::MacAddr(_))));
    }

    #[test]
    fn counts_within_its_limits() {
        let count = |body: &str| read(body).unwrap().count("limit", 100, 1_000);
        assert_eq!(count("{}"), Ok(100));
        assert_eq!(count(r#"{"limit":1000}"#), Ok(1_000));
        for body in [r#"{"limit":0}"#, r#"{"limit":1001}"#, r#"{"limit":-1}"#, r#"{"limit":"5"}"#] {
            assert!(count(body).is_err(), "{body}");
        }
    }
}
