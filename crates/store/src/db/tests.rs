use std::os::unix::fs::PermissionsExt as _;

use crate::{StoreError, scene::*};

#[tokio::test]
async fn makes_a_file_that_only_its_owner_reads() {
    let scene = Scene::new().await;
    let file = std::fs::metadata(scene.folder.path().join("crypto.db")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn keeps_what_was_committed_through_a_power_cut() {
    let scene = Scene::new().await;
    for (pragma, expected) in
        [("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2"), ("PRAGMA foreign_keys", "1")]
    {
        let mut tx = scene.store.begin().await.unwrap();
        let value = match pragma {
            "PRAGMA journal_mode" => {
                sqlx::query_scalar::<_, String>(pragma).fetch_one(tx.conn()).await.unwrap()
            }
            _ => {
                sqlx::query_scalar::<_, i64>(pragma).fetch_one(tx.conn()).await.unwrap().to_string()
            }
        };
        assert_eq!(value, expected, "{pragma}");
    }
}

#[tokio::test]
async fn forgets_a_transaction_that_was_not_committed() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.insert_device(&mut device(1)).await.unwrap();
    drop(tx);
    assert_eq!(scene.store.device(device(1).id).await.unwrap(), None);
    assert_eq!(scene.store.last_device_change().await.unwrap(), 0);
}

#[tokio::test]
async fn reads_cannot_write() {
    let scene = Scene::new().await;
    let written = sqlx::query("DELETE FROM device").execute(scene.store.reads()).await;
    let error = written.map_err(StoreError::on("device")).unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
}

/// Each task reads, then writes what it read plus one: a lost update shows in the sum, and a
/// deferred BEGIN would fail outright.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_two_processes_queue() {
    let scene = Scene::new().await;
    let twin = scene.twin().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..100 {
        let store = if n % 2 == 0 { scene.store.clone() } else { twin.clone() };
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let read = "SELECT n FROM change WHERE name = 'device'";
            let seen: i64 = sqlx::query_scalar(read).fetch_one(tx.conn()).await.unwrap();
            let write = "UPDATE change SET n = $1 WHERE name = 'device'";
            sqlx::query(write).bind(seen + 1).execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    assert_eq!(scene.store.last_device_change().await.unwrap(), 100);
}

#[tokio::test]
async fn who_cannot_write_learns_it_while_somebody_waits_for_the_answer() {
    // PPPX gives the first server a second of the five, then asks the twin.
    let left = std::time::Duration::from_secs(4);
    let scene = Scene::new().await;
    let twin = scene.twin().await;
    let _somebody_writes = scene.store.begin().await.unwrap();
    let began = std::time::Instant::now();
    let (queued, first) = tokio::join!(twin.begin(), twin.begin());
    for refused in [queued, first] {
        assert!(refused.unwrap_err().is_unavailable());
    }
    assert!(began.elapsed() < left, "{:?}", began.elapsed());
}

#[tokio::test]
async fn names_an_address_that_it_cannot_serve() {
    let url = "postgres://db-1:5432/crypto".parse().unwrap();
    let error = crate::Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Scheme { .. }), "{error:?}");
}
