//! From a line of text to its cells.

use super::{COLUMNS_MOST, Fault};

/// What may stand between cells.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// With these a spreadsheet takes a cell for a formula; `+` and `-` only where no digit follows,
/// for `+237650000000` is a number of somebody.
const FORMULA: [char; 4] = ['=', '@', '+', '-'];

/// What a line `sep=;` says, which spreadsheets put before the first.
pub(super) fn told_separator(text: &str) -> Option<char> {
    let told = text.trim().strip_prefix("sep=").or_else(|| text.trim().strip_prefix("SEP="))?;
    // A TAB behind the sign was trimmed away.
    let separator = told.chars().next().unwrap_or('\t');
    SEPARATORS.contains(&separator).then_some(separator)
}

/// What stands between the names of the first line: the sign that is there most often.
pub(super) fn likely_separator(text: &str) -> char {
    let count = |separator: &char| text.chars().filter(|it| it == separator).count();
    // Of equals the last wins: a comma, where there is none at all.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(',')
}

/// Splits a line into its cells, without quotes and the white space around them.
pub(super) fn cells(text: &str, separator: char) -> Result<Vec<String>, Fault> {
    let mut cells = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        if cells.len() == COLUMNS_MOST {
            return Err(Fault::Columns);
        }
        let (cell, behind) = cell(text, separator)?;
        if cell.chars().any(char::is_control) {
            return Err(Fault::Control);
        }
        cells.push(cell);
        rest = behind;
    }
    Ok(cells)
}

/// The first cell, and what follows its separator.
fn cell(text: &str, separator: char) -> Result<(String, Option<&str>), Fault> {
    let blank = |it: char| it.is_whitespace() && it != separator;
    if let Some(quoted) = text.trim_start_matches(blank).strip_prefix('"') {
        let (cell, behind) = unquoted(quoted)?;
        let behind = behind.trim_start_matches(blank);
        return match behind.strip_prefix(separator) {
            Some(behind) => Ok((cell, Some(behind))),
            None if behind.is_empty() => Ok((cell, None)),
            None => Err(Fault::Quote),
        };
    }
    match text.split_once(separator) {
        Some((cell, behind)) => Ok((cell.trim().to_owned(), Some(behind))),
        None => Ok((text.trim().to_owned(), None)),
    }
}

/// What stands within quotes, of which two are one, and what follows them.
fn unquoted(text: &str) -> Result<(String, &str), Fault> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (inner, behind) = rest.split_once('"').ok_or(Fault::Quote)?;
        cell.push_str(inner);
        match behind.strip_prefix('"') {
            Some(behind) => {
                cell.push('"');
                rest = behind;
            }
            None => return Ok((cell.trim().to_owned(), behind)),
        }
    }
}

/// Whether a spreadsheet would run a cell.
pub(super) fn is_formula(cell: &str) -> bool {
    let mut characters = cell.chars();
    match characters.next() {
        Some('+' | '-') => !characters.next().is_some_and(|it| it.is_ascii_digit()),
        Some(first) => FORMULA.contains(&first),
        None => false,
    }
}

/// A cell that [`super::write()`] disarmed, as it was.
pub(super) fn unescaped(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(inner) if is_formula(inner) => inner.to_owned(),
        _ => cell,
    }
}
