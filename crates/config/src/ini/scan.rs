//! Where the lines of an ini are, byte by byte.

use std::ops::Range;

use super::slice;

/// What a BOM looks like in UTF-8.
const BOM: char = '\u{feff}';

/// One line, with the place of its parts in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    /// The line with its end.
    pub(crate) whole: Range<usize>,
    /// What it is.
    pub(crate) kind: LineKind,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Blank, or a comment.
    Nothing,
    /// `[name]`
    Section {
        /// The name alone.
        name: Range<usize>,
    },
    /// `key = value`
    Entry {
        /// The key without the blanks around it.
        key: Range<usize>,
        /// The value without the blanks around it; where it is empty, all behind the separator.
        value: Range<usize>,
    },
    /// None of these, and why.
    Bad(&'static str),
}

/// Goes over all lines of a text.
pub(crate) fn scan(text: &str) -> Vec<Line> {
    let mut start = 0;
    let mut lines = Vec::new();
    for (number, whole) in (1..).zip(text.split_inclusive('\n')) {
        let skipped = if start == 0 && whole.starts_with(BOM) { BOM.len_utf8() } else { 0 };
        let kind = kind(text, content(text, start + skipped..start + whole.len()));
        lines.push(Line { number, whole: start..start + whole.len(), kind });
        start += whole.len();
    }
    lines
}

// === impl Line ===

impl Line {
    /// The line as rust-ini is to read it: without indentation, comment and BOM.
    pub(super) fn plain(&self, text: &str) -> String {
        match &self.kind {
            LineKind::Nothing | LineKind::Bad(_) => String::new(),
            LineKind::Section { name } => format!("[{}]", slice(text, name)),
            LineKind::Entry { key, .. } => {
                slice(text, &(key.start..self.whole.end)).trim_end().to_owned()
            }
        }
    }
}

/// The line without its end (LF or CRLF).
fn content(text: &str, whole: Range<usize>) -> Range<usize> {
    let line = slice(text, &whole);
    let line = line.strip_suffix('\n').map_or(line, |it| it.strip_suffix('\r').unwrap_or(it));
    whole.start..whole.start + line.len()
}

/// The same without the blanks around it.
fn trim(text: &str, span: Range<usize>) -> Range<usize> {
    let whole = slice(text, &span);
    let start = span.start + (whole.len() - whole.trim_start().len());
    start..start + whole.trim().len()
}

fn kind(text: &str, content: Range<usize>) -> LineKind {
    let inner = trim(text, content.clone());
    let line = slice(text, &inner);
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return LineKind::Bad("it holds a control character");
    }
    if line.is_empty() || line.starts_with([';', '#']) {
        return LineKind::Nothing;
    }
    if line.ends_with('\\') {
        return LineKind::Bad("it ends in a backslash");
    }
    if line.starts_with('[') { section(text, inner) } else { entry(text, inner, content.end) }
}

fn section(text: &str, inner: Range<usize>) -> LineKind {
    let line = slice(text, &inner);
    let Some(end) = line.find(']') else {
        return LineKind::Bad("the section's name is not closed by `]`");
    };
    let name = trim(text, inner.start + 1..inner.start + end);
    if inner.start + end + 1 != inner.end {
        return LineKind::Bad("nothing may follow the section's `]`");
    }
    if name.is_empty() || slice(text, &name).contains('\\') {
        return LineKind::Bad("the section has no name");
    }
    LineKind::Section { name }
}

fn entry(text: &str, inner: Range<usize>, end: usize) -> LineKind {
    let line = slice(text, &inner);
    let Some(at) = line.find(['=', ':']) else {
        return LineKind::Bad("it is no [section], no `key = value` and no comment");
    };
    let key = trim(text, inner.start..inner.start + at);
    if key.is_empty() || slice(text, &key).contains('\\') {
        return LineKind::Bad("there is no key before the `=`");
    }
    let behind = inner.start + at + 1;
    let value = trim(text, behind..inner.end);
    let value = if value.is_empty() { behind..end } else { value };
    LineKind::Entry { key, value }
}
