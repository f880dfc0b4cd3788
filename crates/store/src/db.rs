//! Opening the database: one writing connection, some that read.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use protocol::DbUrl;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::turn::Turns;
use crate::{StoreError, Tx, schema};

/// How long a task waits for a connection, and then a connection for another process's
/// transaction. Both together are less than what a command has after PPPX left the first of two
/// servers: it is told `BUSY` while somebody still waits for the answer.
const WAIT: Duration = Duration::from_millis(1_500);

/// Connections for reading. A read takes well under a millisecond, so few serve many.
const READERS: u32 = 4;

/// The CRYPTO database, open.
///
/// Reads share a few connections; writes queue, first come first served, for the one connection
/// of [`Store::begin`]. Other processes write to the same file in their turn ([`crate::turn`]).
#[derive(Clone, Debug)]
pub struct Store {
    reads: SqlitePool,
    writes: SqlitePool,
    turns: Turns,
}

// === impl Store ===

impl Store {
    /// Opens a database whose schema is the one of this build.
    ///
    /// # Errors
    /// [`StoreError::NoSchema`], [`StoreError::OldSchema`] or [`StoreError::UnknownSchema`] when
    /// it is not; [`StoreError::Scheme`] and [`StoreError::Open`].
    pub async fn open(url: &DbUrl) -> Result<Self, StoreError> {
        let path = path_of(url)?;
        if !path.exists() {
            return Err(StoreError::NoSchema { path });
        }
        let store = Self::connect(&path).await?;
        schema::check(&store.reads, &path).await?;
        Ok(store)
    }

    /// Creates the database where there is none (mode 0600), brings its schema up to this
    /// build's, and opens it.
    ///
    /// # Errors
    /// [`StoreError::Create`] and [`StoreError::Migrate`]; then those of [`Store::open`].
    pub async fn migrate(url: &DbUrl) -> Result<Self, StoreError> {
        let path = path_of(url)?;
        create(&path)?;
        let store = Self::connect(&path).await?;
        schema::migrate(&store.writes, &path).await?;
        schema::check(&store.reads, &path).await?;
        Ok(store)
    }

    /// Begins a writing transaction, which sees and excludes every other one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when others write for too long.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let turn = self.turns.take(WAIT).await.map_err(StoreError::on("(turn)"))?;
        // A deferred BEGIN that reads, then writes, fails under a second writer in spite of
        // busy_timeout; an immediate one waits its turn.
        let inner = self.writes.begin_with("BEGIN IMMEDIATE").await;
        inner.map(|inner| Tx::new(inner, turn)).map_err(StoreError::on("(begin)"))
    }

    /// Closes every connection, the last of which folds the WAL into the file.
    pub async fn close(&self) {
        self.reads.close().await;
        self.writes.close().await;
    }

    /// The connections for statements that only read.
    pub(crate) fn reads(&self) -> &SqlitePool {
        &self.reads
    }

    async fn connect(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT);
        let writes = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        let reads = options.pragma("query_only", "ON");
        let reads = pool(READERS).connect_with(reads).await.map_err(failed)?;
        let turns = Turns::at(path).map_err(|error| failed(error.into()))?;
        Ok(Self { reads, writes, turns })
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
}

fn path_of(url: &DbUrl) -> Result<PathBuf, StoreError> {
    let path = url.sqlite_path().map(PathBuf::from);
    path.ok_or_else(|| StoreError::Scheme { url: url.to_string() })
}

/// Makes the file, unless it is there. The WAL beside it takes its mode.
fn create(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Create { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.map(drop).map_err(failed)
}

#[cfg(test)]
mod tests;
