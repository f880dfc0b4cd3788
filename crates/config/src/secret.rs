//! Files that their owner alone may read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crypto::Zeroizing;
use protocol::Role;

/// More than any key file holds.
const LIMIT: u64 = 1 << 20;

/// A secret file cannot be used; the message has the command that mends it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is not there.
    #[error("{path} is missing: make it with `{cure}`")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The command that makes it.
        cure: String,
    },
    /// Others than its owner may read it.
    #[error("{path} can be read by others than its owner: run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read {path}: it must be a text file of the user that runs this program")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Reads the file of derived keys of a role.
///
/// # Errors
/// [`SecretError`], with the command that mends it.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn secret_file(path: &Path, role: Role) -> Result<Zeroizing<String>, SecretError> {
    read_secret(path, &format!("ngondo keys export --role {role} --file {}", path.display()))
}

/// Reads a secret file; `cure` is the command that makes it where it is missing.
///
/// # Errors
/// [`SecretError`], with the command that mends it.
pub fn read_secret(path: &Path, cure: &str) -> Result<Zeroizing<String>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            SecretError::Missing { path: path.to_owned(), cure: cure.to_owned() }
        }
        _ => unreadable(error),
    })?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(SecretError::Exposed { path: path.to_owned() });
    }
    // Room for all of it at once: growing would leave copies of the keys behind.
    let room = usize::try_from(metadata.len().min(LIMIT)).unwrap_or_default() + 1;
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.take(LIMIT).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sr.keys");
        fs::write(&path, "secret").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn reads_a_file_of_its_owner_alone() {
        for mode in [0o600, 0o400, 0o700] {
            let (_folder, path) = file(mode);
            assert_eq!(*secret_file(&path, Role::Sr).unwrap(), "secret");
        }
    }

    #[test]
    fn tells_the_command_that_mends() {
        for mode in [0o640, 0o604, 0o660, 0o601] {
            let (_folder, path) = file(mode);
            let error = secret_file(&path, Role::Sr).unwrap_err().to_string();
            assert!(error.contains(&format!("`chmod 600 {}`", path.display())), "{error}");
        }
        let missing = Path::new("/nowhere/sr.keys");
        assert_eq!(
            secret_file(missing, Role::Sr).unwrap_err().to_string(),
            "/nowhere/sr.keys is missing: make it with \
             `ngondo keys export --role SR --file /nowhere/sr.keys`"
        );
    }

    #[test]
    fn refuses_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o700, 0o755] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let error = secret_file(folder.path(), Role::Sr).unwrap_err();
            assert!(matches!(error, SecretError::Unreadable { .. }), "{error}");
        }
    }
}
