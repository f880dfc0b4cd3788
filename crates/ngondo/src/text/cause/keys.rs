//! What is wrong with a secret file.

use config::SecretError;
use crypto::{KeyFileError, KeyFileFault};

use super::{Said, any};
use crate::said;

/// Says why a secret file cannot be read.
pub(crate) fn secret(error: &SecretError) -> Said {
    match error {
        SecretError::Missing { path, cure } => {
            let path = path.display().to_string();
            said!("secret-missing", file = path, cure = cure.as_str())
        }
        SecretError::Exposed { path } => {
            said!("secret-exposed", file = path.display().to_string())
        }
        SecretError::Unreadable { path, source } => {
            said!("secret-unreadable", file = path.display().to_string(), cause = any(source))
        }
    }
}

/// Says what is wrong with a line of a key file.
pub(crate) fn key_file(file: &str, error: KeyFileError) -> Said {
    let fault = match error.fault {
        KeyFileFault::Empty => said!("key-file-empty"),
        KeyFileFault::MasterForm => said!("key-file-master"),
        KeyFileFault::DerivedForm => said!("key-file-derived"),
        KeyFileFault::Purpose => said!("key-file-purpose"),
        KeyFileFault::Id => said!("key-file-id"),
        KeyFileFault::Key => said!("key-file-key"),
        KeyFileFault::Mark => said!("key-file-mark"),
        KeyFileFault::Repeated => said!("key-file-repeated"),
        KeyFileFault::TwoCurrent => said!("key-file-two-current"),
        KeyFileFault::NoCurrent => said!("key-file-no-current"),
    };
    said!("at-line", file = file, line = error.line.to_string(), fault = fault)
}

/// Says what is wrong with a line of a principal's file, or of the file of roots.
pub(crate) fn toki_file(file: &str, error: toki::KeyFileError) -> Said {
    use toki::KeyFileFault;
    let fault = match error.fault {
        KeyFileFault::Empty => said!("toki-file-empty"),
        KeyFileFault::Form => said!("toki-file-form"),
        KeyFileFault::Name => said!("toki-file-name"),
        KeyFileFault::Number => said!("toki-file-number"),
        KeyFileFault::Key => said!("key-file-key"),
        KeyFileFault::Mark => said!("toki-file-mark"),
        KeyFileFault::Repeated => said!("key-file-repeated"),
        KeyFileFault::OtherName => said!("toki-file-other"),
        KeyFileFault::Current => said!("toki-file-current"),
    };
    said!("at-line", file = file, line = error.line.to_string(), fault = fault)
}
