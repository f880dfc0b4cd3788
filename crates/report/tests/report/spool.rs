//! What the spool takes, keeps and refuses.

use std::fs;

use report::{AppendError, Lane, Limits, Mark, OpenError, Spool};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::scene::{Scene, row, server};

#[tokio::test]
async fn keeps_the_greatest_mark_of_each_key_in_whatever_order_they_come() {
    let mut scene = Scene::new().await;
    for (key, value) in [(1, "a"), (2, "b"), (1, "c\"]\0"), (1, "b"), (1, "c")] {
        let mark = Mark { key: [key; 16], value: value.into() };
        scene.spool.append(row(), Lane::Chatter, Some(mark)).await.unwrap();
    }
    scene.reopen().await;
    let marks = scene.spool.marks().await.unwrap();
    let mark = |key, value: &str| Mark { key: [key; 16], value: value.into() };
    assert_eq!(marks, [mark(1, "c\"]\0"), mark(2, "b")]);
}

#[tokio::test]
async fn commits_what_queues_up_together_and_answers_each() {
    let scene = Scene::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..2000_u32 {
        let spool = scene.spool.clone();
        let lane = if index % 2 == 0 { Lane::Money } else { Lane::Chatter };
        let mark = Mark { key: u128::from(index % 100).to_be_bytes(), value: vec![0; 40] };
        tasks.spawn(async move { spool.append(row(), lane, Some(mark)).await });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap().unwrap();
    }
    scene.aim(Some("away"), None);
    let _shippers = scene.ship();
    assert_eq!(scene.spool.backlog().await.unwrap().first.unwrap().rows, 2000);
    assert_eq!(scene.spool.backlog().await.unwrap().second, None);
}

#[tokio::test]
async fn an_operator_reads_the_rows_with_a_shell() {
    let scene = Scene::new().await;
    let row = row();
    scene.spool.append(row.clone(), Lane::Money, None).await.unwrap();
    let body: String = query(&scene, "money", "select body from row").await;
    assert_eq!(body, row.to_json().unwrap());
    assert!(body.contains(r#""v":1"#) && body.contains(r#""cmd":"AUTH*""#), "{body}");
    assert_eq!(report::Row::from_json(&body).unwrap(), row);
}

#[tokio::test]
async fn refuses_the_spool_of_another_server() {
    let scene = Scene::new().await;
    scene.spool.close().await;
    let refused = Spool::open(&scene.path("spool"), &"aar-2".parse().unwrap()).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Foreign { owner, .. } if owner == "aar-1"), "{refused}");
    assert!(refused.to_string().contains("belongs to aar-1, this is aar-2"), "{refused}");
}

#[tokio::test]
async fn refuses_a_spool_that_is_in_use() {
    let scene = Scene::new().await;
    let refused = Spool::open(&scene.path("spool"), &server()).await.unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
}

#[tokio::test]
async fn refuses_the_spool_of_a_newer_build() {
    let (folder, dir) = closed().await;
    let mut conn = connect(&dir.join("money.db")).await;
    sqlx::query("pragma user_version = 2").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let refused = Spool::open(&dir, &server()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { version: 2, known: 1, .. }), "{refused}");
    drop(folder);
}

#[tokio::test]
async fn refuses_a_database_of_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chatter.db");
    let mut conn = connect(&path).await;
    sqlx::query("create table t (x)").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let refused = Spool::open(folder.path(), &server()).await.unwrap_err();
    assert!(matches!(refused, OpenError::NotASpool { .. }), "{refused}");
}

#[tokio::test]
async fn sets_a_corrupt_file_aside_and_starts_anew() {
    let (_folder, dir) = closed().await;
    let epoch = epoch(&dir).await;
    fs::write(dir.join("money.db"), "not a database, by no means, whatever one tries".repeat(200))
        .unwrap();
    let spool = Spool::open(&dir, &server()).await.unwrap();
    spool.append(row(), Lane::Money, None).await.unwrap();
    spool.close().await;
    let names = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name());
    let aside = names.filter(|name| name.to_string_lossy().starts_with("money.db.corrupt-"));
    assert_eq!(aside.count(), 1);
    assert_ne!(self::epoch(&dir).await, epoch);
}

