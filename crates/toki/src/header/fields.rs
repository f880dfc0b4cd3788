//! Fields of a header: `name=value`, `;` between them.

use std::iter::Peekable;
use std::str::Split;

use crate::refusal::Malformed;

/// Takes fields in their one order.
pub(super) struct Fields<'a>(Peekable<Split<'a, char>>);

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Begins with the first field of a text of at most `limit` bytes.
    pub(super) fn new(text: &'a str, limit: usize) -> Result<Self, Malformed> {
        if text.len() <= limit { Ok(Self(text.split(';').peekable())) } else { Err(Malformed) }
    }

    /// Takes the next field as it stands.
    pub(super) fn bare(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    /// Takes the field of this name where it is the next one; its value must then be read.
    pub(super) fn maybe<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        let value = |field: &&'a str| field.strip_prefix(name)?.strip_prefix('=');
        let Some(value) = self.0.peek().and_then(value) else { return Ok(None) };
        self.0.next();
        read(value).map(Some).ok_or(Malformed)
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
    pub(super) fn end(mut self) -> Result<(), Malformed> {
        if self.0.next().is_none() { Ok(()) } else { Err(Malformed) }
    }
}

/// Reads the one version that there is.
pub(super) fn version(text: &str) -> Option<()> {
    (text == "1").then_some(())
}
