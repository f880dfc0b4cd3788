//! The copy of the list on the disk: what a service starts from while no AAR answers.

use std::io;
use std::path::{Path, PathBuf};

use config::atomic;

use super::list::{PrincipalList, Said};

/// The file, in the folder `[module] state`.
const FILE: &str = "principals.json";

/// The time of the copy is brought up to date this often: so much less than a day it may be good.
const FRESHEN_MS: i64 = 10 * 60 * 1000;

/// The copy on the disk, as this process last wrote or read it.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    /// Number and time of what is there.
    there: Option<(i64, i64)>,
}

// === impl Kept ===

impl Kept {
    /// The copy in a folder, and what it holds.
    ///
    /// A file that does not read is as none: the next list replaces it.
    pub(super) fn open(folder: &Path, now_ms: i64) -> (Self, Option<PrincipalList>) {
        let path = folder.join(FILE);
        let list = match std::fs::read(&path) {
            Ok(text) => match Said::read(&text, now_ms) {
                Some(Said::Whole(list)) => Some(list),
                Some(Said::Same { .. }) | None => {
                    tracing::warn!(path = %path.display(), "no list of principals reads there");
                    None
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the principals cannot be read");
                None
            }
        };
        let there = list.as_ref().map(|list| (list.changed(), list.as_of_ms()));
        (Self { path, there }, list)
    }

    /// Writes the list where it changed, or the copy's time is too far behind.
    pub(super) async fn keep(&mut self, list: &PrincipalList) {
        let now = (list.changed(), list.as_of_ms());
        if self.there.is_some_and(|(changed, as_of_ms)| {
            changed == now.0 && now.1.saturating_sub(as_of_ms) < FRESHEN_MS
        }) {
            return;
        }
        let (path, text) = (self.path.clone(), list.print());
        let written = tokio::task::spawn_blocking(move || atomic::write(&path, &text)).await;
        match written.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
            Ok(()) => {}
            Err(error) => tracing::warn!(path = %self.path.display(), %error,
                "the principals cannot be kept: a start without AAR would have none"),
        }
        // A disk that takes nothing is tried again with the next change, not twice a second.
        self.there = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(changed: i64, as_of_ms: i64) -> PrincipalList {
        PrincipalList::new(changed, as_of_ms, [])
    }

    #[tokio::test]
    async fn a_list_outlives_the_process_and_its_time_follows_slowly() {
        let folder = tempfile::tempdir().unwrap();
        let (mut kept, none) = Kept::open(folder.path(), 0);
        assert_eq!(none, None);
        kept.keep(&list(3, 1000)).await;
        kept.keep(&list(3, 2000)).await;
        assert_eq!(Kept::open(folder.path(), 9000).1, Some(list(3, 1000)));
        kept.keep(&list(4, 3000)).await;
        assert_eq!(Kept::open(folder.path(), 9000).1, Some(list(4, 3000)));
        kept.keep(&list(4, 3000 + FRESHEN_MS)).await;
        assert_eq!(Kept::open(folder.path(), i64::MAX).1, Some(list(4, 3000 + FRESHEN_MS)));
    }

    #[test]
    fn a_torn_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), r#"{"changed":3,"as_of":1,"princ"#).unwrap();
        assert_eq!(Kept::open(folder.path(), 9).1, None);
    }
}
