use crate::{Event, StoreError, scene::*};

#[tokio::test]
async fn tells_what_was_done_newest_first() {
    let scene = Scene::new().await;
    let device = scene.add(device(1)).await;
    let mut tx = scene.store.begin().await.unwrap();
    let older = event(&device, 1);
    let newer = Event { request: None, why: None, ..event(&device, 2) };
    tx.add_event(&older).await.unwrap();
    tx.add_event(&newer).await.unwrap();
    tx.commit().await.unwrap();
    let told = scene.store.history(&[device.id], None, 10).await.unwrap();
    assert_eq!(told, [newer.clone(), older.clone()]);
    let newest = scene.store.history(&[device.id], None, 1).await.unwrap();
    assert_eq!(newest, std::slice::from_ref(&newer));
    let before = Some((newer.at_ms, newer.id));
    assert_eq!(scene.store.history(&[device.id], before, 9).await.unwrap(), [older]);
}

#[tokio::test]
async fn a_request_does_one_thing_to_a_box() {
    let scene = Scene::new().await;
    let (one, two) = (scene.add(device(1)).await, scene.add(device(2)).await);
    let mut tx = scene.store.begin().await.unwrap();
    let done = event(&one, 1);
    tx.add_event(&done).await.unwrap();
    let request = done.request.unwrap();
    assert_eq!(tx.event_by_request(two.id, request).await.unwrap(), None);
    assert_eq!(tx.event_by_request(one.id, request).await.unwrap(), Some(done));
    let again = Event { request: Some(request), ..event(&one, 2) };
    let error = tx.add_event(&again).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { table: "history", .. }), "{error:?}");
}

#[tokio::test]
async fn has_no_event_without_its_box() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    assert!(tx.add_event(&event(&device(1), 1)).await.is_err());
}
