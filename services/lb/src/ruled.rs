//! The file of what operators have said, beside the LB's epoch: it outlives the process.
//!
//! # Format
//! [`Rulings`] as the twins tell each other.

use std::io;
use std::path::{Path, PathBuf};

use protocol::Rulings;

const NAME: &str = "lb.rulings";

/// Where they outlive the process.
#[derive(Debug, Clone)]
pub(crate) struct RulingsFile {
    path: PathBuf,
}

// === impl RulingsFile ===

impl RulingsFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join(NAME) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads them; a file that is missing or does not parse is as if nothing had been said: the
    /// twin still knows.
    pub(crate) fn load(&self) -> Rulings {
        let Ok(text) = std::fs::read_to_string(&self.path) else { return Rulings::default() };
        text.parse().unwrap_or_else(|error| {
            let file = self.path.display();
            tracing::error!(%file, %error, "not readable: the twin's rulings are asked for");
            Rulings::default()
        })
    }

    /// Writes them, down to the disk.
    ///
    /// # Errors
    /// The system's; the file is as it was.
    pub(crate) fn save(&self, rulings: &Rulings) -> io::Result<()> {
        let text = format!("{rulings}\n");
        if std::fs::read_to_string(&self.path).is_ok_and(|saved| saved == text) {
            return Ok(());
        }
        config::atomic::write(&self.path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written_and_a_torn_one_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = RulingsFile::new(folder.path());
        assert!(file.load().is_empty());
        let text = "* 2\naar-1 drain 3 0 admin 0197a1b2-0000-7000-8000-000000000001 disque";
        let rulings: Rulings = text.parse().unwrap();
        file.save(&rulings).unwrap();
        assert_eq!(file.load(), rulings);
        std::fs::write(file.path(), "aar-1 dr").unwrap();
        assert!(file.load().is_empty());
    }
}
