//! Every text that the tool says, in French and in English.
//!
//! One catalogue a language, `text/fr.ftl` and `text/en.ftl`, compiled in. A text is named by its
//! key through [`said!`](crate::said), so that a test finds each key that the source uses.

pub(crate) mod cause;
mod lang;

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

pub use lang::Lang;
pub(crate) use lang::UnknownLang;

/// One text to say: its key in the catalogue, and what fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    key: Cow<'static, str>,
    args: Vec<(&'static str, Value)>,
}

/// What fills a place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, as it is.
    Text(String),
    /// A number, which chooses between singular and plural.
    Number(u64),
    /// Another text of the catalogue, in the same language.
    Said(Box<Said>),
    /// Other texts, a line each.
    Lines(Vec<Said>),
}

/// The catalogue of one language.
pub struct Words {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

/// Names a text of the catalogue: `said!("key", name = value)`.
#[macro_export]
macro_rules! said {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::Said::new($key, vec![
            $((stringify!($name), $crate::text::Value::from($value))),*
        ])
    };
}

// === impl Said ===

impl Said {
    /// Names a text; [`said!`](crate::said) is the usual way in.
    pub fn new(key: impl Into<Cow<'static, str>>, args: Vec<(&'static str, Value)>) -> Self {
        Self { key: key.into(), args }
    }

    /// The key in the catalogue.
    pub fn key(&self) -> &str {
        &self.key
    }
}

// === impl Value ===

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Said> for Value {
    fn from(said: Said) -> Self {
        Self::Said(Box::new(said))
    }
}

impl From<Vec<Said>> for Value {
    fn from(lines: Vec<Said>) -> Self {
        Self::Lines(lines)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

// === impl Words ===

impl Words {
    /// Opens the catalogue of a language.
    pub fn new(lang: Lang) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![lang.identifier()]);
        // Terminals show the isolating marks as boxes.
        bundle.set_use_isolating(false);
        // A test holds both catalogues free of errors.
        let resource = FluentResource::try_new(lang.source().to_owned())
            .unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { lang, bundle }
    }

    /// The language of this catalogue.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Says a text; a key that is not in the catalogue says itself.
    pub fn say(&self, said: &Said) -> String {
        self.text(said, None).unwrap_or_else(|| said.key().to_owned())
    }

    /// Says a part of a text, `.part` in the catalogue, where it has it.
    pub fn part(&self, said: &Said, part: &str) -> Option<String> {
        self.text(said, Some(part))
    }

    fn text(&self, said: &Said, part: Option<&str>) -> Option<String> {
        let message = self.bundle.get_message(said.key())?;
        let pattern = match part {
            Some(part) => message.get_attribute(part)?.value(),
            None => message.value()?,
        };
        let (args, mut errors) = (self.args(said), Vec::new());
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors);
        debug_assert!(errors.is_empty(), "a place of the text is not filled: {text}");
        Some(text.into_owned())
    }

    /// What fills the places of a text, said in this language.
    fn args<'a>(&self, said: &'a Said) -> FluentArgs<'a> {
        let mut args = FluentArgs::new();
        for (name, value) in &said.args {
            match value {
                Value::Text(text) => args.set(*name, text.as_str()),
                Value::Number(number) => args.set(*name, FluentValue::from(*number)),
                Value::Said(inner) => args.set(*name, self.say(inner)),
                Value::Lines(lines) => {
                    let lines: Vec<_> = lines.iter().map(|line| self.say(line)).collect();
                    args.set(*name, lines.join("\n"));
                }
            }
        }
        args
    }
}

#[cfg(test)]
mod tests;