#[tokio::test]
async fn a_truncated_file_is_set_aside_and_the_server_goes_on() {
    let (_folder, dir) = closed().await;
    let whole = fs::read(dir.join("money.db")).unwrap();
    for length in [700, 4096, whole.len() / 2, whole.len() - 4096] {
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join("money.db"), &whole[..length]).unwrap();
        fs::copy(dir.join("chatter.db"), copy.path().join("chatter.db")).unwrap();
        let spool = Spool::open(copy.path(), &server()).await.unwrap();
        assert_eq!(spool.damage().set_aside, 1, "cut at {length}");
        spool.append(row(), Lane::Money, None).await.unwrap();
        let names = fs::read_dir(&copy).unwrap().map(|entry| entry.unwrap().file_name());
        // Its log, and what SQLite keeps beside it, may have gone with it.
        let is_aside = |name: &str| name.starts_with("money.db.corrupt-") && !name.contains("-wal");
        let aside = names.filter(|name| is_aside(&name.to_string_lossy().replace("-shm", "-wal")));
        assert_eq!(aside.count(), 1, "cut at {length}");
        spool.close().await;
    }
}

#[tokio::test]
async fn an_emptied_file_begins_anew() {
    let (_folder, dir) = closed().await;
    fs::write(dir.join("money.db"), "").unwrap();
    let spool = Spool::open(&dir, &server()).await.unwrap();
    spool.append(row(), Lane::Money, None).await.unwrap();
}

#[tokio::test]
async fn refuses_rows_when_full_and_takes_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { money_bytes: 0, chatter_bytes: 0 };
    let spool = Spool::open_within(folder.path(), &server(), limits).await.unwrap();
    let mut kept = 0_u32;
    let refused = loop {
        match spool.append(row(), Lane::Chatter, None).await {
            Ok(()) => kept += 1,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, AppendError::Full), "{refused}");
    // The other lane has room of its own.
    spool.append(row(), Lane::Money, None).await.unwrap();
    let url = crate::scene::url(&folder.path().join("first.db"));
    report::ReportDb::migrate(&url).await.unwrap();
    let targets = tokio::sync::watch::Sender::new(protocol::Pair::new(Some(url), None));
    let shippers = report::Shippers::start(&spool, targets.subscribe());
    shippers.settled().await.unwrap();
    assert_eq!(shippers.status().first.shipped, u64::from(kept) + 1);
    while spool.append(row(), Lane::Chatter, None).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn refuses_rows_of_another_server_and_after_closing() {
    let scene = Scene::new().await;
    let mut foreign = row();
    foreign.server = "aar-2".parse().unwrap();
    let refused = scene.spool.append(foreign, Lane::Money, None).await.unwrap_err();
    assert!(matches!(refused, AppendError::Foreign(_)), "{refused}");
    scene.spool.close().await;
    let refused = scene.spool.append(row(), Lane::Money, None).await.unwrap_err();
    assert!(matches!(refused, AppendError::Stopped), "{refused}");
}

/// A spool that was opened and closed.
async fn closed() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let spool = Spool::open(&dir, &server()).await.unwrap();
    spool.append(row(), Lane::Money, None).await.unwrap();
    spool.close().await;
    (folder, dir)
}

async fn epoch(dir: &std::path::Path) -> i64 {
    let mut conn = connect(&dir.join("money.db")).await;
    sqlx::query_scalar("select epoch from owner").fetch_one(&mut conn).await.unwrap()
}

async fn query(scene: &Scene, lane: &str, statement: &'static str) -> String {
    let mut conn = connect(&scene.path("spool").join(lane).with_extension("db")).await;
    sqlx::query_scalar(statement).fetch_one(&mut conn).await.unwrap()
}

async fn connect(path: &std::path::Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}
