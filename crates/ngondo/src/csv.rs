//! Reads the CSV of spreadsheets, whatever they made of it, a verdict a line; and writes one.
//!
//! | what comes | what becomes of it |
//! | --- | --- |
//! | UTF-8, UTF-16, Windows-1252; with or without a mark | found by looking at the whole file once |
//! | `,` `;` TAB between cells, `sep=;` before them | taken from the first line |
//! | CR, LF, CR LF | each ends a line, also within quotes: no cell of ours has two lines |
//! | blank lines, `;;;;` | left out |
//! | a bad line | [`Fault`], and the next one is read |
//! | a formula | refused in ([`Fault::Formula`]), disarmed out ([`write()`]) |
//! | a million columns, a line of 2 GB, a file of 2 GB | bounded memory, whatever is in it |

mod decode;
mod line;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;

use serde_json::{Map, Value};

use self::decode::{Lines, Text};
use crate::error::{Failure, failed};
use crate::said;
use crate::text::{Said, cause};

pub use self::write::write;

/// The longest line, in characters; the longest true one has under a thousand.
const LINE_MOST: usize = 16 * 1024;

/// Columns of a file at most.
const COLUMNS_MOST: usize = 64;

/// Lines of a file at most: what one import may hold in memory as verdicts.
const LINES_MOST: u64 = 1_000_000;

/// The columns that a file may have, in any order, in any case.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Those that must be in the first line, and have a value in each.
    pub need: &'static [&'static str],
    /// Those that may.
    pub may: &'static [&'static str],
}

/// A file under reading: an iterator over its lines.
#[derive(Debug)]
pub struct Csv {
    file: String,
    lines: Lines<File>,
    separator: char,
    /// The column of each cell.
    head: Vec<&'static str>,
    columns: Columns,
}

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Its cells, or why it cannot be read.
    pub cells: Result<Cells, Fault>,
}

/// The cells of a line that have a value, by column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells(BTreeMap<&'static str, String>);

