//! Replacing a file so that a reader, or a crash, finds the old one or the new one, never a part.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Read and write for the owner, nothing for others.
const SECRET: u32 = 0o600;
/// How many older generations are kept.
const GENERATIONS: usize = 3;

/// Replaces a file: temporary file beside it, fsync, rename, fsync of the folder.
///
/// Mode and owner stay; a new file gets 0600. One writer at a time.
///
/// # Errors
/// The system's; the file is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = resolved(path);
    let new = prepare(&path, bytes)?;
    publish(&new, &path)
}

/// Replaces a file as [`write()`] does, and keeps what it held as `.1`, that as `.2`, and so on.
///
/// # Errors
/// The system's; the file is then as it was.
pub fn write_with_generations(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = resolved(path);
    let new = prepare(&path, bytes)?;
    let kept = keep(&path).and_then(|()| publish(&new, &path));
    if kept.is_err() {
        // The cause is told; a temporary file that stays is overwritten by the next try.
        drop(fs::remove_file(&new));
    }
    kept
}

/// Makes a file that its owner alone may read; an existing one stays as it is.
///
/// # Errors
/// The system's, [`io::ErrorKind::AlreadyExists`] where the file is there.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(SECRET).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder(path)
}

/// The older generations of a file, the newest first, whether they exist or not.
pub fn generations(path: &Path) -> Vec<PathBuf> {
    let path = resolved(path);
    (1..=GENERATIONS).map(|number| beside(&path, &format!(".{number}"))).collect()
}

/// A link would be replaced by a file: what it points to is meant.
fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The file's name with something behind it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Writes the temporary file, down to the disk.
fn prepare(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let new = beside(path, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        // A crash may have left it.
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(SECRET).open(&new)?;
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(path) {
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
            // Only root may give files away; the folder says who may replace this one.
            drop(fchown(&file, Some(old.uid()), Some(old.gid())));
        }
        file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))?;
    }
    file.sync_all()?;
    Ok(new)
}

fn publish(new: &Path, path: &Path) -> io::Result<()> {
    fs::rename(new, path)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Moves the older generations on and keeps the present one as the newest of them.
///
/// The file itself never moves: a crash in between leaves it, and a gap among the older ones.
fn keep(path: &Path) -> io::Result<()> {
    let older = generations(path);
    let Some(newest) = older.first() else { return Ok(()) };
    if !path.exists() || fs::read(path).ok() == fs::read(newest).ok() {
        return Ok(());
    }
    for (to, from) in older.iter().rev().zip(older.iter().rev().skip(1)) {
        match fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match fs::hard_link(path, newest) {
        // Not every file system has links.
        Err(_) => fs::copy(path, newest).map(|_| ()),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries.map(name).map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn keeps_the_mode_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ini");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
        assert_eq!(names(folder.path()), ["a.ini"]);
    }

    #[test]
    fn a_new_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a"), b"x").unwrap();
        create(&folder.path().join("b"), b"x").unwrap();
        for name in ["a", "b"] {
            let path = folder.path().join(name);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, SECRET);
        }
        let again = create(&folder.path().join("b"), b"y").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "x");
    }

    #[test]
    fn keeps_three_older_generations() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ini");
        for number in 0..6 {
            write_with_generations(&path, number.to_string().as_bytes()).unwrap();
        }
        assert_eq!(names(folder.path()), ["a.ini", "a.ini.1", "a.ini.2", "a.ini.3"]);
        let held: Vec<_> = std::iter::once(path.clone())
            .chain(generations(&path))
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(held, ["5", "4", "3", "2"]);
    }

    #[test]
    fn a_temporary_file_left_by_a_crash_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ini");
        fs::write(beside(&path, ".new"), "half").unwrap();
        write(&path, b"whole").unwrap();
        assert_eq!(names(folder.path()), ["a.ini"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.ini"), folder.path().join("link.ini"));
        fs::write(&path, "old").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }
}
