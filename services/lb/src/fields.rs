//! The members of what a verb is asked with, each read as what it must be.

use std::str::FromStr;

use serde_json::{Map, Value};

/// What is wrong with a member: its name and a rule, never its value.
pub(crate) type Fault = String;

/// A JSON object whose members are taken one by one; what is left is unknown.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    left: Map<String, Value>,
    known: Vec<&'static str>,
}

// === impl Fields ===

impl Fields {
    /// Reads one object, an empty body as an empty one.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Fault> {
        if json.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(json) {
            Ok(Value::Object(left)) => Ok(Self { left, known: Vec::new() }),
            Ok(_) | Err(_) => Err("body: it is not a JSON object".to_owned()),
        }
    }

    /// A text of a form, where it is there.
    pub(crate) fn word<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, Fault> {
        match self.take(name) {
            Value::Null => Ok(None),
            Value::String(text) => {
                text.parse().map(Some).map_err(|_| format!("{name}: it is not of its form"))
            }
            _ => Err(format!("{name}: it is not a text")),
        }
    }

    /// A text of a form that must be there.
    pub(crate) fn needed<T: FromStr>(&mut self, name: &'static str) -> Result<T, Fault> {
        self.word(name)?.ok_or_else(|| format!("{name}: it is missing"))
    }

    /// `true` or `false`, which is meant where nothing is said.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<bool, Fault> {
        match self.take(name) {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(flag),
            _ => Err(format!("{name}: it is not true or false")),
        }
    }

    /// Refuses what nobody has taken.
    pub(crate) fn end(self) -> Result<(), Fault> {
        let Some(name) = self.left.keys().next() else { return Ok(()) };
        let name: String = name.chars().filter(|it| !it.is_control()).take(32).collect();
        Err(format!("{name}: unknown; known are {}", self.known.join(", ")))
    }

    fn take(&mut self, name: &'static str) -> Value {
        self.known.push(name);
        self.left.remove(name).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use protocol::Instance;

    use super::*;

    fn read(json: &str) -> Result<(Option<Instance>, bool), Fault> {
        let mut fields = Fields::read(json.as_bytes())?;
        let read = (fields.word("instance")?, fields.flag("force")?);
        fields.end().map(|()| read)
    }

    #[test]
    fn takes_known_members_alone_and_names_what_is_wrong() {
        assert_eq!(read(""), Ok((None, false)));
        let both = read("{\"instance\":\"aar-1\",\"force\":true}");
        assert_eq!(both, Ok((Some("aar-1".parse().unwrap()), true)));
        for (json, told) in [
            ("[]", "body: it is not a JSON object"),
            ("{\"instance\":1}", "instance: it is not a text"),
            ("{\"instance\":\"a b\"}", "instance: it is not of its form"),
            ("{\"force\":1}", "force: it is not true or false"),
            ("{\"forse\":true}", "forse: unknown; known are instance, force"),
        ] {
            assert_eq!(read(json), Err(told.to_owned()));
        }
        let missing = Fields::default().needed::<Instance>("instance");
        assert_eq!(missing, Err("instance: it is missing".to_owned()));
    }
}
