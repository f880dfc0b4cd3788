//! One REPORT database: opening, shipping into it, reading from it.

mod compare;
mod copy;
mod expire;
mod pulse;
mod record;
mod search;
mod sql;
mod watermark;

use std::fmt;
use std::time::Duration;

use protocol::{DbUrl, Instance};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row as _};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::code;
use crate::error::DbError;
use crate::row::{Lane, Row};
pub use compare::{Cell, Comparison, Difference, Span};
pub use copy::Copied;
pub use pulse::{Newest, Passed, Second};
pub use search::{Filter, Page};
pub use watermark::Settled;
pub(crate) use watermark::{AHEAD_US, LATE_US};

/// The schema that this build knows.
static SCHEMA: Migrator = sqlx::migrate!("../../migrations/report/sqlite");
/// Wait for other servers that ship into the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A batch takes milliseconds; whoever needs longer than this is as good as away.
const SHIP_TIMEOUT: Duration = Duration::from_secs(10);

/// An open REPORT database whose schema this build knows.
pub struct ReportDb {
    url: DbUrl,
    conn: Mutex<SqliteConnection>,
}

/// Rows of one lane of one server, in order, and the number of the last.
pub(crate) struct Batch<'a> {
    pub(crate) server: &'a Instance,
    pub(crate) lane: Lane,
    pub(crate) epoch: i64,
    pub(crate) rows: &'a [Row],
    pub(crate) last: i64,
}

// === impl ReportDb ===

impl fmt::Debug for ReportDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportDb").field("url", &self.url).finish_non_exhaustive()
    }
}

impl ReportDb {
    /// Opens a database that is there and checks its schema.
    ///
    /// # Errors
    ///
    /// [`DbError`]: no engine, not reachable, no schema, or one that this build does not know.
    pub async fn open(url: &DbUrl) -> Result<Self, DbError> {
        let mut conn = connect(url, Access::Ship).await?;
        check(url, &mut conn).await?;
        Ok(Self { url: url.clone(), conn: Mutex::new(conn) })
    }

    /// Makes the database where it is missing and brings its schema to this build's; twice is once.
    ///
    /// # Errors
    ///
    /// [`DbError::Migrate`], also where the schema is newer than this build.
    pub async fn migrate(url: &DbUrl) -> Result<(), DbError> {
        let mut conn = connect(url, Access::Make).await?;
        let failed = |source| DbError::Migrate { url: url.to_string(), source };
        SCHEMA.run(&mut conn).await.map_err(failed)?;
        conn.close().await.map_err(|source| DbError::Open { url: url.to_string(), source })
    }

    /// Its address.
    pub fn url(&self) -> &DbUrl {
        &self.url
    }

    /// Gives the connection back.
    pub async fn close(self) {
        // Nothing is left to commit, so there is nothing that could be lost.
        self.conn.into_inner().close().await.unwrap_or_default();
    }

    /// Every server that has rows here.
    pub(crate) async fn servers(&self) -> Result<Vec<String>, DbError> {
        let mut conn = self.conn.lock().await;
        sqlx::query_scalar(sql::SERVERS).fetch_all(&mut *conn).await.map_err(failed("servers"))
    }

    /// How far a lane of a server has been shipped here; `None` where it never was.
    pub(crate) async fn cursor(
        &self,
        server: &Instance,
        lane: Lane,
        epoch: i64,
    ) -> Result<Option<i64>, DbError> {
        let query = sqlx::query_scalar(sql::CURSOR);
        let query = query.bind(server.as_str()).bind(lane.as_str()).bind(epoch);
        let mut conn = self.conn.lock().await;
        query.fetch_optional(&mut *conn).await.map_err(failed("cursor"))
    }

    /// Adds the rows and moves the cursor, in one transaction: both, or neither. Says how many were not there yet.
    ///
    /// # Cancel safety
    ///
    /// Where the future is dropped either may be true; the cursor tells.
    pub(crate) async fn ship(&self, batch: &Batch<'_>) -> Result<u64, DbError> {
        timeout(SHIP_TIMEOUT, self.insert(batch)).await.map_err(|_| DbError::Timeout("ship"))?
    }

    async fn insert(&self, batch: &Batch<'_>) -> Result<u64, DbError> {
        let mut conn = self.conn.lock().await;
        let mut tx = conn.begin_with(sql::BEGIN).await.map_err(failed("begin"))?;
        let new = add(&mut tx, batch.rows).await?;
        let moved = sqlx::query(sql::MOVE).bind(batch.server.as_str()).bind(batch.lane.as_str());
        let moved = moved.bind(batch.epoch).bind(batch.last);
        moved.execute(&mut *tx).await.map_err(failed("move cursor"))?;
        tx.commit().await.map_err(failed("commit"))?;
        Ok(new)
    }
}

/// Inserts the rows that are not there yet; how many that were.
async fn add(conn: &mut SqliteConnection, rows: &[Row]) -> Result<u64, DbError> {
    let mut new = 0_u64;
    for (statement, rows) in sql::inserts(rows) {
        let query = rows.iter().fold(sqlx::query(statement), record::bind);
        let done = query.execute(&mut *conn).await.map_err(failed("insert"))?;
        new = new.saturating_add(done.rows_affected());
    }
    Ok(new)
}

// === impl DbError ===

impl DbError {
    /// Says whether the rows are at fault, and not the database.
    pub(crate) fn is_poison(&self) -> bool {
        matches!(self, Self::Query { what: "insert", source } if code::is_poison(source))
    }
}

/// What a database is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// To be made where it is missing.
    Make,
    /// To be shipped into.
    Ship,
    /// To be read alone.
    Read,
}

async fn connect(url: &DbUrl, access: Access) -> Result<SqliteConnection, DbError> {
    let path = url.sqlite_path().ok_or_else(|| DbError::Engine(url.to_string()))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(access == Access::Make)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let options = match access {
        Access::Read => options.read_only(true),
        Access::Make | Access::Ship => options
            .journal_mode(SqliteJournalMode::Wal)
            // The spool forgets a row once it stands here.
            .synchronous(SqliteSynchronous::Full),
    };
    let failed = |source| DbError::Open { url: url.to_string(), source };
    options.connect().await.map_err(failed)
}

/// Compares what was applied with what this build holds, name by name.
async fn check(url: &DbUrl, conn: &mut SqliteConnection) -> Result<(), DbError> {
    let schema: Option<i64> = sqlx::query_scalar(sql::HAS_SCHEMA)
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed("schema"))?;
    if schema.is_none() {
        return Err(DbError::NoSchema(url.to_string()));
    }
    let rows = sqlx::query(sql::APPLIED).fetch_all(conn).await.map_err(failed("schema"))?;
    let mut known = SCHEMA.iter();
    for row in rows {
        let version = row.try_get("version").map_err(failed("schema"))?;
        let checksum: Vec<u8> = row.try_get("checksum").map_err(failed("schema"))?;
        let migration = known.next();
        if !migration.is_some_and(|known| known.version == version && *known.checksum == *checksum)
        {
            return Err(DbError::Newer { url: url.to_string(), version });
        }
        if !row.try_get::<bool, _>("success").map_err(failed("schema"))? {
            return Err(DbError::Older { url: url.to_string(), version });
        }
    }
    match known.next() {
        Some(missing) => Err(DbError::Older { url: url.to_string(), version: missing.version }),
        None => Ok(()),
    }
}

/// Names the query that an error came from.
fn failed(what: &'static str) -> impl Fn(sqlx::Error) -> DbError {
    move |source| DbError::Query { what, source }
}
