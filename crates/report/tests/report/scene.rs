//! A folder with a spool and two REPORT databases.

use std::path::{Path, PathBuf};

use protocol::{DbUrl, Instance, Pair, Role};
use report::{Lane, ReportDb, Row, Shippers, Span, Spool};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

/// One server's world.
pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) spool: Spool,
    pub(crate) targets: watch::Sender<Pair<Option<DbUrl>>>,
}

impl Scene {
    /// A fresh spool and no database.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), &server()).await.unwrap();
        Self { folder, spool, targets: watch::Sender::new(Pair::default()) }
    }

    /// A fresh spool, two empty databases and their shippers.
    pub(crate) async fn shipping() -> (Self, Shippers) {
        let scene = Self::new().await;
        for name in ["first", "second"] {
            ReportDb::migrate(&scene.url(name)).await.unwrap();
        }
        scene.aim(Some("first"), Some("second"));
        let shippers = scene.ship();
        (scene, shippers)
    }

    pub(crate) fn ship(&self) -> Shippers {
        Shippers::start(&self.spool, self.targets.subscribe())
    }

    pub(crate) fn aim(&self, first: Option<&str>, second: Option<&str>) {
        let target = |name: Option<&str>| name.map(|name| self.url(name));
        self.targets.send_replace(Pair::new(target(first), target(second)));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn url(&self, name: &str) -> DbUrl {
        url(&self.path(name).with_extension("db"))
    }

    pub(crate) async fn db(&self, name: &str) -> ReportDb {
        ReportDb::open(&self.url(name)).await.unwrap()
    }

    /// How many rows each database has; panics unless they are the same rows.
    pub(crate) async fn equal_rows(&self) -> u64 {
        let (first, second) = (self.db("first").await, self.db("second").await);
        let comparison = first.compare(&second, Span::default()).await.unwrap();
        assert_eq!(comparison.differences, []);
        assert_eq!(comparison.rows.first, comparison.rows.second);
        comparison.rows.first
    }

    /// Appends rows one after the other, half of them of each lane.
    pub(crate) async fn append(&self, count: u32) {
        for index in 0..count {
            let lane = if index % 2 == 0 { Lane::Money } else { Lane::Chatter };
            self.spool.append(row(), lane, None).await.unwrap();
        }
    }

    /// Runs statements in a database, past everything that ships.
    pub(crate) async fn meddle(&self, name: &str, statements: &str) {
        let path = self.path(name).with_extension("db");
        let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// Closes the spool and opens it again.
    pub(crate) async fn reopen(&mut self) {
        self.spool.close().await;
        self.spool = Spool::open(&self.path("spool"), &server()).await.unwrap();
    }
}

pub(crate) fn server() -> Instance {
    "aar-1".parse().unwrap()
}

pub(crate) fn url(path: &Path) -> DbUrl {
    format!("sqlite://{}", path.display()).parse().unwrap()
}

/// A watermark of a moment.
pub(crate) fn watermark(at_us: i64) -> Row {
    Row { cmd: report::WATERMARK.into(), at_us, ..row() }
}

/// A row with every column filled.
pub(crate) fn row() -> Row {
    let id = Uuid::now_v7();
    Row {
        id,
        bridge: id.to_string().parse().unwrap(),
        at_us: 1_792_000_000_123_456,
        server: server(),
        role: Role::Aar,
        app: Some("box".parse().unwrap()),
        version: Some("1.0".parse().unwrap()),
        cmd: "AUTH*".into(),
        result: "OK".into(),
        client: Some("address:abc_-9".parse().unwrap()),
        device: Some("000102030405060708090a0b0c0d0e0f".parse().unwrap()),
        queue_us: 12,
        service_us: 345,
        inflight: 3,
        limit: 64,
        bytes_in: 400,
        bytes_out: 300,
        upstream: Some("aar-2".parse().unwrap()),
        attempts: 1,
        toki: Some("ok".into()),
        cpu_permille: Some(250),
    }
}
