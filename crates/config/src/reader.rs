//! Holding an ini against its schema.

use std::path::Path;

use protocol::Operator;

use crate::ini::{Document, Entry, Section};
use crate::nearest::nearest;
use crate::problem::{Expected, Fault};
use crate::setting::{self, Setting, Settings};
use crate::shown::{Origin, Shown};
use crate::spec::{ANY_OPERATOR, Fallback, KeySpec, Kind, SectionSpec};

/// What an ini says, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The values, defaults included.
    pub(crate) settings: Settings,
    /// The same for people.
    pub(crate) shown: Vec<Shown>,
    /// All that is wrong.
    pub(crate) faults: Vec<(Option<usize>, Fault)>,
}

/// One value of a section; `line` is `None` for a default.
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) key: &'static KeySpec,
    pub(crate) setting: Setting,
    pub(crate) text: String,
    pub(crate) line: Option<usize>,
}

type Faults = Vec<(Option<usize>, Fault)>;

/// Reads all sections of a schema; a relative path is meant beside the file in `folder`.
pub(crate) fn read(document: &Document, schema: &[&'static SectionSpec], folder: &Path) -> Reading {
    let mut reading = Reading { faults: unknown_sections(document, schema), ..Reading::default() };
    for spec in schema {
        let section = document.sections.iter().find(|section| section.name == spec.name);
        let (values, faults) = read_section(spec.name, section, spec.keys, folder);
        reading.faults.extend(faults.into_iter().map(|fault| elsewhere(fault, schema)));
        for value in values {
            let origin = value.line.map_or(Origin::Default, Origin::Line);
            reading.shown.push(Shown {
                section: spec.name,
                key: value.name.clone(),
                value: value.text,
                unit: value.key.kind.unit(),
                origin,
            });
            reading.settings.put(spec.name, value.name, value.setting);
        }
    }
    reading
}

/// Reads one section, whatever its name is; an absent one has its defaults.
pub(crate) fn read_section(
    name: &str,
    section: Option<&Section>,
    keys: &'static [KeySpec],
    folder: &Path,
) -> (Vec<Value>, Faults) {
    let entries = section.map_or(&[][..], |section| &section.entries);
    let mut faults = unknown_keys(name, entries, keys);
    let mut values = Vec::new();
    for (key, entry) in keys.iter().flat_map(|key| of_key(key, entries)) {
        match read_key(name, entry, key, folder) {
            Ok(value) => values.extend(value),
            Err(fault) => {
                let line = entry.map(|entry| entry.line).or(section.map(|section| section.line));
                faults.push((line, fault));
            }
        }
    }
    (values, faults)
}

/// The entry of a key, or the lack of it; for [`ANY_OPERATOR`] each entry there is.
fn of_key<'a>(
    key: &'static KeySpec,
    entries: &'a [Entry],
) -> Vec<(&'static KeySpec, Option<&'a Entry>)> {
    if key.name == ANY_OPERATOR {
        return entries.iter().map(|entry| (key, Some(entry))).collect();
    }
    vec![(key, entries.iter().find(|entry| entry.key == key.name))]
}

fn read_key(
    section: &str,
    entry: Option<&Entry>,
    key: &'static KeySpec,
    folder: &Path,
) -> Result<Option<Value>, Fault> {
    let name = entry.map_or(key.name, |entry| entry.key.as_str());
    let (section_name, key_name) = (section.to_owned(), name.to_owned());
    let given = entry.filter(|entry| !entry.value.is_empty());
    let (text, line) = match (given, key.default) {
        (Some(entry), _) => (entry.value.as_str(), Some(entry.line)),
        (None, Fallback::Is(text)) => (text, None),
        (None, Fallback::Nothing | Fallback::Computed(_)) => return Ok(None),
        (None, Fallback::Required) => {
            let expected = Expected::Kind(key.kind);
            return Err(Fault::Missing { section: section_name, key: key_name, expected });
        }
    };
    // What is dialled may begin as a comment does.
    let value = if key.kind == Kind::Dial { text.trim_start_matches('#') } else { text };
    if has_tail(value) {
        return Err(Fault::Tail { section: section_name, key: key_name });
    }
    let setting = setting::parse(key.kind, text, folder).map_err(|why| Fault::Value {
        section: section_name,
        key: key_name,
        expected: Expected::Kind(key.kind),
        why,
    })?;
    Ok(Some(Value { name: name.to_owned(), key, setting, text: text.to_owned(), line }))
}

/// Whether somebody wrote a comment behind the value.
fn has_tail(value: &str) -> bool {
    value.starts_with([';', '#'])
        || [" ;", " #", "\t;", "\t#"].iter().any(|tail| value.contains(tail))
}

fn unknown_sections(document: &Document, schema: &[&'static SectionSpec]) -> Faults {
    let known = |name: &str| schema.iter().any(|spec| spec.name == name);
    let unknown = document.sections.iter().filter(|section| !known(&section.name));
    unknown
        .map(|section| {
            let names = schema.iter().map(|spec| spec.name);
            let nearest = nearest(&section.name, names).map(str::to_owned);
            let fault = Fault::UnknownSection { section: section.name.clone(), nearest };
            (Some(section.line), fault)
        })
        .collect()
}

fn unknown_keys(section: &str, entries: &[Entry], keys: &'static [KeySpec]) -> Faults {
    let known = |name: &str| {
        let is = |key: &KeySpec| match key.name {
            ANY_OPERATOR => name.parse::<Operator>().is_ok(),
            known => known == name,
        };
        keys.iter().any(is)
    };
    entries
        .iter()
        .filter(|entry| !known(&entry.key))
        .map(|entry| {
            let names = keys.iter().map(|key| key.name);
            let nearest = nearest(&entry.key, names).map(str::to_owned);
            let (section, key) = (section.to_owned(), entry.key.clone());
            (Some(entry.line), Fault::UnknownKey { section, key, nearest })
        })
        .collect()
}

/// A key that no word of its section is near to may belong to another section.
fn elsewhere(
    (line, fault): (Option<usize>, Fault),
    schema: &[&'static SectionSpec],
) -> (Option<usize>, Fault) {
    match fault {
        Fault::UnknownKey { section, key, nearest: None } => {
            let has = |spec: &&&SectionSpec| spec.keys.iter().any(|it| it.name == key);
            let nearest = schema.iter().find(has).map(|spec| format!("[{}] {key}", spec.name));
            (line, Fault::UnknownKey { section, key, nearest })
        }
        other => (line, other),
    }
}