/// Why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is longer than any true one.
    TooLong,
    /// Its bytes are no text in the file's encoding.
    NotText,
    /// A quote is not closed, or something follows it.
    Quote,
    /// It holds a control character.
    Control,
    /// It has more cells than the first line.
    Columns,
    /// A cell that must have a value has none.
    Missing(&'static str),
    /// A cell is a formula, which a spreadsheet would run.
    Formula(&'static str),
}

// === impl Csv ===

impl Csv {
    /// Opens a file and reads its first line.
    ///
    /// # Errors
    ///
    /// It cannot be read, is no plain file, has more than a million lines, or its first line does
    /// not name these columns.
    pub fn open(path: &Path, columns: Columns) -> Result<Self, Failure> {
        let file = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            failed!("unreadable", file = file.clone(), cause = cause::io(&error))
        };
        // Before it is opened: who opens a pipe waits until somebody writes into it.
        if !fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(failed!("csv-no-file", file = file));
        }
        let opened = File::open(path).map_err(unreadable)?;
        let (lines, count) = Lines::open(opened).map_err(unreadable)?;
        if LINES_MOST < count {
            return Err(failed!("csv-too-many-lines", file = file, most = LINES_MOST));
        }
        let mut csv = Self { file, lines, separator: ',', head: Vec::new(), columns };
        csv.read_head()?;
        Ok(csv)
    }

    /// Reads the names of the columns, and by them what stands between cells.
    fn read_head(&mut self) -> Result<(), Failure> {
        let mut told = None;
        loop {
            let text = match self.lines.next_text().map_err(|error| self.unreadable(&error))? {
                None => return Err(failed!("csv-empty", file = self.file.clone())),
                Some(Text::Line(text)) => text,
                Some(Text::Bad(fault)) => return Err(self.bad_head(fault.said())),
            };
            if let Some(separator) = line::told_separator(&text) {
                told = Some(separator);
                continue;
            }
            self.separator = told.unwrap_or_else(|| line::likely_separator(&text));
            match line::cells(&text, self.separator) {
                Ok(cells) if cells.iter().all(String::is_empty) => {}
                Ok(cells) => return self.take_head(&cells),
                Err(fault) => return Err(self.bad_head(fault.said())),
            }
        }
    }

    fn take_head(&mut self, cells: &[String]) -> Result<(), Failure> {
        let known = || self.columns.need.iter().chain(self.columns.may).copied();
        // Spreadsheets leave empty columns behind the last.
        let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        let mut head = Vec::new();
        for cell in cells.iter().take(used) {
            let name = known().find(|name| name.eq_ignore_ascii_case(cell));
            let Some(name) = name else {
                let cell: String = cell.chars().take(32).collect();
                return Err(self.bad_head(said!("csv-head-unknown", name = cell)));
            };
            if head.contains(&name) {
                return Err(self.bad_head(said!("csv-head-twice", name = name)));
            }
            head.push(name);
        }
        if let Some(name) = self.columns.need.iter().find(|name| !head.contains(name)) {
            return Err(self.bad_head(said!("csv-head-missing", name = *name)));
        }
        self.head = head;
        Ok(())
    }

    fn bad_head(&self, why: Said) -> Failure {
        let names: Vec<_> = self.columns.need.iter().chain(self.columns.may).copied().collect();
        failed!("csv-bad-head", file = self.file.clone(), cause = why, names = names.join(","))
    }

    fn unreadable(&self, error: &std::io::Error) -> Failure {
        failed!("unreadable", file = self.file.clone(), cause = cause::io(error))
    }

    /// Reads the cells of a line; none where it is blank.
    fn cells(&self, text: &str) -> Result<Option<Cells>, Fault> {
        let read = line::cells(text, self.separator)?;
        if read.iter().all(String::is_empty) {
            return Ok(None);
        }
        if read.iter().skip(self.head.len()).any(|cell| !cell.is_empty()) {
            return Err(Fault::Columns);
        }
        let mut cells = BTreeMap::new();
        for (name, cell) in self.head.iter().zip(read) {
            if line::is_formula(&cell) {
                return Err(Fault::Formula(name));
            }
            if !cell.is_empty() {
                cells.insert(*name, line::unescaped(cell));
            }
        }
        match self.columns.need.iter().find(|name| !cells.contains_key(*name)) {
            Some(name) => Err(Fault::Missing(name)),
            None => Ok(Some(Cells(cells))),
        }
    }
}

impl Iterator for Csv {
    type Item = Result<Row, Failure>;

    /// The next line that is not blank; an error where the file itself can be read no further.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = match self.lines.next_text() {
                Ok(text) => text?,
                Err(error) => return Some(Err(self.unreadable(&error))),
            };
            let cells = match text {
                Text::Bad(fault) => Err(fault),
                Text::Line(text) => match self.cells(&text) {
                    Ok(None) => continue,
                    Ok(Some(cells)) => Ok(cells),
                    Err(fault) => Err(fault),
                },
            };
            return Some(Ok(Row { line: self.lines.number(), cells }));
        }
    }
}

// === impl Cells ===

impl Cells {
    /// The value of a cell, `None` where it is empty.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// The cells as the members of an object.
    pub fn object(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, cell)| ((*name).to_owned(), cell.as_str().into())).collect()
    }
}

// === impl Fault ===

impl Fault {
    /// The same in the user's language.
    pub fn said(self) -> Said {
        cause::reason(&self.to_string())
    }
}

/// The sentence of a verdict, `column: sentence` as the servers write it.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the line is too long"),
            Self::NotText => f.write_str("the line is no text in the file's encoding"),
            Self::Quote => f.write_str("a quote is not closed"),
            Self::Control => f.write_str("it holds a control character"),
            Self::Columns => f.write_str("the line has more cells than the first one"),
            Self::Missing(column) => write!(f, "{column}: missing"),
            Self::Formula(column) => write!(f, "{column}: it is a formula"),
        }
    }
}

#[cfg(test)]
mod tests;
