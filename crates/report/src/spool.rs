//! The rows of one server on its own disk, until both databases have them.
//!
//! Two SQLite files, one for each [`Lane`], each with one writer that commits together whatever has queued up
//! while the last commit ran. A file knows its version, its server and an epoch that is drawn when it is made.
//!
//! An operator reads it with `sqlite3 money.db 'select seq, body from row'`.

mod file;
mod lane;
mod reader;
mod sql;
mod upkeep;
mod wal;
mod writer;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::statvfs::statvfs;
use protocol::Instance;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{AppendError, OpenError, SpoolError};
use crate::row::{Lane, Mark, Row};
use crate::ship::Progress;
pub use file::Damage;
pub(crate) use lane::LaneFile;

/// Room that a lane gets on the smallest of disks, so that a server can start and say BUSY by itself.
const LEAST_BYTES: u64 = 1024 * 1024;

/// How much of the disk the spool may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes for the file of [`Lane::Money`].
    pub money_bytes: u64,
    /// Bytes for the file of [`Lane::Chatter`].
    pub chatter_bytes: u64,
}

/// The open spool of one server; clones are the same spool.
#[derive(Debug, Clone)]
pub struct Spool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    server: Instance,
    money: LaneFile,
    chatter: LaneFile,
    progress: Progress,
    closing: CancellationToken,
    tasks: TaskTracker,
    lock: Mutex<Option<File>>,
}

// === impl Limits ===

impl Limits {
    /// Takes at most 80 % of what is free in `dir` and of what the spool already has; the last twentieth of the
    /// disk is for money alone.
    ///
    /// # Errors
    ///
    /// [`OpenError::Folder`] where the file system does not say.
    pub fn of_free(dir: &Path) -> Result<Self, OpenError> {
        let folder = |source| OpenError::Folder { path: dir.to_owned(), source };
        let stat = statvfs(dir).map_err(|errno| folder(errno.into()))?;
        let free = stat.blocks_available().saturating_mul(stat.fragment_size());
        let held = Lane::ALL.iter().map(|&lane| file::size(&path(dir, lane))).sum::<u64>();
        let room = free.saturating_add(held) / 100;
        Ok(Self { money_bytes: room.saturating_mul(80), chatter_bytes: room.saturating_mul(75) })
    }

    /// Lets each of the two files grow to so many bytes; a sixteenth of them is for money alone.
    pub fn of_bytes(bytes: u64) -> Self {
        Self { money_bytes: bytes, chatter_bytes: bytes / 16 * 15 }
    }

    fn of(self, lane: Lane) -> u64 {
        match lane {
            Lane::Money => self.money_bytes.max(LEAST_BYTES),
            Lane::Chatter => self.chatter_bytes.max(LEAST_BYTES),
        }
    }
}

// === impl Spool ===

impl Spool {
    /// Opens the spool of `server` in `dir`, makes it where there is none, and starts its writers.
    ///
    /// What a power cut tore off the end is left behind with a warning; a file that is no whole database is
    /// renamed `.corrupt-<time>` with an error, and the lane starts anew under a new epoch.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the folder cannot be used, the spool is in use, another server's, or a newer build's.
    pub async fn open(dir: &Path, server: &Instance) -> Result<Self, OpenError> {
        make(dir)?;
        Self::open_within(dir, server, Limits::of_free(dir)?).await
    }

