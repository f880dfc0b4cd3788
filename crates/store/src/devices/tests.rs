use crate::{Device, Keyed, Labels, State, StoreError, scene::*};

fn whole(n: u8) -> Device {
    let mut labels = Labels::in_group(Some("akwa".parse().unwrap()));
    labels.add("nord".parse().unwrap());
    labels.add("est".parse().unwrap());
    Device {
        labels,
        replaces: Some(device(99).id),
        state: State::Active,
        pending: Some(vec![5, n]),
        pubkey: Some(vec![6, n]),
        subscriber: Some(vec![7, n]),
        msisdn: Some(vec![8, n]),
        until: Some("2027-01-31".parse().unwrap()),
        ..device(n)
    }
}

#[tokio::test]
async fn gives_back_a_box_as_it_was_kept() {
    let scene = Scene::new().await;
    for kept in [scene.add(whole(1)).await, scene.add(device(2)).await] {
        assert_eq!(scene.store.device(kept.id).await.unwrap(), Some(kept));
    }
    assert_eq!(scene.store.device(device(3).id).await.unwrap(), None);
}

#[tokio::test]
async fn finds_a_box_by_each_index() {
    let scene = Scene::new().await;
    let kept = scene.add(whole(1)).await;
    scene.add(device(2)).await;
    let mut tx = scene.store.begin().await.unwrap();
    assert_eq!(tx.device(kept.id).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(tx.device_by_imei(&keyed(1)).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(tx.devices_by_mac(&keyed(1)).await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!(tx.devices_by_serial(&keyed(1)).await.unwrap(), [kept]);
    assert_eq!(tx.device_by_imei(&keyed(9)).await.unwrap(), None);
}

#[tokio::test]
async fn reads_many_boxes_in_the_order_of_their_ids() {
    let scene = Scene::new().await;
    for n in [4, 2, 3] {
        scene.add(device(n)).await;
    }
    let ids = [3, 9, 2].map(|n| device(n).id);
    let found = scene.store.devices(&ids).await.unwrap();
    assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), [device(2).id, device(3).id]);
    assert_eq!(scene.store.devices(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn writes_all_that_may_change() {
    let scene = Scene::new().await;
    let kept = scene.add(device(1)).await;
    let mut changed = Device { key: vec![9], infos: vec![10], activation: None, ..whole(1) };
    changed.fresh = false;
    let mut tx = scene.store.begin().await.unwrap();
    tx.update_device(&mut changed).await.unwrap();
    tx.commit().await.unwrap();
    assert!(kept.changed < changed.changed);
    assert_eq!(scene.store.device(kept.id).await.unwrap(), Some(changed));
}

#[tokio::test]
async fn refuses_a_second_box_with_the_same_imei() {
    let scene = Scene::new().await;
    scene.add(device(1)).await;
    let mut tx = scene.store.begin().await.unwrap();
    let mut twin = Device { imei: Some(keyed(1)), ..device(2) };
    match tx.insert_device(&mut twin).await.unwrap_err() {
        StoreError::Taken { table: "device", column } => assert_eq!(column, "device.imei_index"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lets_boxes_with_an_imei_share_a_macaddr() {
    let scene = Scene::new().await;
    for n in 1..=3 {
        scene.add(Device { mac: keyed(7), ..device(n) }).await;
    }
    let mut tx = scene.store.begin().await.unwrap();
    assert_eq!(tx.devices_by_mac(&keyed(7)).await.unwrap().len(), 3);
}

#[tokio::test]
async fn refuses_two_boxes_that_only_a_macaddr_names() {
    let scene = Scene::new().await;
    scene.add(Device { imei: None, ..device(1) }).await;
    let mut tx = scene.store.begin().await.unwrap();
    let mut twin = Device { imei: None, mac: keyed(1), ..device(2) };
    let error = tx.insert_device(&mut twin).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { .. }), "{error:?}");
}

#[tokio::test]
async fn a_reader_of_changes_misses_none() {
    let scene = Scene::new().await;
    let mut first = scene.add(device(1)).await;
    scene.add(device(2)).await;
    let page = scene.store.devices_changed_since(0, 1).await.unwrap();
    assert_eq!(page, [first.clone()]);

    let mut tx = scene.store.begin().await.unwrap();
    first.state = State::Active;
    tx.update_device(&mut first).await.unwrap();
    tx.commit().await.unwrap();
    let rest = scene.store.devices_changed_since(page[0].changed, 10).await.unwrap();
    let seen: Vec<_> = rest.iter().map(|it| (it.id, it.state)).collect();
    assert_eq!(seen, [(device(2).id, State::Registered), (first.id, State::Active)]);
    assert_eq!(scene.store.last_device_change().await.unwrap(), first.changed);
}

#[tokio::test]
async fn cannot_change_a_box_that_is_not_there() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    let error = tx.update_device(&mut device(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Affected { actual: 0, .. }), "{error:?}");
}

#[tokio::test]
async fn names_the_column_of_a_value_that_no_longer_reads() {
    let scene = Scene::new().await;
    scene.add(device(1)).await;
    let mut tx = scene.store.begin().await.unwrap();
    let spoil = "UPDATE device SET until = '2027-13-99'";
    sqlx::query(spoil).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let error = scene.store.device(device(1).id).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("row {} of device has a until that does not read", "01".repeat(16))
    );
}

#[test]
fn a_state_reads_as_it_is_written() {
    for state in State::ALL {
        assert_eq!(state.to_string().parse::<State>().unwrap(), state);
    }
    assert!("Active".parse::<State>().is_err());
}

#[test]
fn refuses_an_index_of_another_length() {
    let at = || StoreError::Affected { table: "x", expected: 0, actual: 0 };
    assert!(Keyed::read(&[0; 31], &[0; 4], at).is_err());
    assert!(Keyed::read(&[0; 32], &[0; 5], at).is_err());
    assert!(Keyed::read(&[0; 32], &[0; 4], at).is_ok());
}
