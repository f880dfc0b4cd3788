//! One file of the spool at work: its writer, its reader, and how far it has come.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::Instance;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::reader::Reader;
use super::upkeep::Upkeep;
use super::writer::{Append, Command, Writer};
use super::{Damage, Limits, file};
use crate::error::{AppendError, OpenError, SpoolError};
use crate::row::{Lane, Mark};

/// Rows that may wait for the writer; whoever comes then waits before it queues.
const QUEUE: usize = 4096;

/// What every lane of a spool starts with.
pub(super) struct Start<'a> {
    pub(super) server: &'a Instance,
    pub(super) limits: Limits,
    pub(super) closing: &'a CancellationToken,
    pub(super) tasks: &'a TaskTracker,
}

/// An open file of the spool.
#[derive(Debug)]
pub(crate) struct LaneFile {
    path: PathBuf,
    epoch: i64,
    base: i64,
    damage: Damage,
    reader: Reader,
    commands: mpsc::Sender<Command>,
    /// The last row committed.
    committed: watch::Receiver<i64>,
    /// The last row that a power cut would leave; nothing beyond it is shipped, or one database might keep a row
    /// that the other never gets.
    durable: watch::Receiver<i64>,
    hurry: Arc<Notify>,
}

// === impl LaneFile ===

impl LaneFile {
    pub(super) async fn open(
        path: &Path,
        lane: Lane,
        start: &Start<'_>,
    ) -> Result<Self, OpenError> {
        let options = file::options(path, lane, start.limits.of(lane));
        let opened = file::open(path, &options, start.server).await?;
        let (commands, receiver) = mpsc::channel(QUEUE);
        let (committed_tx, committed) = watch::channel(opened.base);
        let (durable_tx, durable) = watch::channel(opened.base);
        let hurry = Arc::new(Notify::new());
        let reader = Reader::new(path, options.clone());
        let upkeep = Upkeep::new(lane, reader.clone(), committed.clone(), durable_tx);
        start.tasks.spawn(upkeep.run(Arc::clone(&hurry)));
        let writer = Writer::new(lane, options, opened.conn, committed_tx);
        start.tasks.spawn(writer.run(receiver, start.closing.clone()));
        let (path, damage) = (path.to_owned(), opened.damage);
        let (epoch, base) = (opened.epoch, opened.base);
        Ok(Self { path, epoch, base, damage, reader, commands, committed, durable, hurry })
    }

    pub(super) async fn append(&self, body: String, mark: Option<Mark>) -> Result<(), AppendError> {
        let (done, answer) = oneshot::channel();
        let append = Append { body, mark, done };
        self.commands.send(Command::Append(append)).await.map_err(|_| AppendError::Stopped)?;
        answer.await.map_err(|_| AppendError::Stopped)?
    }

    pub(super) async fn flush(&self) -> Result<(), SpoolError> {
        let goal = *self.committed.borrow();
        self.hurry.notify_one();
        let mut durable = self.durable.clone();
        durable.wait_for(|durable| goal <= *durable).await.map_err(|_| SpoolError::Stopped)?;
        Ok(())
    }

    /// Deletes the rows up to `seq`, by and by.
    pub(crate) async fn prune(&self, seq: i64) -> Result<(), SpoolError> {
        self.commands.send(Command::Prune(seq)).await.map_err(|_| SpoolError::Stopped)
    }

    /// Puts a row aside that the database at `place` does not take.
    pub(crate) async fn park(
        &self,
        seq: i64,
        place: &'static str,
        error: String,
    ) -> Result<(), SpoolError> {
        let (done, answer) = oneshot::channel();
        let park = Command::Park { seq, place, error, done };
        self.commands.send(park).await.map_err(|_| SpoolError::Stopped)?;
        answer.await.map_err(|_| SpoolError::Stopped)?.map_err(SpoolError::Read)
    }

    /// How many rows follow `seq`.
    pub(crate) async fn count_after(&self, seq: i64) -> Result<i64, SpoolError> {
        let committed = *self.committed.borrow();
        let new = committed.saturating_sub(seq.max(self.base)).max(0);
        if self.base <= seq {
            return Ok(new);
        }
        Ok(new.saturating_add(self.reader.count(seq, self.base).await?))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn damage(&self) -> Damage {
        self.damage
    }

    pub(crate) fn epoch(&self) -> i64 {
        self.epoch
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn committed(&self) -> i64 {
        *self.committed.borrow()
    }

    pub(crate) fn durable(&self) -> watch::Receiver<i64> {
        self.durable.clone()
    }
}
