//! Reading a spool file beside its writer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row as _};
use tokio::sync::{Mutex, MutexGuard};
use tracing::warn;

use super::sql;
use crate::error::SpoolError;
use crate::row::Mark;

/// One row as the file keeps it.
#[derive(Debug)]
pub(crate) struct Spooled {
    pub(crate) seq: i64,
    pub(crate) body: String,
}

/// One connection that all readers of a file share; it comes back by itself after a fault.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    path: PathBuf,
    options: SqliteConnectOptions,
    conn: Arc<Mutex<Option<SqliteConnection>>>,
}

// === impl Reader ===

impl Reader {
    pub(super) fn new(path: &Path, options: SqliteConnectOptions) -> Self {
        Self { path: path.to_owned(), options, conn: Arc::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The rows with `after < seq <= upto`, at most `limit`, in order.
    pub(crate) async fn rows(
        &self,
        after: i64,
        upto: i64,
        limit: i64,
    ) -> Result<Vec<Spooled>, SpoolError> {
        let query = sqlx::query(sql::AFTER).bind(after).bind(upto).bind(limit);
        let mut slot = self.conn().await?;
        let rows = query.fetch_all(open(&mut slot)?).await;
        settle(&mut slot, rows)?.iter().map(spooled).collect()
    }

    pub(super) async fn count(&self, after: i64, upto: i64) -> Result<i64, SpoolError> {
        let query = sqlx::query_scalar(sql::COUNT).bind(after).bind(upto);
        let mut slot = self.conn().await?;
        let count = query.fetch_one(open(&mut slot)?).await;
        settle(&mut slot, count)
    }

    /// How many rows follow, up to a thousand, and their size in bytes.
    pub(crate) async fn sample(&self, after: i64) -> Result<(i64, i64), SpoolError> {
        let query = sqlx::query(sql::SAMPLE).bind(after);
        let mut slot = self.conn().await?;
        let row = query.fetch_one(open(&mut slot)?).await;
        let row = settle(&mut slot, row)?;
        let number = |name: &str| row.try_get(name).map_err(SpoolError::Read);
        Ok((number("rows")?, number("bytes")?))
    }

    pub(super) async fn dead_letters(&self) -> Result<i64, SpoolError> {
        let mut slot = self.conn().await?;
        let count = sqlx::query_scalar(sql::DEAD_LETTERS).fetch_one(open(&mut slot)?).await;
        settle(&mut slot, count)
    }

    pub(super) async fn marks(&self) -> Result<Vec<Mark>, SpoolError> {
        let mut slot = self.conn().await?;
        let rows = sqlx::query(sql::MARKS).fetch_all(open(&mut slot)?).await;
        settle(&mut slot, rows)?.iter().map(mark).collect()
    }

    /// Moves what stands in the log into the database, beside the commits.
    pub(super) async fn checkpoint(&self) -> Result<(), SpoolError> {
        let mut slot = self.conn().await?;
        let done = sqlx::query(sql::CHECKPOINT).fetch_one(open(&mut slot)?).await;
        settle(&mut slot, done).map(drop)
    }

    pub(super) async fn close(&self) {
        if let Some(conn) = self.conn.lock().await.take()
            && let Err(error) = conn.close().await
        {
            warn!(path = %self.path.display(), %error, "the spool was not closed cleanly");
        }
    }

    async fn conn(&self) -> Result<MutexGuard<'_, Option<SqliteConnection>>, SpoolError> {
        let mut slot = self.conn.lock().await;
        if slot.is_none() {
            *slot = Some(self.options.connect().await.map_err(SpoolError::Read)?);
        }
        Ok(slot)
    }
}

fn open(slot: &mut Option<SqliteConnection>) -> Result<&mut SqliteConnection, SpoolError> {
    slot.as_mut().ok_or(SpoolError::Stopped)
}

/// A connection that failed is not used again.
fn settle<T>(
    slot: &mut Option<SqliteConnection>,
    result: Result<T, sqlx::Error>,
) -> Result<T, SpoolError> {
    if result.is_err() {
        *slot = None;
    }
    result.map_err(SpoolError::Read)
}

fn spooled(row: &SqliteRow) -> Result<Spooled, SpoolError> {
    let seq = row.try_get("seq").map_err(SpoolError::Read)?;
    Ok(Spooled { seq, body: row.try_get("body").map_err(SpoolError::Read)? })
}

fn mark(row: &SqliteRow) -> Result<Mark, SpoolError> {
    let key: &[u8] = row.try_get("key").map_err(SpoolError::Read)?;
    let key = key.try_into().map_err(|_| SpoolError::Mark)?;
    Ok(Mark { key, value: row.try_get("value").map_err(SpoolError::Read)? })
}
