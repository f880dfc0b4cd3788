//! Made-up rows, for whoever measures what many of them cost.

use protocol::{DbUrl, Instance, Role};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::error::DbError;

/// Between two rows: a hundred requests a second in the whole back office.
const STEP_US: i64 = 10_000;

const SERVERS: &str =
    "create temp table filler (number integer primary key, server text, role text) strict";

const SERVER: &str = "insert into filler (number, server, role) values ($1, $2, $3)";

/// Ids and bridges are of version 7, as real ones.
const FILL: &str = "
with recursive counter (i, at) as (
        select 0, $2 - $1 * $3 union all select i + 1, at + $3 from counter where i + 1 < $1
    ),
    moment (i, at, bridge) as (
        select i, at, printf('%08x-%04x-7%03x-8000-%012x', at / 65536000, at / 1000 % 65536, i % 4096, i)
        from counter
    )
insert into report (id, bridge, at, server, role, app, version, cmd, result, client, box, queue_us,
    service_us, inflight, \"limit\", bytes_in, bytes_out, upstream, attempts, toki, cpu_permille)
select unhex(bridge, '-'), bridge, at, server, role, 'ngondo-box', '1.0.0',
    iif(role = 'PPPX', 'AUTH', 'AUTH*'), iif(i % 50 = 0, 'REPLAYED', 'OK'), null, null,
    50 + i % 100, 300 + i % 700, i % 16, 256, 320, 410, null, 1, 'OK', 200 + i % 300
from moment join filler on filler.number = i % (select count(*) from filler)";

/// Adds so many made-up rows of these servers, in turn, to a database that nobody else has open;
/// the last is of just before `until_us` (microseconds since 1970).
///
/// They are written without a journal: where it does not end well, the file is of no use any more.
///
/// # Errors
///
/// [`DbError`]: no engine, not reachable, or no schema.
pub async fn fill(
    url: &DbUrl,
    servers: &[(Role, Instance)],
    rows: u64,
    until_us: i64,
) -> Result<(), DbError> {
    let path = url.sqlite_path().ok_or_else(|| DbError::Engine(url.to_string()))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging();
    let failed = |source| DbError::Open { url: url.to_string(), source };
    let mut conn = options.connect().await.map_err(failed)?;
    insert(&mut conn, servers, rows, until_us)
        .await
        .map_err(|source| DbError::Query { what: "fill", source })?;
    conn.close().await.map_err(failed)
}

async fn insert(
    conn: &mut SqliteConnection,
    servers: &[(Role, Instance)],
    rows: u64,
    until_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(SERVERS).execute(&mut *conn).await?;
    for (number, (role, server)) in (0_i64..).zip(servers) {
        let query = sqlx::query(SERVER).bind(number).bind(server.as_str()).bind(role.as_str());
        query.execute(&mut *conn).await?;
    }
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let query = sqlx::query(FILL).bind(rows).bind(until_us).bind(STEP_US);
    query.execute(conn).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Filter, ReportDb};

    #[tokio::test]
    async fn the_rows_read_as_those_of_servers() {
        let folder = tempfile::tempdir().unwrap();
        let url: DbUrl =
            format!("sqlite://{}", folder.path().join("report.db").display()).parse().unwrap();
        ReportDb::migrate(&url).await.unwrap();
        let servers = ["pppx-1", "aar-1", "aar-2"].map(|name| name.parse::<Instance>().unwrap());
        let servers: Vec<_> = [Role::Pppx, Role::Aar, Role::Aar].into_iter().zip(servers).collect();
        let until_us = 1_795_190_400_000_000;
        fill(&url, &servers, 90, until_us).await.unwrap();

        let db = ReportDb::open(&url).await.unwrap();
        let rows = db.search(&Filter { limit: Some(100), ..Filter::default() }).await.unwrap();
        assert_eq!(rows.len(), 90);
        for (_, server) in &servers {
            assert_eq!(rows.iter().filter(|row| row.server == *server).count(), 30);
        }
        let newest = rows.iter().map(|row| row.at_us).max().unwrap();
        assert_eq!(newest, until_us - STEP_US);
    }
}
