//! The schema check, and reading.

use protocol::{DeviceId, Role};
use report::{DbError, Filter, Lane, ReportDb, Row};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::scene::{Scene, row, server, url};

#[tokio::test]
async fn migrates_twice_as_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(&folder.path().join("report.db"));
    assert!(matches!(ReportDb::open(&url).await, Err(DbError::Open { .. })));
    for _ in 0..2 {
        ReportDb::migrate(&url).await.unwrap();
    }
    ReportDb::open(&url).await.unwrap();
}

#[tokio::test]
async fn refuses_a_schema_that_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.db");
    let open = async |statement: &str| {
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut conn = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
        ReportDb::open(&url(&path)).await.map(drop)
    };
    assert!(matches!(open("create table t (x)").await, Err(DbError::NoSchema(_))));
    ReportDb::migrate(&url(&path)).await.unwrap();
    assert!(open("drop table t").await.is_ok());
    let broken = open("update _sqlx_migrations set success = 0").await;
    assert!(matches!(broken, Err(DbError::Older { version: 1, .. })), "{broken:?}");
    let newer = "update _sqlx_migrations set success = 1;
        insert into _sqlx_migrations select 99, 'later', installed_on, 1, checksum, 0
        from _sqlx_migrations limit 1";
    let newer = open(newer).await;
    assert!(matches!(newer, Err(DbError::Newer { version: 99, .. })), "{newer:?}");
    let older = open("delete from _sqlx_migrations").await;
    assert!(matches!(older, Err(DbError::Older { version: 1, .. })), "{older:?}");
    let url = "postgres://db-1:5432/report".parse().unwrap();
    assert!(matches!(ReportDb::open(&url).await, Err(DbError::Engine(_))));
}

#[tokio::test]
async fn finds_rows_by_each_condition() {
    let (scene, shippers) = Scene::shipping().await;
    let mut odd = row();
    odd.role = Role::Pppx;
    odd.cmd = "TOPUP".into();
    odd.result = "CODE_USED".into();
    odd.client = Some("msisdn:zz".parse().unwrap());
    odd.device = Some(DeviceId::from_bytes([9; 16]));
    odd.at_us += 1_000_000;
    let others = [row(), row()];
    for row in [&others[0], &odd, &others[1]] {
        scene.spool.append(row.clone(), Lane::Money, None).await.unwrap();
    }
    shippers.settled().await.unwrap();
    let db = scene.db("first").await;
    let none = Filter::default;
    for filter in [
        Filter { bridge: Some(odd.bridge), ..none() },
        Filter { role: Some(Role::Pppx), ..none() },
        Filter { cmd: Some("TOPUP".into()), ..none() },
        Filter { result: Some("CODE_USED".into()), server: Some(server()), ..none() },
        Filter { client: odd.client, ..none() },
        Filter { device: odd.device, ..none() },
        Filter { from_us: Some(odd.at_us), until_us: Some(odd.at_us + 1), ..none() },
    ] {
        assert_eq!(ids(&db, &filter).await, [odd.id], "{filter:?}");
    }
    assert_eq!(ids(&db, &Filter { until_us: Some(odd.at_us), ..none() }).await.len(), 2);
    let nobody = Filter { server: Some("lb-1".parse().unwrap()), ..none() };
    assert!(ids(&db, &nobody).await.is_empty());
}

#[tokio::test]
async fn lists_page_by_page() {
    let (scene, shippers) = Scene::shipping().await;
    scene.append(7).await;
    shippers.settled().await.unwrap();
    let db = scene.db("first").await;
    let all = ids(&db, &Filter::default()).await;
    assert!(all.is_sorted_by(|one, next| next < one), "the newest first");
    let mut paged = Vec::new();
    let mut filter = Filter { limit: Some(3), ..Filter::default() };
    loop {
        let page = ids(&db, &filter).await;
        let Some(last) = page.last() else { break };
        filter.after = Some(*last);
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

async fn ids(db: &ReportDb, filter: &Filter) -> Vec<uuid::Uuid> {
    db.search(filter).await.unwrap().iter().map(|row: &Row| row.id).collect()
}
