//! Changing values, and not a byte beside them.

use std::ops::Range;

use super::scan::{Line, LineKind, scan};
use super::slice;

/// A value that is to stand in the ini.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) section: String,
    pub(crate) key: &'static str,
    pub(crate) value: String,
}

/// Puts the values in: only their own bytes change.
///
/// A key that is missing is added behind the last line of its section, a section that is missing at
/// the end of the file; neither is added for an empty value.
pub(crate) fn edit(text: &str, changes: &[Change]) -> String {
    let mut text = text.to_owned();
    for change in changes {
        text = one(&text, change);
    }
    text
}

/// Gives a section another name: only the bytes of its name change.
pub(crate) fn rename(text: &str, from: &str, to: &str) -> String {
    let named = |line: &Line| match &line.kind {
        LineKind::Section { name } if slice(text, name) == from => Some(name.clone()),
        _ => None,
    };
    let name = scan(text).iter().find_map(named);
    name.map_or_else(|| text.to_owned(), |name| replace(text, &name, to))
}

fn one(text: &str, change: &Change) -> String {
    let lines = scan(text);
    let inside = section(text, &lines, &change.section);
    let Some(last) = inside.last() else { return add_section(text, &lines, change) };
    let value = inside.iter().find_map(|line| match &line.kind {
        LineKind::Entry { key, value } if slice(text, key) == change.key => Some(value.clone()),
        _ => None,
    });
    match value {
        Some(span) if slice(text, &span).trim() == change.value => text.to_owned(),
        Some(span) => replace(text, &span, &written(slice(text, &span), &change.value)),
        None => add_key(text, &lines, last, change),
    }
}

/// The header and the entries of the first section of this name.
fn section<'a>(text: &str, lines: &'a [Line], name: &str) -> Vec<&'a Line> {
    let is_header = |line: &Line| matches!(line.kind, LineKind::Section { .. });
    let named = |line: &&Line| match &line.kind {
        LineKind::Section { name: it } => slice(text, it) == name,
        _ => false,
    };
    let mut rest = lines.iter().skip_while(|line| !named(line));
    let header = rest.next();
    let entries = rest
        .take_while(|line| !is_header(line))
        .filter(|line| matches!(line.kind, LineKind::Entry { .. }));
    header.into_iter().chain(entries).collect()
}

/// A value where nothing stood gets the blank that nobody wrote behind `=`.
fn written(before: &str, value: &str) -> String {
    if before.is_empty() && !value.is_empty() {
        format!(" {value}")
    } else if before.trim().is_empty() {
        format!("{before}{value}")
    } else {
        value.to_owned()
    }
}

fn add_key(text: &str, lines: &[Line], after: &Line, change: &Change) -> String {
    if change.value.is_empty() {
        return text.to_owned();
    }
    let end = line_end(text, lines);
    let before = if slice(text, &after.whole).ends_with('\n') { "" } else { end };
    let line = format!("{before}{} = {}{end}", change.key, change.value);
    let at = after.whole.end;
    replace(text, &(at..at), &line)
}

fn add_section(text: &str, lines: &[Line], change: &Change) -> String {
    if change.value.is_empty() {
        return text.to_owned();
    }
    let end = line_end(text, lines);
    let before = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    format!("{text}{before}{end}[{}]{end}{} = {}{end}", change.section, change.key, change.value)
}

/// How the file ends its lines, by its first one.
fn line_end(text: &str, lines: &[Line]) -> &'static str {
    let first = lines.first().map(|line| slice(text, &line.whole)).unwrap_or_default();
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

fn replace(text: &str, span: &Range<usize>, with: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(span.clone(), with);
    text
}
