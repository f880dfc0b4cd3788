//! What a spool file needs beside its commits: its log on the disk every 100 ms, and cleaned up.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tracing::error;

use super::reader::Reader;
use super::wal;
use crate::row::Lane;

/// How long chatter may be lost to a power cut.
const SYNC_EVERY: Duration = Duration::from_millis(100);
/// How often a busy file's log is moved into the database, so that no commit has to.
const CLEAN_EVERY: Duration = Duration::from_secs(1);

/// The task beside the writer of one file.
pub(super) struct Upkeep {
    lane: Lane,
    reader: Reader,
    committed: watch::Receiver<i64>,
    durable: watch::Sender<i64>,
    cleaned: Instant,
}

// === impl Upkeep ===

impl Upkeep {
    pub(super) fn new(
        lane: Lane,
        reader: Reader,
        committed: watch::Receiver<i64>,
        durable: watch::Sender<i64>,
    ) -> Self {
        Self { lane, reader, committed, durable, cleaned: Instant::now() }
    }

    /// Runs until the writer has ended, then once more.
    pub(super) async fn run(mut self, hurry: Arc<Notify>) {
        while self.committed.changed().await.is_ok() {
            if self.lane == Lane::Chatter {
                // Either end is the time to sync: hurried, or 100 ms old.
                timeout(SYNC_EVERY, self.hurried(&hurry)).await.unwrap_or_default();
            }
            self.settle().await;
        }
        self.settle().await;
    }

    /// Resolves when someone waits for the sync, or the writer ended.
    async fn hurried(&self, hurry: &Notify) {
        let mut committed = self.committed.clone();
        tokio::select! {
            () = hurry.notified() => {}
            _ = committed.wait_for(|_| false) => {}
        }
    }

    /// Makes durable what is committed, and says so.
    async fn settle(&mut self) {
        let committed = *self.committed.borrow_and_update();
        if let Err(error) = self.sync().await {
            error!(path = %self.reader.path().display(), %error, "the spool could not be synced");
            self.committed.mark_changed();
            return;
        }
        self.durable.send_replace(committed);
        self.clean().await;
    }

    async fn sync(&self) -> io::Result<()> {
        if self.lane == Lane::Money {
            return Ok(());
        }
        let path = self.reader.path().to_owned();
        spawn_blocking(move || wal::sync(&path)).await.map_err(io::Error::other)?
    }

    async fn clean(&mut self) {
        if self.cleaned.elapsed() < CLEAN_EVERY {
            return;
        }
        self.cleaned = Instant::now();
        if let Err(error) = self.reader.checkpoint().await {
            error!(path = %self.reader.path().display(), %error, "the spool was not cleaned up");
        }
    }
}
