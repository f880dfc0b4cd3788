//! Reads the JSON objects of a management request, and names what is wrong with them.

use std::str::FromStr;

use bytes::Bytes;
use protocol::FormError;
use serde_json::{Map, Value, json};

/// What is wrong with a request: it names the element, and never repeats its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

/// The members of a request, each of a known name.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

// === impl Fields ===

impl Fields {
    /// Reads the object; an empty body is an empty one.
    ///
    /// # Errors
    /// It is no object, or has a member of another name.
    pub fn read(body: &[u8], known: &[&str]) -> Result<Self, Malformed> {
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
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Malformed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Malformed(format!("{name}: it is not a text"))),
        }
    }

    /// A text of a form.
    ///
    /// # Errors
    /// It is something else, or not of the form.
    pub fn parse<T>(&self, name: &str) -> Result<Option<T>, Malformed>
    where
        T: FromStr<Err = FormError>,
    {
        let parsed = self.text(name)?.map(str::parse).transpose();
        parsed.map_err(|error| Malformed(format!("{name}: {error}")))
    }

    /// A text of a form that must be there.
    ///
    /// # Errors
    /// It is absent, something else, or not of the form.
    pub fn need<T>(&self, name: &str) -> Result<T, Malformed>
    where
        T: FromStr<Err = FormError>,
    {
        self.parse(name)?.ok_or_else(|| Malformed(format!("{name}: missing")))
    }

    /// A number from 1 to `max`, or what holds where it is absent.
    ///
    /// # Errors
    /// It is something else.
    pub fn count(&self, name: &str, absent: u32, max: u32) -> Result<u32, Malformed> {
        let count = match self.0.get(name) {
            None | Some(Value::Null) => Some(absent),
            Some(value) => value.as_u64().and_then(|it| u32::try_from(it).ok()),
        };
        let count = count.filter(|it| (1..=max).contains(it));
        count.ok_or_else(|| Malformed(format!("{name}: it is not a whole number, 1 to {max}")))
    }

    /// A number from 1 on, `None` where it is absent or null.
    ///
    /// # Errors
    /// It is something else.
    pub fn number(&self, name: &str) -> Result<Option<u32>, Malformed> {
        let absent = matches!(self.0.get(name), None | Some(Value::Null));
        if absent { Ok(None) } else { self.count(name, 1, u32::MAX).map(Some) }
    }

    /// Whether a member is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A `true` or `false`; absent is `false`.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &str) -> Result<bool, Malformed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Malformed(format!("{name}: it is not true or false"))),
        }
    }

    /// A list of texts of a form; one text alone is a list of one.
    ///
    /// # Errors
    /// It is something else, one is not of its form, or there are more than `most`.
    pub fn list<T>(&self, name: &str, most: usize) -> Result<Vec<T>, Malformed>
    where
        T: FromStr<Err = FormError>,
    {
        let items = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        if most < items.len() {
            return Err(Malformed(format!("{name}: more than {most}")));
        }
        let read = |item: &Value| {
            let text =
                item.as_str().ok_or_else(|| Malformed(format!("{name}: it is not a text")))?;
            text.parse().map_err(|error| Malformed(format!("{name}: {error}")))
        };
        items.iter().map(read).collect()
    }
}

/// The lines of an NDJSON body that are not empty.
///
/// # Errors
/// There are more than `most`.
pub fn lines(body: &[u8], most: usize) -> Result<Vec<&[u8]>, Malformed> {
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<_> =
        lines.filter(|line| !line.is_empty()).take(most.saturating_add(1)).collect();
    if most < lines.len() {
        return Err(Malformed(format!("body: more than {most} lines")));
    }
    Ok(lines)
}

/// Rows of a list, then its end.
pub fn list(rows: &[Value], after: Option<Value>) -> Bytes {
    let end =
        after.map_or_else(|| json!({ "end": true }), |it| json!({ "end": true, "after": it }));
    print(rows.iter().chain([&end]))
}

/// One object a line.
pub fn print<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Bytes {
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.to_string());
        text.push('\n');
    }
    text.into()
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
        let secret = read(r#"{"imei":"123secret","box":1}"#).unwrap();
        let told = reason(secret.need::<protocol::Imei>("imei"));
        assert!(told.starts_with("imei: ") && !told.contains("secret"), "{told}");
        assert_eq!(reason(secret.text("box")), "box: it is not a text");
        assert_eq!(reason(secret.need::<protocol::Imei>("serial")), "serial: missing");
        assert_eq!(reason(secret.flag("box")), "box: it is not true or false");
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

    #[test]
    fn a_list_is_bounded_and_one_text_is_one() {
        let list = |body: &str| read(body).unwrap().list::<protocol::DeviceTag>("serial", 2);
        assert_eq!(list("{}").unwrap(), []);
        assert_eq!(list(r#"{"serial":"a"}"#).unwrap().len(), 1);
        assert_eq!(list(r#"{"serial":["a","b"]}"#).unwrap().len(), 2);
        assert_eq!(reason(list(r#"{"serial":["a","b","c"]}"#)), "serial: more than 2");
        assert_eq!(reason(list(r#"{"serial":["a",1]}"#)), "serial: it is not a text");
    }

    #[test]
    fn lines_are_bounded_and_empty_ones_are_none() {
        assert_eq!(lines(b"a\n\n b \r\n", 2).unwrap(), [b"a", b"b"]);
        assert_eq!(reason(lines(b"a\nb\nc", 2)), "body: more than 2 lines");
    }
}
