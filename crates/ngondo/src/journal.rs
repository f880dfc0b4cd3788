//! Requests that were begun and not yet answered.
//!
//! A request's UUID is on the disk before the request leaves. Where the answer is lost, the same
//! job run again finds it and asks under the same UUID, so that nothing is done twice.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crypto::Secret32;
use protocol::RequestId;
use uuid::Uuid;

use crate::error::{Failure, failed};
use crate::text::cause;

/// The file of the random key under which subjects are named.
const SALT: &str = "salt";

/// A folder of begun requests, one file each.
///
/// A file is named by a keyed hash of its subject, so that no code stands on the disk.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
    salt: Secret32,
}

/// A request that was begun.
#[derive(Debug)]
pub struct Begun {
    /// Its UUID, the same until it is done.
    pub request: RequestId,
    /// Whether an earlier run began it and saw no answer.
    pub again: bool,
    /// Whether an earlier run came as far as to hand on what it got.
    pub handed_on: bool,
    path: PathBuf,
}

/// Behind the UUID of a request whose answer was being handed on.
const HANDED_ON: &str = "handed-on";

/// A text that is kept from run to run.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
}

// === impl Journal ===

impl Journal {
    /// Opens the journal in a folder, which is made where it is missing.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let salt = private_folder(folder).and_then(|()| salt(folder));
        let salt = salt.map_err(|error| unwritable(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), salt })
    }

    /// Begins a request on a subject, or finds the one that an earlier run began.
    ///
    /// It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn begin(&self, verb: &str, subject: &str) -> Result<Begun, Failure> {
        let path = self.path(verb, subject);
        if let Some((request, handed_on)) = read(&path) {
            return Ok(Begun { request, again: true, handed_on, path });
        }
        let request = RequestId::from_uuid(Uuid::new_v4());
        write_whole(&path, &format!("{request}\n")).map_err(|error| unwritable(&path, &error))?;
        Ok(Begun { request, again: false, handed_on: false, path })
    }

    /// A text about a subject that is kept from run to run.
    pub fn kept(&self, what: &str, subject: &str) -> Kept {
        Kept { path: self.path(what, subject) }
    }

    fn path(&self, verb: &str, subject: &str) -> PathBuf {
        let name = crypto::index(&self.salt, &format!("{verb}\n{subject}"));
        self.folder.join(format!("{verb}-{}", hex::encode(name.get(..16).unwrap_or(&name))))
    }
}

// === impl Kept ===

impl Kept {
    /// What was kept last, where anything was.
    pub fn read(&self) -> Option<String> {
        fs::read_to_string(&self.path).ok()
    }

    /// Keeps a text in place of the last one.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, text: &str) -> Result<(), Failure> {
        write_whole(&self.path, text).map_err(|error| unwritable(&self.path, &error))
    }
}

// === impl Begun ===

impl Begun {
    /// Notes that what was answered is being handed on from now.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn hand_on(&self) -> Result<(), Failure> {
        let text = format!("{} {HANDED_ON}\n", self.request);
        write_whole(&self.path, &text).map_err(|error| unwritable(&self.path, &error))
    }

    /// Forgets it: it was answered.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn done(self) -> Result<(), Failure> {
        fs::remove_file(&self.path).map_err(|error| unwritable(&self.path, &error))
    }
}

/// Reads a begun request; a file that holds none is none.
fn read(path: &Path) -> Option<(RequestId, bool)> {
    let text = fs::read_to_string(path).ok()?;
    let mut words = text.split_whitespace();
    let request = words.next()?.parse().ok()?;
    Some((request, words.next() == Some(HANDED_ON)))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    failed!("unwritable", file = path.display().to_string(), cause = cause::any(error))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Reads the folder's random key, or makes it.
fn salt(folder: &Path) -> io::Result<Secret32> {
    let path = folder.join(SALT);
    let read = || fs::read_to_string(&path).ok().and_then(|it| Secret32::from_hex(it.trim()));
    if let Some(salt) = read() {
        return Ok(salt);
    }
    let salt = Secret32::random(&mut crypto::random::system());
    write_whole(&path, &salt.to_hex())?;
    Ok(salt)
}

/// Writes a file of mode 0600 that is whole or not there, and on the disk when this returns.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_request_until_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path()).unwrap().begin("topup", "1234").unwrap();
        let again = Journal::open(folder.path()).unwrap().begin("topup", "1234").unwrap();
        assert!(!first.again && again.again);
        assert_eq!(first.request, again.request);
        again.hand_on().unwrap();
        let again = Journal::open(folder.path()).unwrap().begin("topup", "1234").unwrap();
        assert!(again.handed_on && again.request == first.request);
        again.done().unwrap();
        let next = Journal::open(folder.path()).unwrap().begin("topup", "1234").unwrap();
        assert_ne!(next.request, first.request);
    }

    #[test]
    fn tells_subjects_apart_and_names_none() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let one = journal.begin("topup", "1234567890123452").unwrap();
        let other = journal.begin("topup", "4567890123456784").unwrap();
        assert_ne!(one.request, other.request);
        for entry in fs::read_dir(folder.path()).unwrap() {
            let name = entry.unwrap().file_name();
            assert!(!name.to_string_lossy().contains("1234567890"), "{name:?}");
        }
    }
}
