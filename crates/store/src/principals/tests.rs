use protocol::{Kind, Principal, Right, Rights};
use uuid::Uuid;

use crate::{Ensured, PrincipalAct, PrincipalEvent, StoreError, scene::*};

const NOW_MS: i64 = 1_795_190_400_000;

fn principal(name: &str, kind: Kind, rights: &[Right]) -> Principal {
    let rights = Rights::of(rights);
    Principal { name: name.parse().unwrap(), kind, rights, number: 1, revoked: false }
}

fn shop() -> Principal {
    principal("akwa-1", Kind::Shop, &[Right::Sell])
}

async fn put(scene: &Scene, principal: &Principal, who: &str) {
    let mut tx = scene.store.begin().await.unwrap();
    tx.put_principal(principal, who, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_principal_reads_back_and_each_change_is_counted() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.last_principal_change().await.unwrap(), 0);
    put(&scene, &shop(), "ada").await;
    let revoked = Principal { revoked: true, number: 3, ..shop() };
    put(&scene, &revoked, "ben").await;
    assert_eq!(scene.store.last_principal_change().await.unwrap(), 2);
    assert_eq!(scene.twin().await.principals().await.unwrap(), [revoked]);
    let [row] = &scene.store.principals_after(None, None, 10).await.unwrap()[..] else { panic!() };
    assert_eq!((row.created_by.as_str(), row.changed_by.as_str()), ("ada", "ben"));
    assert_eq!((row.created_ms, row.principal), (NOW_MS, revoked));
}

#[tokio::test]
async fn a_kind_never_changes() {
    let scene = Scene::new().await;
    put(&scene, &shop(), "ada").await;
    put(&scene, &Principal { kind: Kind::Operator, ..shop() }, "ada").await;
    assert_eq!(scene.store.principals().await.unwrap(), [shop()]);
}

#[tokio::test]
async fn lists_in_pages_and_by_kind() {
    let scene = Scene::new().await;
    for name in ["c", "a", "b"] {
        put(&scene, &principal(name, Kind::Operator, &[]), "ada").await;
    }
    put(&scene, &shop(), "ada").await;
    let names = async |after: Option<&str>, kind, limit| {
        let after = after.map(|it| it.parse().unwrap());
        let rows = scene.store.principals_after(after.as_ref(), kind, limit).await.unwrap();
        rows.into_iter().map(|it| it.principal.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(None, None, 2).await, ["a", "akwa-1"]);
    assert_eq!(names(Some("akwa-1"), None, 9).await, ["b", "c"]);
    assert_eq!(names(None, Some(Kind::Shop), 9).await, ["akwa-1"]);
}

#[tokio::test]
async fn the_first_start_done_twice_changes_nothing() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    assert_eq!(tx.ensure_principal(&shop(), NOW_MS).await.unwrap(), Ensured::Added);
    assert_eq!(tx.ensure_principal(&shop(), NOW_MS).await.unwrap(), Ensured::Same);
    let other = Principal { rights: Rights::NONE, ..shop() };
    assert_eq!(tx.ensure_principal(&other, NOW_MS).await.unwrap(), Ensured::Other(shop()));
    tx.commit().await.unwrap();
    assert_eq!(scene.store.last_principal_change().await.unwrap(), 1);
    assert_eq!(scene.store.principals().await.unwrap(), [shop()]);
}

#[tokio::test]
async fn a_request_is_kept_once_and_cannot_be_rewritten() {
    let scene = Scene::new().await;
    put(&scene, &shop(), "ada").await;
    let event = PrincipalEvent {
        request: Uuid::from_bytes([7; 16]),
        at_ms: NOW_MS,
        who: "ada".to_owned(),
        act: PrincipalAct::Add,
        asked: "shop sell".to_owned(),
        after: shop(),
        already: false,
    };
    let mut tx = scene.store.begin().await.unwrap();
    assert_eq!(tx.principal_event(event.request).await.unwrap(), None);
    tx.add_principal_event(&event).await.unwrap();
    assert_eq!(tx.principal_event(event.request).await.unwrap(), Some(event.clone()));
    let again = tx.add_principal_event(&event).await.unwrap_err();
    assert!(matches!(again, StoreError::Taken { table: "principal_event", .. }), "{again:?}");
    for sql in ["UPDATE principal_event SET who = 'x'", "DELETE FROM principal_event"] {
        assert!(sqlx::query(sql).execute(tx.conn()).await.is_err(), "{sql}");
    }
}
