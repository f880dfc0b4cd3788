//! From values to compact documents, into a buffer that can be used again.

use std::fmt::{self, Display, Write as _};

use super::chars;
use super::{Group, Part, Tag};
use crate::{Head, Pair};

/// Writes one document at the end of a buffer.
pub(crate) struct Printer<'a> {
    out: &'a mut String,
}

/// Escapes what is written through it.
struct Escaping<'a>(&'a mut String);

// === impl Printer ===

impl<'a> Printer<'a> {
    /// Begins a document with its head; `prefix` and `name` make the command.
    pub(crate) fn begin(out: &'a mut String, prefix: &str, name: &str, head: &Head) -> Self {
        let star = if head.bridge.is_some() { "*" } else { "" };
        out.push_str("<xml>");
        let mut printer = Self { out };
        printer.one(Tag::App, head.app);
        printer.one(Tag::Version, head.version);
        printer.one(Tag::Cmd, format_args!("{prefix}{name}{star}"));
        printer.one(Tag::Time, head.time);
        printer.maybe(Tag::Bridge, head.bridge);
        printer.maybe(Tag::Principal, head.principal);
        printer.maybe(Tag::Client, head.client);
        printer
    }

    /// Ends the document.
    pub(crate) fn end(self) {
        self.out.push_str("</xml>");
    }

    /// Writes an element.
    pub(crate) fn one(&mut self, tag: Tag, value: impl Display) {
        self.element(tag.name(), value);
    }

    /// Writes an element where there is a value.
    pub(crate) fn maybe(&mut self, tag: Tag, value: Option<impl Display>) {
        if let Some(value) = value {
            self.one(tag, value);
        }
    }

    /// Writes `1` or nothing.
    pub(crate) fn flag(&mut self, tag: Tag, set: bool) {
        self.maybe(tag, set.then_some("1"));
    }

    /// Writes a group of two, empty where there is none.
    pub(crate) fn pair(&mut self, group: Group, pair: &Pair<Option<impl Display>>) {
        self.group(group, pair, |_| {});
    }

    /// Writes a group of two and what `more` adds to it.
    pub(crate) fn group(
        &mut self,
        group: Group,
        pair: &Pair<Option<impl Display>>,
        more: impl FnOnce(&mut Self),
    ) {
        self.tag("<", group.name());
        let text = |value: &Option<_>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        self.element(Part::First.name(), text(&pair.first));
        self.element(Part::Second.name(), text(&pair.second));
        more(self);
        self.tag("</", group.name());
    }

    /// Writes a part where there is a value.
    pub(crate) fn part(&mut self, part: Part, value: Option<impl Display>) {
        if let Some(value) = value {
            self.element(part.name(), value);
        }
    }

    /// Writes an element by its name.
    fn element(&mut self, name: &str, value: impl Display) {
        self.tag("<", name);
        // Writing to a String cannot fail, and no value of the protocol fails to show itself.
        let _shown = write!(Escaping(self.out), "{value}");
        self.tag("</", name);
    }

    /// Writes one tag.
    fn tag(&mut self, open: &str, name: &str) {
        self.out.push_str(open);
        self.out.push_str(name);
        self.out.push('>');
    }
}

// === impl Escaping ===

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"&<>".contains(&byte)) {
            self.0.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                // A bare CR would be read back as LF.
                '\r' => self.0.push_str("&#13;"),
                c if chars::allowed(c) => self.0.push(c),
                // Left out: no document may hold it.
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_markup_is_made_of() {
        let mut out = String::new();
        write!(Escaping(&mut out), "<a>&\r\n\u{1}é\"'").unwrap();
        assert_eq!(out, "&lt;a&gt;&amp;&#13;\né\"'");
    }
}
