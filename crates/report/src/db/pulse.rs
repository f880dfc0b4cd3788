//! What the last seconds say of each server: an LB weighs its servers by it.
//!
//! Each statement finds its rows by the index over server and time, and reads a few seconds of them
//! at most: it costs the same with ten million rows as with ten.

use protocol::{DbUrl, Instance};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tokio::sync::Mutex;

use super::{Access, ReportDb, check, connect, failed, sql};
use crate::error::DbError;

/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;

/// A server of which a database has rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its name, as it stands in the rows.
    pub server: String,
    /// When its newest row arrived that is not from the future, microseconds since 1970.
    pub at_us: Option<i64>,
    /// Whether it has rows from the future.
    pub ahead: bool,
}

/// What one server wrote of one second; all but `second` are sums over the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Second {
    /// The second since 1970.
    pub second: i64,
    /// Rows.
    pub rows: u64,
    /// Those whose result is `FAILED`, `TIMEOUT` or `BUSY`.
    pub errors: u64,
    /// Waiting, microseconds.
    pub queue_us: u64,
    /// Work, microseconds.
    pub service_us: u64,
    /// Requests in work.
    pub inflight: u64,
    /// How many there may be.
    pub limit: u64,
    /// Load of the machine, thousandths of a core.
    pub cpu_permille: u64,
}

/// How requests fared that a PPPX passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The command, or `noun/verb`.
    pub cmd: String,
    /// Who answered; none where nobody did.
    pub upstream: Option<Instance>,
    /// Whether another was asked before.
    pub again: bool,
    /// How many rows say so.
    pub rows: u64,
}

// === impl ReportDb ===

impl ReportDb {
    /// Opens a database to be read alone, and checks its schema.
    ///
    /// # Errors
    ///
    /// Those of [`ReportDb::open`].
    pub async fn open_to_read(url: &DbUrl) -> Result<Self, DbError> {
        let mut conn = connect(url, Access::Read).await?;
        check(url, &mut conn).await?;
        Ok(Self { url: url.clone(), conn: Mutex::new(conn) })
    }

    /// The servers that have rows, 256 at most, each with its newest before `future_us`.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub async fn newest(&self, future_us: i64) -> Result<Vec<Newest>, DbError> {
        let mut conn = self.conn.lock().await;
        let rows = sqlx::query(sql::NEWEST).bind(future_us).fetch_all(&mut *conn).await;
        let read = |row: &SqliteRow| {
            Ok(Newest {
                server: row.try_get("server")?,
                at_us: row.try_get("at")?,
                ahead: row.try_get("ahead")?,
            })
        };
        let rows = rows.map_err(failed("newest"))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed("newest"))
    }

    /// What a server wrote of the seconds `from_s` up to and without `until_s`.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub async fn seconds(
        &self,
        server: &Instance,
        from_s: i64,
        until_s: i64,
    ) -> Result<Vec<Second>, DbError> {
        let query = sqlx::query(sql::SECONDS).bind(server.as_str());
        let query = query.bind(from_s * SECOND_US).bind(until_s * SECOND_US);
        let mut conn = self.conn.lock().await;
        let rows = query.fetch_all(&mut *conn).await.map_err(failed("seconds"))?;
        rows.iter().map(second).collect::<Result<_, _>>().map_err(failed("seconds"))
    }

    /// How the requests fared that a PPPX passed on in those seconds; INIT, which goes to both LBs
    /// in any case, is left out.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub async fn passed(
        &self,
        server: &Instance,
        from_s: i64,
        until_s: i64,
    ) -> Result<Vec<Passed>, DbError> {
        let query = sqlx::query(sql::PASSED).bind(server.as_str());
        let query = query.bind(from_s * SECOND_US).bind(until_s * SECOND_US);
        let mut conn = self.conn.lock().await;
        let rows = query.fetch_all(&mut *conn).await.map_err(failed("passed"))?;
        rows.iter().map(passed).collect::<Result<_, _>>().map_err(failed("passed"))
    }
}

fn second(row: &SqliteRow) -> Result<Second, sqlx::Error> {
    Ok(Second {
        second: row.try_get("second")?,
        rows: sum(row, "rows")?,
        errors: sum(row, "errors")?,
        queue_us: sum(row, "queue_us")?,
        service_us: sum(row, "service_us")?,
        inflight: sum(row, "inflight")?,
        limit: sum(row, "limit")?,
        cpu_permille: sum(row, "cpu_permille")?,
    })
}

fn passed(row: &SqliteRow) -> Result<Passed, sqlx::Error> {
    let upstream: Option<&str> = row.try_get("upstream")?;
    Ok(Passed {
        cmd: row.try_get("cmd")?,
        upstream: upstream.and_then(|name| name.parse().ok()),
        again: row.try_get("again")?,
        rows: sum(row, "rows")?,
    })
}

fn sum(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|sum| u64::try_from(sum).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    #[tokio::test]
    async fn no_statement_reads_more_of_the_table_than_it_asks_for() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/report.db", folder.path().display()).parse().unwrap();
        ReportDb::migrate(&url).await.unwrap();
        let db = ReportDb::open_to_read(&url).await.unwrap();
        let mut conn = db.conn.lock().await;
        for (name, statement) in
            [("newest", sql::NEWEST), ("seconds", sql::SECONDS), ("passed", sql::PASSED)]
        {
            let plan = sqlx::query(AssertSqlSafe(format!("explain query plan {statement}")))
                .bind("aar-1")
                .bind(0)
                .bind(0);
            let steps = plan.fetch_all(&mut *conn).await.unwrap();
            let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
            assert!(
                steps.iter().any(|step| step.contains("report_server_at")),
                "{name}: {steps:?}"
            );
            assert!(!steps.iter().any(|step| step.contains("SCAN report")), "{name}: {steps:?}");
        }
    }

    #[tokio::test]
    async fn reading_changes_nothing_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.db");
        let url = format!("sqlite://{}", path.display()).parse().unwrap();
        assert!(matches!(ReportDb::open_to_read(&url).await, Err(DbError::Open { .. })));
        assert!(!path.exists());
        ReportDb::migrate(&url).await.unwrap();
        let db = ReportDb::open_to_read(&url).await.unwrap();
        let mut conn = db.conn.lock().await;
        assert!(sqlx::query("delete from report").execute(&mut *conn).await.is_err());
    }
}
