use crate::{Store, StoreError, scene::*};

#[tokio::test]
async fn refuses_a_database_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&url(&folder)).await.unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error:?}");
    assert!(error.to_string().contains("ngondo migrate"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it made no file");
}

#[tokio::test]
async fn refuses_a_database_without_our_tables() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("crypto.db"), b"").unwrap();
    let error = Store::open(&url(&folder)).await.unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error:?}");
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let scene = Scene::new().await;
    scene.add(device(1)).await;
    let again = Store::migrate(&url(&scene.folder)).await.unwrap();
    assert!(again.device(device(1).id).await.unwrap().is_some());
}

async fn change(scene: &Scene, sql: &'static str) -> StoreError {
    let mut tx = scene.store.begin().await.unwrap();
    sqlx::query(sql).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    Store::open(&url(&scene.folder)).await.unwrap_err()
}

#[tokio::test]
async fn refuses_a_newer_schema() {
    let scene = Scene::new().await;
    let newer = "INSERT INTO _sqlx_migrations \
        (version, description, success, checksum, execution_time) VALUES (9999, 'x', 1, x'00', 0)";
    let error = change(&scene, newer).await;
    assert!(matches!(error, StoreError::UnknownSchema { version: 9999, .. }), "{error:?}");
}

#[tokio::test]
async fn refuses_a_schema_made_otherwise() {
    let scene = Scene::new().await;
    let other = "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1";
    let error = change(&scene, other).await;
    assert!(matches!(error, StoreError::UnknownSchema { version: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn refuses_an_older_schema_with_the_command_that_mends_it() {
    let scene = Scene::new().await;
    let error = change(&scene, "DELETE FROM _sqlx_migrations WHERE version = 1").await;
    assert!(matches!(error, StoreError::OldSchema { version: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("ngondo migrate"));
}