    /// Does what [`Spool::open`] does, within the given limits.
    ///
    /// # Errors
    ///
    /// Those of [`Spool::open`].
    pub async fn open_within(
        dir: &Path,
        server: &Instance,
        limits: Limits,
    ) -> Result<Self, OpenError> {
        make(dir)?;
        let lock = lock(dir)?;
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let start = lane::Start { server, limits, closing: &closing, tasks: &tasks };
        let money = LaneFile::open(&path(dir, Lane::Money), Lane::Money, &start).await?;
        let chatter = LaneFile::open(&path(dir, Lane::Chatter), Lane::Chatter, &start).await?;
        tasks.close();
        let (server, progress) = (*server, Progress::new());
        let inner = Inner {
            server,
            money,
            chatter,
            progress,
            closing,
            tasks,
            lock: Mutex::new(Some(lock)),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Keeps one row, and what the server wants to remember with it; returns when both are committed.
    ///
    /// # Errors
    ///
    /// [`AppendError`]: the row may not be there, and the request must not be answered as if it were.
    ///
    /// # Cancel safety
    ///
    /// Where the future is dropped the row may be kept or not; asking again with the same id is harmless.
    pub async fn append(
        &self,
        row: Row,
        lane: Lane,
        mark: Option<Mark>,
    ) -> Result<(), AppendError> {
        if row.server != self.inner.server {
            return Err(AppendError::Foreign(row.server));
        }
        let body = row.to_json().map_err(|source| AppendError::Encode(Arc::new(source)))?;
        self.lane(lane).append(body, mark).await
    }

    /// Waits until every row appended so far would survive a power cut.
    ///
    /// # Errors
    ///
    /// [`SpoolError::Stopped`] where the spool was closed or its writer died.
    pub async fn flush(&self) -> Result<(), SpoolError> {
        self.inner.money.flush().await?;
        self.inner.chatter.flush().await
    }

    /// Every mark that the spool keeps, those of the money lane first.
    ///
    /// # Errors
    ///
    /// [`SpoolError::Read`] or [`SpoolError::Mark`].
    pub async fn marks(&self) -> Result<Vec<Mark>, SpoolError> {
        let mut marks = self.inner.money.reader().marks().await?;
        marks.extend(self.inner.chatter.reader().marks().await?);
        Ok(marks)
    }

    /// How many rows were put aside because a database refused them, of both lanes.
    ///
    /// # Errors
    ///
    /// [`SpoolError::Read`].
    pub async fn dead_letters(&self) -> Result<i64, SpoolError> {
        let money = self.inner.money.reader().dead_letters().await?;
        Ok(money.saturating_add(self.inner.chatter.reader().dead_letters().await?))
    }

    /// What was wrong with its files when it was opened.
    pub fn damage(&self) -> Damage {
        let (money, chatter) = (self.inner.money.damage(), self.inner.chatter.damage());
        Damage {
            torn_bytes: money.torn_bytes.saturating_add(chatter.torn_bytes),
            set_aside: money.set_aside.saturating_add(chatter.set_aside),
        }
    }

    /// Bytes that the spool takes on the disk.
    pub fn bytes(&self) -> u64 {
        Lane::ALL.iter().map(|&lane| file::size(self.lane(lane).path())).sum()
    }

    /// Whose spool it is.
    pub fn server(&self) -> &Instance {
        &self.inner.server
    }

    /// Commits what was appended, stops the writers and gives the files back.
    pub async fn close(&self) {
        self.inner.closing.cancel();
        self.inner.tasks.wait().await;
        self.inner.money.reader().close().await;
        self.inner.chatter.reader().close().await;
        let lock = self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(lock);
    }

    pub(crate) fn lane(&self, lane: Lane) -> &LaneFile {
        match lane {
            Lane::Money => &self.inner.money,
            Lane::Chatter => &self.inner.chatter,
        }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.inner.progress
    }
}

/// The file of a lane.
pub(crate) fn path(dir: &Path, lane: Lane) -> PathBuf {
    dir.join(lane.as_str()).with_extension("db")
}

fn make(dir: &Path) -> Result<(), OpenError> {
    fs::create_dir_all(dir).map_err(|source| OpenError::Folder { path: dir.to_owned(), source })
}

/// Two processes on one spool would ship its rows against each other.
fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let folder = |source| OpenError::Folder { path: path.clone(), source };
    let file = File::options().create(true).append(true).open(&path).map_err(folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(folder(source)),
    }
}
