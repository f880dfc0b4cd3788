//! The lines of key files.

use crate::error::{KeyFileError, KeyFileFault};
use crate::key_id::KeyId;
use crate::purpose::Purpose;
use crate::ring::Keys;
use crate::secret::Secret32;

/// One line of a key file, less its purpose.
pub(crate) struct Entry {
    pub(crate) line: usize,
    pub(crate) id: KeyId,
    pub(crate) key: Secret32,
    pub(crate) current: bool,
}

// === impl Entry ===

impl Entry {
    /// Says what is wrong with this line.
    pub(crate) const fn fault(&self, fault: KeyFileFault) -> KeyFileError {
        KeyFileError { line: self.line, fault }
    }
}

/// Says whether the first key line is one of a master key file, which begins with an id.
pub(crate) fn is_master(text: &str) -> bool {
    let first = lines(text).next().and_then(|(_, words)| words.first().copied());
    first.is_some_and(|word| word.parse::<KeyId>().is_ok())
}

/// Reads the lines of a master key file.
pub(crate) fn master(text: &str) -> Result<Vec<Entry>, KeyFileError> {
    lines(text)
        .map(|(line, words)| {
            entry(line, &words)
                .unwrap_or(Err(KeyFileError { line, fault: KeyFileFault::MasterForm }))
        })
        .collect()
}

/// Reads the lines of a file of derived keys.
pub(crate) fn derived(text: &str) -> Result<Vec<(Purpose, Entry)>, KeyFileError> {
    let fault = |line, fault| KeyFileError { line, fault };
    let read: Result<Vec<_>, _> = lines(text)
        .map(|(line, words)| {
            let (purpose, rest) =
                words.split_first().ok_or(fault(line, KeyFileFault::DerivedForm))?;
            let purpose = purpose.parse().map_err(|_| fault(line, KeyFileFault::Purpose))?;
            let entry = entry(line, rest).unwrap_or(Err(fault(line, KeyFileFault::DerivedForm)))?;
            Ok((purpose, entry))
        })
        .collect();
    match read {
        Ok(entries) if entries.is_empty() => Err(fault(1, KeyFileFault::Empty)),
        other => other,
    }
}

/// Prints the lines of a set of keys, the current one first.
pub(crate) fn print(text: &mut String, before: &str, keys: &Keys) {
    let (current, _) = keys.current();
    for (id, key) in keys.iter() {
        let mark = if id == current { " current" } else { "" };
        for part in [before, &id.to_string(), " ", &key.to_hex(), mark, "\n"] {
            text.push_str(part);
        }
    }
}

/// Goes over the lines that hold words, with their number from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..)
        .zip(text.lines())
        .map(|(line, it)| (line, it.split_ascii_whitespace().collect::<Vec<_>>()))
        .filter(|(_, words)| words.first().is_some_and(|word| !word.starts_with('#')))
}

/// Reads `id hex [current]`; `None` where the words are too few or too many.
fn entry(line: usize, words: &[&str]) -> Option<Result<Entry, KeyFileError>> {
    let (id, key, mark) = match *words {
        [id, key] => (id, key, None),
        [id, key, mark] => (id, key, Some(mark)),
        _ => return None,
    };
    let fault = |fault| KeyFileError { line, fault };
    let read = || {
        let id = id.parse().map_err(|_| fault(KeyFileFault::Id))?;
        let key = Secret32::from_hex(key).ok_or(fault(KeyFileFault::Key))?;
        if mark.is_some_and(|word| word != "current") {
            return Err(fault(KeyFileFault::Mark));
        }
        Ok(Entry { line, id, key, current: mark.is_some() })
    };
    Some(read())
}
