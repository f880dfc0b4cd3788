//! The text of an ini: where each value stands, what it is, and how to change it alone.
//!
//! [`scan()`] finds the lines, rust-ini reads the values, and both must agree: so what the editor
//! changes is what the reader reads.

mod edit;
mod scan;

use std::ops::Range;

use ini::{Ini, ParseOption};

pub(crate) use self::edit::{Change, edit, rename};
use self::scan::{Line, LineKind, scan};
use crate::problem::Fault;

/// An ini, read.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// The sections in their order.
    pub(crate) sections: Vec<Section>,
    /// What is wrong, with its line.
    pub(crate) faults: Vec<(Option<usize>, Fault)>,
    /// Whether a line is none of an ini: the file was torn, or edited badly.
    pub(crate) broken: bool,
}

/// A section of an ini.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) entries: Vec<Entry>,
}

/// A key of a section, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) line: usize,
}

/// Reads an ini as far as it goes.
pub(crate) fn read(text: &str) -> Document {
    let mut document = Document::default();
    let lines = scan(text);
    for line in &lines {
        document.add(text, line);
    }
    if document.sections.is_empty() && document.faults.is_empty() {
        document.faults.push((None, Fault::Empty));
        document.broken = true;
    }
    if !document.broken && !agrees(text, &lines, &document) {
        document.faults.push((None, Fault::Syntax("the reader and the editor see other values")));
        document.broken = true;
    }
    document
}

/// The bytes of a text that a span names.
fn slice<'a>(text: &'a str, span: &Range<usize>) -> &'a str {
    text.get(span.clone()).unwrap_or_default()
}

/// Whether rust-ini reads the same sections, keys and values.
fn agrees(text: &str, lines: &[Line], document: &Document) -> bool {
    let plain: Vec<String> = lines.iter().map(|line| line.plain(text)).collect();
    let option =
        ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let Ok(ini) = Ini::load_from_str_opt(&plain.join("\n"), option) else { return false };
    document.sections.iter().all(|section| {
        let read = ini.section_all(Some(&section.name)).flat_map(|section| section.iter());
        read.eq(document.entries(&section.name))
    })
}

// === impl Document ===

impl Document {
    /// The value of a key, where it stands there.
    pub(crate) fn value(&self, section: &str, key: &str) -> Option<&str> {
        let section = self.sections.iter().find(|it| it.name == section)?;
        section.entries.iter().find(|it| it.key == key).map(|it| it.value.as_str())
    }

    /// The keys and values of all sections of a name.
    fn entries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = self.sections.iter().filter(move |section| section.name == name);
        let entries = named.flat_map(|section| &section.entries);
        entries.map(|entry| (entry.key.as_str(), entry.value.as_str()))
    }

    fn add(&mut self, text: &str, line: &Line) {
        match &line.kind {
            LineKind::Nothing => {}
            LineKind::Bad(what) => self.bad(line.number, what),
            LineKind::Section { name } => self.add_section(slice(text, name), line.number),
            LineKind::Entry { key, value } => {
                self.add_entry(slice(text, key), slice(text, value).trim(), line.number);
            }
        }
    }

    fn bad(&mut self, line: usize, what: &'static str) {
        self.faults.push((Some(line), Fault::Syntax(what)));
        self.broken = true;
    }

    fn add_section(&mut self, name: &str, line: usize) {
        let first = self.sections.iter().find(|section| section.name == name);
        if let Some(first) = first.map(|section| section.line) {
            let fault = Fault::RepeatedSection { section: name.to_owned(), first };
            self.faults.push((Some(line), fault));
        }
        self.sections.push(Section { name: name.to_owned(), line, entries: Vec::new() });
    }

    fn add_entry(&mut self, key: &str, value: &str, line: usize) {
        let Some(section) = self.sections.last_mut() else {
            self.faults.push((Some(line), Fault::OutsideSection(key.to_owned())));
            return;
        };
        let first = section.entries.iter().find(|entry| entry.key == key).map(|entry| entry.line);
        if let Some(first) = first {
            let (section, key) = (section.name.clone(), key.to_owned());
            self.faults.push((Some(line), Fault::RepeatedKey { section, key, first }));
        }
        let (key, value) = (key.to_owned(), value.to_owned());
        section.entries.push(Entry { key, value, line });
    }
}

#[cfg(test)]
mod tests;
