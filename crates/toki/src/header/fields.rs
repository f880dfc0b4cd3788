//! Fields of a header: `name=value`, `;` between them.

use crate::print::{Base64, Digits};
use crate::refusal::Malformed;

/// Prints fields in their one order, after the version.
pub(super) struct Line(Vec<u8>);

// === impl Line ===

impl Line {
    pub(super) fn new(limit: usize) -> Self {
        let mut line = Self(Vec::with_capacity(limit));
        line.0.extend_from_slice(b"v=1");
        line
    }

    pub(super) fn text(&mut self, name: u8, value: &str) {
        self.field(name, value.as_bytes());
    }

    pub(super) fn number(&mut self, name: u8, number: u64) {
        self.field(name, Digits::of(number).as_bytes());
    }

    /// A time that travels is never negative.
    pub(super) fn time(&mut self, time_ms: i64) {
        self.number(b't', time_ms.try_into().unwrap_or_default());
    }

    pub(super) fn bytes(&mut self, name: u8, bytes: &[u8]) {
        self.field(name, Base64::of(bytes).as_bytes());
    }

    pub(super) fn end(self) -> String {
        // Of names, digits and base64 there is none that is not text.
        String::from_utf8(self.0).unwrap_or_default()
    }

    fn field(&mut self, name: u8, value: &[u8]) {
        self.0.extend_from_slice(&[b';', name, b'=']);
        self.0.extend_from_slice(value);
    }
}

/// Takes fields in their one order: what is left of them, `None` after the last.
pub(super) struct Fields<'a>(Option<&'a str>);

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Begins with the first field of a text of at most `limit` bytes.
    pub(super) fn new(text: &'a str, limit: usize) -> Result<Self, Malformed> {
        if text.len() <= limit { Ok(Self(Some(text))) } else { Err(Malformed) }
    }

    /// Takes the next field as it stands.
    pub(super) fn bare(&mut self) -> Option<&'a str> {
        self.0.map(|left| self.cut(left))
    }

    /// Takes the field of this name where it is the next one; its value must then be read.
    pub(super) fn maybe<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        let value = self.0.and_then(|left| left.strip_prefix(name)?.strip_prefix('='));
        let Some(value) = value else { return Ok(None) };
        read(self.cut(value)).map(Some).ok_or(Malformed)
    }

    /// Takes the field of this name, which must be the next one.
    pub(super) fn must<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Malformed> {
        self.maybe(name, read)?.ok_or(Malformed)
    }

    /// Ends: nothing may be left.
    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.0.is_none() { Ok(()) } else { Err(Malformed) }
    }

    /// Cuts at the next `;`, and keeps what is after it.
    fn cut(&mut self, left: &'a str) -> &'a str {
        let end = left.bytes().position(|it| it == b';');
        let (value, after) = end.and_then(|it| left.split_at_checked(it)).unwrap_or((left, ""));
        // Of a text that ends in `;` an empty field is left.
        self.0 = after.get(1..);
        value
    }
}

/// Reads the one version that there is.
pub(super) fn version(text: &str) -> Option<()> {
    (text == "1").then_some(())
}
