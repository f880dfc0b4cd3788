//! Keeping in the ini the map that INIT gave.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use protocol::{AddressMap, Time};

use crate::atomic;
use crate::ini::{self, edit};
use crate::managed;

/// What became of a map that was to be kept.
#[derive(Debug)]
pub enum Persisted {
    /// The ini holds it, down to the disk.
    Written,
    /// The ini held it already.
    Unchanged,
    /// The ini cannot hold it: it is in force, but a restart begins with the old one.
    InMemory(NotPersistent),
}

/// Why a map is not persistent: nothing is lost, but somebody should know.
#[derive(Debug, thiserror::Error)]
pub enum NotPersistent {
    /// The folder or its file may not be changed, or the file is mounted by itself.
    #[error(
        "{folder} cannot be written to: mount the folder, not the file, and let this user write"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody is editing it: what is no ini is not rewritten.
    #[error("{path} has an error in line {line}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
}

/// A map could not be kept for a reason that a restart does not explain.
#[derive(Debug, thiserror::Error)]
pub enum PersistError {
    /// The ini cannot be read again.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The ini cannot be replaced; it is as it was.
    #[error("cannot replace {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes a map into an ini: values alone, and only when one changed.
pub(crate) fn persist(
    path: &Path,
    map: &AddressMap,
    received: Time,
) -> Result<Persisted, PersistError> {
    rewrite(path, |document, text| edit(text, &managed::changes(document, map, received)))
}

/// Reads a file, lets it be patched, and replaces it where a byte changed.
pub(crate) fn rewrite(
    path: &Path,
    edited: impl Fn(&ini::Document, &str) -> String,
) -> Result<Persisted, PersistError> {
    let text = fs::read_to_string(path)
        .map_err(|source| PersistError::Read { path: path.to_owned(), source })?;
    let document = ini::read(&text);
    if let Some((line, _)) = document.faults.first() {
        let line = line.unwrap_or(1);
        return Ok(Persisted::InMemory(NotPersistent::Broken { path: path.to_owned(), line }));
    }
    let patched = edited(&document, &text);
    if patched == text {
        return Ok(Persisted::Unchanged);
    }
    match atomic::write_with_generations(path, patched.as_bytes()) {
        Ok(()) => Ok(Persisted::Written),
        Err(source) => classify(path, source),
    }
}

/// A folder that may not be written is a fact of the place, not a fault.
fn classify(path: &Path, source: io::Error) -> Result<Persisted, PersistError> {
    match source.kind() {
        io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::ResourceBusy
        | io::ErrorKind::CrossesDevices
        | io::ErrorKind::PermissionDenied => {
            let folder = path.parent().unwrap_or(path).to_owned();
            Ok(Persisted::InMemory(NotPersistent::Folder { folder, source }))
        }
        _ => Err(PersistError::Write { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests;
