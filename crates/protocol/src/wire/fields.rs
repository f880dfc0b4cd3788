//! The texts of a document's known elements, and their values.

use std::borrow::Cow;
use std::str::FromStr;

use super::{Group, Key, Part, Reason, Tag};
use crate::FormError;

/// Elements that fit without a second allocation: all but R-INIT and CRECORD have fewer.
const USUAL: usize = 12;

/// The texts of a document's known elements.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    texts: Vec<(Key, Cow<'a, str>)>,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Notes a known element; `false` where it was there before.
    pub(super) fn open(&mut self, key: Key) -> bool {
        if self.find(key).is_some() {
            return false;
        }
        if self.texts.is_empty() {
            self.texts.reserve(USUAL);
        }
        self.texts.push((key, Cow::Borrowed("")));
        true
    }

    /// Gives a noted element its text.
    pub(super) fn push(&mut self, key: Key, text: Cow<'a, str>) {
        let noted = self.texts.iter_mut().rev().find(|(known, _)| *known == key);
        if let Some((_, place)) = noted {
            *place = text;
        }
    }

    /// The text of an element, where it is there.
    fn find(&self, key: Key) -> Option<&str> {
        self.texts.iter().find(|(known, _)| *known == key).map(|(_, text)| text.as_ref())
    }

    /// The text of an element, where it is there.
    pub(crate) fn text(&self, tag: Tag) -> Option<&str> {
        self.find(Key::Text(tag))
    }

    /// Whether any of `tags` is there.
    pub(crate) fn has_any(&self, tags: &[Tag]) -> bool {
        tags.iter().any(|&tag| self.text(tag).is_some())
    }

    /// Whether a group is there.
    pub(crate) fn has_group(&self, group: Group) -> bool {
        self.find(Key::Group(group)).is_some()
    }

    /// The value of an element that may be missing.
    pub(crate) fn optional<T: FromStr<Err = FormError>>(
        &self,
        tag: Tag,
    ) -> Result<Option<T>, Reason> {
        self.value(Key::Text(tag))
    }

    /// The value of an element that may not be missing.
    pub(crate) fn required<T: FromStr<Err = FormError>>(&self, tag: Tag) -> Result<T, Reason> {
        self.optional(tag)?.ok_or_else(|| missing(tag.name()))
    }

    /// Whether an element that can only be `1` is there.
    pub(crate) fn flag(&self, tag: Tag) -> Result<bool, Reason> {
        match self.text(tag) {
            None => Ok(false),
            Some("1") => Ok(true),
            Some(_) => Err(Reason::Owned(format!("the element {} can only be 1", tag.name()))),
        }
    }

    /// A number of digits alone.
    pub(crate) fn number<T: FromStr>(&self, tag: Tag) -> Result<Option<T>, Reason> {
        let Some(text) = self.text(tag) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(Some).ok_or_else(|| misformed(Key::Text(tag), "it is not a number"))
    }

    /// The value of a part that may be missing.
    pub(crate) fn part<T: FromStr<Err = FormError>>(
        &self,
        group: Group,
        part: Part,
    ) -> Result<Option<T>, Reason> {
        self.value(Key::Part(group, part))
    }

    /// The value of a part that must be there and may be empty.
    pub(crate) fn place<T: FromStr<Err = FormError>>(
        &self,
        group: Group,
        part: Part,
    ) -> Result<Option<T>, Reason> {
        let key = Key::Part(group, part);
        match self.find(key) {
            None => Err(Reason::Owned(format!(
                "the element {} of {} is missing",
                part.name(),
                group.name()
            ))),
            Some("") => Ok(None),
            Some(_) => self.value(key),
        }
    }

    /// The value of an element that may be missing.
    fn value<T: FromStr<Err = FormError>>(&self, key: Key) -> Result<Option<T>, Reason> {
        let Some(text) = self.find(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| misformed(key, error))
    }
}

/// Says that an element is missing.
pub(crate) fn missing(name: &str) -> Reason {
    Reason::Owned(format!("the element {name} is missing"))
}

/// Says that an element is not of its form, and how.
fn misformed(key: Key, how: impl std::fmt::Display) -> Reason {
    let within =
        if let Key::Part(group, _) = key { format!(" of {}", group.name()) } else { String::new() };
    Reason::Owned(format!("the element {}{within} is not of its form: {how}", key.name()))
}
