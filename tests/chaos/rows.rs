//! What stands in the two REPORT databases, and how one of them is taken away.

use std::collections::BTreeSet;
use std::time::Duration;

use ngondo::site::Site;
use protocol::{Bridge, DbUrl};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row as _};
use tokio::time::{Instant, interval};

use super::load::LIMIT;

/// What both databases hold.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rows {
    pub(super) first: u64,
    pub(super) second: u64,
    /// Rows that are in one alone, or not the same in both.
    pub(super) different: u64,
    /// Rows beyond the first that tell of the same request at the same server and moment.
    pub(super) twice: u64,
    /// Answered requests that are not in both, at the door and behind it.
    pub(super) missing: u64,
}

/// A database that its servers cannot write to: another process has its lock.
pub(super) struct Locked(SqliteConnection);

// === impl Locked ===

impl Locked {
    /// Takes a database away.
    pub(super) async fn take(url: &DbUrl) -> Self {
        let mut conn = open(url).await;
        let mut tick = interval(Duration::from_millis(5));
        // The servers write all the time: until it is our turn.
        while let Err(error) = sqlx::raw_sql("begin immediate").execute(&mut conn).await {
            assert!(error.to_string().contains("locked"), "{error}");
            tick.tick().await;
        }
        Self(conn)
    }

    /// Gives it back.
    pub(super) async fn give(mut self) {
        sqlx::raw_sql("rollback").execute(&mut self.0).await.expect("the lock is given back");
        self.0.close().await.expect("a closed database");
    }
}

async fn open(url: &DbUrl) -> SqliteConnection {
    let path = url.sqlite_path().expect("a file");
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(5));
    options.disable_statement_logging().connect().await.expect("a REPORT database")
}

/// Waits until both hold the same rows and each answered request; gives up after a minute, and says
/// what is missing then.
pub(super) async fn settled(site: &Site, answered: &BTreeSet<(Bridge, bool)>) -> Rows {
    let mut tick = interval(Duration::from_millis(200));
    let until = Instant::now() + LIMIT;
    loop {
        tick.tick().await;
        let rows = compare(site, answered).await;
        if rows.missing + rows.different == 0 || until < Instant::now() {
            return rows;
        }
    }
}

/// What both hold now.
pub(super) async fn now(site: &Site) -> Rows {
    compare(site, &BTreeSet::new()).await
}

async fn compare(site: &Site, answered: &BTreeSet<(Bridge, bool)>) -> Rows {
    let urls = site.report().expect("two databases");
    let mut conn = open(&urls.first).await;
    let other = urls.second.sqlite_path().expect("a file");
    let attach = sqlx::query("attach database $1 as other").bind(other);
    attach.execute(&mut conn).await.expect("the second database");
    let mut tx = conn.begin().await.expect("one look at both");
    let sql = "
        select (select count(*) from main.report) as first,
               (select count(*) from other.report) as second,
               (select count(*) from (select * from main.report except select * from other.report))
               + (select count(*) from (select * from other.report except select * from main.report))
                   as different,
               (select count(*) - count(distinct server || ' ' || bridge || ' ' || cmd || ' ' || at)
                   from main.report) as twice";
    let row = sqlx::query(sql).fetch_one(&mut *tx).await.expect("counts");
    let count = |name: &str| u64::try_from(row.get::<i64, _>(name)).unwrap_or_default();
    let mut rows = Rows {
        first: count("first"),
        second: count("second"),
        different: count("different"),
        twice: count("twice"),
        missing: 0,
    };
    for table in ["main", "other"] {
        let doors = bridges(&mut tx, table, "role = 'PPPX'").await;
        let behind = bridges(&mut tx, table, "role <> 'PPPX'").await;
        let there = |(bridge, far): &&(Bridge, bool)| {
            let text = bridge.to_string();
            doors.contains(&text) && (!far || behind.contains(&text))
        };
        let missing = answered.len() - answered.iter().filter(there).count();
        rows.missing = rows.missing.max(u64::try_from(missing).unwrap_or(u64::MAX));
    }
    tx.rollback().await.expect("nothing was changed");
    conn.close().await.expect("a closed database");
    rows
}

async fn bridges(conn: &mut SqliteConnection, table: &str, of: &str) -> BTreeSet<String> {
    let sql = format!("select bridge from {table}.report where result = 'OK' and {of}");
    let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await;
    rows.expect("bridges").into_iter().collect()
}

/// How many rows of one database hold what `of` says.
pub(super) async fn count(url: &DbUrl, of: &str) -> u64 {
    let mut conn = open(url).await;
    let sql = format!("select count(*) from report where {of}");
    let rows = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql)).fetch_one(&mut conn).await;
    conn.close().await.expect("a closed database");
    u64::try_from(rows.expect("a count")).unwrap_or_default()
}

/// Makes a database forget what one server shipped, and how far it was.
pub(super) async fn forget(url: &DbUrl, server: &str) {
    let mut conn = open(url).await;
    for table in ["report", "cursor"] {
        let sql = format!("delete from {table} where server = $1");
        let deleted = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(server).execute(&mut conn).await;
        deleted.expect("rows are deleted");
    }
    conn.close().await.expect("a closed database");
}

/// Waits until each of these requests is in both databases, of whatever server; says how many are
/// not after a minute.
pub(super) async fn behind(site: &Site, answered: &BTreeSet<(Bridge, bool)>) -> usize {
    let urls = site.report().expect("two databases");
    let mut tick = interval(Duration::from_millis(200));
    let until = Instant::now() + LIMIT;
    loop {
        tick.tick().await;
        let mut missing = 0;
        for url in [&urls.first, &urls.second] {
            let mut conn = open(url).await;
            let there = bridges(&mut conn, "main", "true").await;
            conn.close().await.expect("a closed database");
            let gone = answered.iter().filter(|(bridge, _)| !there.contains(&bridge.to_string()));
            missing = missing.max(gone.count());
        }
        if missing == 0 || until < Instant::now() {
            return missing;
        }
    }
}
