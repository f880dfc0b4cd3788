//! Reading the ini of a module, with all that is wrong at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use protocol::Role;

use crate::atomic::generations;
use crate::checks;
use crate::ini::{self, Document};
use crate::module::Module;
use crate::problem::{Fault, Problems, Warning};
use crate::reader;
use crate::schema::COMMON;
use crate::spec::SectionSpec;

// === impl Module ===

impl Module {
    /// Reads the ini that a service starts with; `own` are the sections that it alone has.
    ///
    /// Where the file is not even an ini, because it was torn or badly edited, the newest older
    /// generation that is good stands in, with a warning.
    ///
    /// # Errors
    /// [`Problems`]: all that is wrong, each with its line.
    ///
    /// Source: architecture.md (The ini)
    pub fn load(path: &Path, role: Role, own: &'static [SectionSpec]) -> Result<Self, Problems> {
        let document = document(path)?;
        if document.broken {
            let stands_in = |old: &PathBuf| Self::check(old, role, own).ok();
            let found = generations(path).iter().find_map(stands_in);
            if let Some(mut module) = found {
                let because = Problems::of(path, document.faults);
                let older = std::mem::replace(&mut module.path, path.to_owned());
                module.warnings.push(Warning::OlderIni { older, because });
                return Ok(module);
            }
        }
        judge(path, role, own, &document)
    }

    /// Reads an ini as it is, for people: no older generation stands in.
    ///
    /// # Errors
    /// [`Problems`]: all that is wrong, each with its line.
    pub fn check(path: &Path, role: Role, own: &'static [SectionSpec]) -> Result<Self, Problems> {
        judge(path, role, own, &document(path)?)
    }

    /// Reads which role an ini is for.
    ///
    /// # Errors
    /// [`Fault::NoRole`], and those of a file that cannot be read.
    pub fn role_of(path: &Path) -> Result<Role, Problems> {
        let document = document(path)?;
        let role = document.value("module", "role").unwrap_or_default();
        role.to_uppercase().parse().map_err(|_| Problems::one(path, Fault::NoRole))
    }
}

/// Reads a text file as an ini.
pub(crate) fn document(path: &Path) -> Result<Document, Problems> {
    let bytes = fs::read(path)
        .map_err(|error: io::Error| Problems::one(path, Fault::Unreadable(error.kind())))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Problems::of(path, vec![(Some(line), Fault::NotUtf8)])
    });
    match text {
        Ok(text) => Ok(ini::read(&text)),
        // A torn file may end within a character: it is broken like any other.
        Err(problems) => Ok(Document {
            faults: problems.0.into_iter().map(|it| (it.line, it.fault)).collect(),
            broken: true,
            ..Document::default()
        }),
    }
}

fn judge(
    path: &Path,
    role: Role,
    own: &'static [SectionSpec],
    document: &Document,
) -> Result<Module, Problems> {
    let schema: Vec<&'static SectionSpec> = COMMON.iter().chain(own).collect();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reading = reader::read(document, &schema, folder);
    let mut faults = document.faults.clone();
    if !(document.broken && document.sections.is_empty()) {
        faults.append(&mut reading.faults);
        faults.extend(checks::check(document, &reading.settings, role));
    }
    if !faults.is_empty() {
        return Err(Problems::of(path, faults));
    }
    Module::build(path, role, document, reading).ok_or_else(|| Problems::one(path, Fault::NoRole))
}

#[cfg(test)]
mod tests;
