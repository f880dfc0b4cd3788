//! Principals' files on the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use client::Keys;
use config::SecretError;
use crypto::Zeroizing;
use protocol::{Instance, PrincipalName};
use toki::{KeyFileError, PrincipalFile, RootFile};

use crate::error::{Failure, bad_config, failed};
use crate::text::cause;

/// What a principal's file is called.
const ENDING: &str = "toki";

/// The file of a principal in a folder.
pub(crate) fn path(out: &Path, name: &str) -> PathBuf {
    out.join(format!("{name}.{ENDING}"))
}

/// Makes the folder of principals' files, which its owner alone can look into.
pub(super) fn folder(out: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(out);
    made.map_err(|error| unwritable(out, &error))
}

/// Whether a principal's file is in a folder.
pub(super) fn any_in(out: &Path) -> bool {
    !all_in(out).is_empty()
}

fn all_in(out: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(out).into_iter().flatten().flatten().map(|it| it.path());
    let mut files: Vec<_> =
        entries.filter(|it| it.extension().is_some_and(|ending| ending == ENDING)).collect();
    files.sort();
    files
}

/// Writes a principal's file where it is missing, or lacks a key; says whether it did.
pub(super) fn ensure(
    out: &Path,
    root: &RootFile,
    name: &PrincipalName,
    callees: &[Instance],
) -> Result<Option<PathBuf>, Failure> {
    let path = path(out, name.as_str());
    let wanted = PrincipalFile::of(root, name, callees);
    if path.exists() {
        let there = read(&path)?;
        let lacks = wanted.caller.callees().any(|(to, _)| there.caller.callee(to).is_none());
        if !lacks && (wanted.callee.is_none() || there.callee == wanted.callee) {
            return Ok(None);
        }
    }
    write(&path, &wanted)?;
    Ok(Some(path))
}

/// Gives every module's file in a folder the keys under which it is called by the roots now, and
/// names those that changed.
pub(crate) fn refresh(out: &Path, root: &RootFile) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for path in all_in(out) {
        let mut file = read(&path)?;
        let Some(callee) = &file.callee else { continue };
        let now = root.callee(callee.name());
        if *callee != now {
            file.callee = Some(now);
            write(&path, &file)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Gives every module's file in a folder a key for each of these instances, and names those that
/// changed.
pub(crate) fn changed(
    out: &Path,
    root: &RootFile,
    callees: &[Instance],
) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for path in all_in(out) {
        let file = read(&path)?;
        if file.callee.is_some() {
            written.extend(ensure(out, root, file.name(), callees)?);
        }
    }
    Ok(written)
}

/// Reads a principal's file.
///
/// # Errors
///
/// It is missing, others can read it, or a line is not of its form.
pub fn read(path: &Path) -> Result<PrincipalFile, Failure> {
    let name = path.file_stem().and_then(|it| it.to_str()).unwrap_or("NAME");
    let text = secret(path, &format!("ngondo principals add {name} --kind KIND --right RIGHT"))?;
    PrincipalFile::parse(&text).map_err(|error| bad(path, error))
}

/// The keys of a principal's file, by this machine's clock.
///
/// # Errors
///
/// Those of [`read`].
pub fn keys(path: &Path, clock: &chassis::Clock) -> Result<Keys, Failure> {
    let clock = clock.clone();
    Ok(Keys::new(read(path)?.caller, move || clock.now_ms()))
}

/// Writes a principal's file, whole or not at all.
pub(super) fn write(path: &Path, file: &PrincipalFile) -> Result<(), Failure> {
    let written = crate::journal::write_whole(path, &file.print());
    written.map_err(|error| unwritable(path, &error))
}

/// Reads a file that its owner alone may read; `cure` is the command that makes it.
pub(super) fn secret(path: &Path, cure: &str) -> Result<Zeroizing<String>, Failure> {
    config::read_secret(path, cure).map_err(|error: SecretError| {
        bad_config!("bad-toki", file = path.display().to_string(), cause = cause::secret(&error))
    })
}

/// Says which line of a file is wrong.
pub(super) fn bad(path: &Path, error: KeyFileError) -> Failure {
    let file = path.display().to_string();
    let cause = cause::toki_file(&file, error);
    bad_config!("bad-toki", file = file, cause = cause)
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    failed!("unwritable", file = path.display().to_string(), cause = cause::any(error))
}
