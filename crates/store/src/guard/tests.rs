use protocol::{DeviceId, Outcome};

use crate::{Guard, GuardCursor, Store, scene::*};

fn guard(n: u8, counter: i64) -> Guard {
    Guard {
        device: DeviceId::from_bytes([n; 16]),
        counter,
        nonce: [n; 12],
        seen_ms: counter,
        outcome: Outcome::Ok,
        lease_s: 14_400,
        spread_s: 30,
    }
}

async fn raise(store: &Store, guards: &[Guard]) {
    let mut tx = store.begin().await.unwrap();
    tx.raise_guards(guards).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all(store: &Store) -> Vec<Guard> {
    let mut cursor = GuardCursor::START;
    store.guards_changed_since(&mut cursor, 10_000).await.unwrap()
}

#[tokio::test]
async fn the_greater_counter_wins_whoever_writes_last() {
    let scene = Scene::new().await;
    let (older, newer) = (guard(1, 41), guard(1, 42));
    raise(&scene.store, std::slice::from_ref(&newer)).await;
    raise(&scene.twin().await, std::slice::from_ref(&older)).await;
    assert_eq!(all(&scene.store).await, std::slice::from_ref(&newer));
    let same = Guard { outcome: Outcome::Suspended, ..newer.clone() };
    raise(&scene.store, &[same]).await;
    assert_eq!(all(&scene.store).await, [newer], "an equal counter changes nothing");
}

#[tokio::test]
async fn a_reader_pages_through_one_batch() {
    let scene = Scene::new().await;
    let batch: Vec<_> = (0..7).map(|n| guard(n, 1)).collect();
    raise(&scene.store, &batch).await;
    let (mut cursor, mut seen) = (GuardCursor::START, Vec::new());
    loop {
        let page = scene.store.guards_changed_since(&mut cursor, 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, batch);
}

#[tokio::test]
async fn a_reader_hears_of_a_raise_and_of_nothing_else() {
    let scene = Scene::new().await;
    raise(&scene.store, &[guard(1, 1), guard(2, 1)]).await;
    let mut cursor = GuardCursor::START;
    scene.store.guards_changed_since(&mut cursor, 10).await.unwrap();
    raise(&scene.store, &[guard(1, 1), guard(2, 2)]).await;
    let news = scene.store.guards_changed_since(&mut cursor, 10).await.unwrap();
    assert_eq!(news, [guard(2, 2)]);
}

#[tokio::test]
async fn takes_more_than_one_statement_of_guards() {
    let scene = Scene::new().await;
    let batch: Vec<_> = (0..1_201_u16)
        .map(|n| {
            let mut id = [0; 16];
            id[14..].copy_from_slice(&n.to_be_bytes());
            Guard { device: DeviceId::from_bytes(id), ..guard(0, 1) }
        })
        .collect();
    raise(&scene.store, &batch).await;
    assert_eq!(all(&scene.store).await.len(), 1_201);
    raise(&scene.store, &[]).await;
}
