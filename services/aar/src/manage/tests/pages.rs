//! What lists boxes, days and events.

use protocol::DeviceId;

use super::*;

async fn find(scene: &Scene, memory: &Memory, sought: Value) -> Vec<String> {
    let rows = lines_of(ask(scene, memory, "find", sought).await);
    rows.iter().filter_map(|row| row["box"].as_str().map(ToOwned::to_owned)).collect()
}

#[tokio::test]
async fn filters_go_together_and_are_counted() {
    let scene = Scene::new().await;
    for (n, group, until) in [(1, "akwa", 30), (2, "akwa", 20), (3, "bali", 20), (4, "akwa", 20)] {
        scene.add(n, State::Active).await;
        scene
            .change(id(n), |it| {
                it.labels = store::Labels::in_group(Some(group.parse().unwrap()));
                it.until = Some(format!("2026-12-{until}").parse().unwrap());
            })
            .await;
    }
    let memory = scene.memory().await;
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    memory.fleet.auth(&crypto_of(4, 1), &aad, TERMS, NOW_MS);
    let list = async |filter: Value| lines_of(ask(&scene, &memory, "list", filter).await);
    let ids = |rows: &[Value]| {
        rows.iter()
            .filter_map(|row| row["box"].as_str().map(|it| it[..2].to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&list(json!({ "group": "akwa" })).await), ["01", "02", "04"]);
    let ending = json!({ "group": "akwa", "ends_by": "2026-12-20" });
    assert_eq!(ids(&list(ending.clone()).await), ["02", "04"]);
    let silent = json!({ "group": "akwa", "ends_by": "2026-12-20", "silent_days": 1 });
    assert_eq!(ids(&list(silent).await), ["02"]);
    let counted = json!({ "group": "akwa", "limit": 1, "count": true });
    let rows = list(counted).await;
    assert_eq!(rows[1], json!({ "end": true, "count": 3, "after": id(1).to_string() }));
    let whole = lines_of(ask(&scene, &memory, "export", json!({ "state": "active" })).await);
    assert_eq!(whole.len(), 5);
}

#[tokio::test]
async fn a_page_shows_what_is_written_where_memory_is_behind() {
    let scene = Scene::new().await;
    for n in [1, 2] {
        scene.add(n, State::Active).await;
    }
    let memory = scene.memory().await;
    scene.change(id(1), |it| it.state = State::Suspended).await;
    let rows = lines_of(ask(&scene, &memory, "list", json!({ "state": "active" })).await);
    assert_eq!((rows.len(), &rows[0]["box"]), (2, &json!(id(2).to_string())));
}

#[tokio::test]
async fn whatever_a_person_knows_of_a_box_finds_it() {
    let scene = Scene::new().await;
    for n in [1, 2] {
        scene.add(n, State::Active).await;
    }
    let vault = crate::vault::Vault::new(&scene.keys);
    let sealed = |text: &str| {
        let place = store::Place::Msisdn.of(id(2));
        vault.seal(&place, text.as_bytes(), &mut crypto::random::system()).unwrap()
    };
    let number = sealed("+237650001234");
    scene.change(id(2), |it| it.msisdn = Some(number)).await;
    let memory = scene.memory().await;
    let two = [id(2).to_string()];
    for text in [
        "9502",
        &imei(2),
        &mac(2).to_string(),
        "0002",
        "+237650001234",
        "1234",
        "02020202",
        &id(2).to_string(),
    ] {
        assert_eq!(find(&scene, &memory, json!({ "any": text })).await, two, "{text}");
    }
    assert_eq!(find(&scene, &memory, json!({ "msisdn": "+237650001234" })).await, two);
    assert_eq!(find(&scene, &memory, json!({ "msisdn": "+237660001234" })).await.len(), 0);
    assert_eq!(find(&scene, &memory, json!({ "any": SERIAL })).await.len(), 2);
    assert_eq!(find(&scene, &memory, json!({ "any": "nothing of it" })).await.len(), 0);
}

#[tokio::test]
async fn the_usage_of_a_box_and_day_comes_from_its_auths() {
    let scene = Scene::new().await;
    for n in [1, 2] {
        scene.add(n, State::Active).await;
    }
    let memory = scene.memory().await;
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    let hours = |n: i64| NOW_MS + n * 3_600_000;
    let auth = |n, counter, now_ms: i64| {
        let unix_ms = u64::try_from(now_ms).unwrap();
        let plain = crypto::authenticator::Opened { macaddr: mac(n).octets(), unix_ms, counter };
        memory.fleet.auth(&crypto_under(n, &key(n), plain), &aad, TERMS, now_ms)
    };
    for (counter, hour) in [(1, 0), (2, 1), (3, 2)] {
        auth(1, counter, hours(hour));
    }
    auth(1, 3, hours(2));
    scene.flush(&memory).await;
    auth(1, 4, hours(12));
    auth(2, 1, hours(0));
    scene.flush(&memory).await;
    let of = |body: Value| ask(&scene, &memory, "usage", body);
    let days = lines_of(of(json!({ "box": id(1).to_string() })).await);
    let told = |row: &Value| {
        (row["day"].as_str().unwrap().to_owned(), row["auths"].clone(), row["online_s"].clone())
    };
    // The lease of the last AUTH of the first day ended after four hours: the next one ends it.
    let wanted = [
        ("2026-11-21".to_owned(), json!(1), json!(14_400)),
        ("2026-11-20".to_owned(), json!(3), json!(7_200)),
    ];
    assert_eq!(days[..2].iter().map(told).collect::<Vec<_>>(), wanted);
    let newest = lines_of(of(json!({ "box": id(1).to_string(), "limit": 1 })).await);
    assert_eq!(newest[1]["after"], "2026-11-21");
    let older = json!({ "box": id(1).to_string(), "limit": 1, "after": "2026-11-21" });
    assert_eq!(lines_of(of(older).await)[0]["day"], "2026-11-20");
    let on = lines_of(of(json!({ "day": "2026-11-20" })).await);
    let boxes: Vec<_> = on.iter().filter_map(|row| row["box"].as_str()).collect();
    assert_eq!(boxes, [id(1).to_string(), id(2).to_string()]);
}

#[tokio::test]
async fn what_crypto_did_not_take_is_counted_with_the_next_batch_and_once() {
    let mut scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    memory.fleet.auth(&crypto_of(1, 1), &aad, TERMS, NOW_MS);
    scene.store.close().await;
    assert!(scene.sync(&memory.fleet).flush(&scene.store).await.is_err());
    scene.reopen().await;
    memory.fleet.auth(&crypto_of(1, 2), &aad, TERMS, NOW_MS);
    scene.flush(&memory).await;
    scene.flush(&memory).await;
    let days = scene.store.usage_of(id(1), None, 9).await.unwrap();
    assert_eq!((days.len(), days[0].auths, days[0].good), (1, 2, 2));
    // A start after a crash: what CRYPTO has is not counted again, what it lacks is.
    let mut again = scene.memory().await;
    let last = |counter| {
        let last = memory.fleet.last(id(1)).unwrap();
        crate::mark::write(id(1), &crate::judge::Last { counter, ..last })
    };
    scene.sync(&again.fleet).recall(&[last(2)]);
    scene.flush(&again).await;
    scene.sync(&again.fleet).recall(&[last(3)]);
    scene.flush(&again).await;
    scene.pull(&mut again).await;
    assert_eq!(scene.store.usage_of(id(1), None, 9).await.unwrap()[0].auths, 3);
}

#[tokio::test]
async fn a_history_has_pages() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    for n in 0..5_u128 {
        let verb = if n % 2 == 0 { "suspend" } else { "resume" };
        let mut desk = scene.desk(&memory);
        desk.now_ms += i64::try_from(n).unwrap();
        let request = uuid::Uuid::from_u128(n);
        let body = json!({ "request": request, "box": id(1).to_string() }).to_string();
        let call = ManageCall { body: body.into(), ..call(verb) };
        assert_eq!(manage(&desk, &call).await.status, 200);
    }
    let mut after = Value::Null;
    let mut acts = Vec::new();
    for _ in 0..4 {
        let body = json!({ "box": id(1).to_string(), "limit": 2, "after": after });
        let rows = lines_of(ask(&scene, &memory, "history", body).await);
        acts.extend(rows.iter().filter_map(|row| row["act"].as_str().map(ToOwned::to_owned)));
        after = rows.last().unwrap().get("after").cloned().unwrap_or_default();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(acts, ["suspend", "resume", "suspend", "resume", "suspend"]);
}

#[tokio::test]
async fn what_is_odd_is_told_to_operators_once() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    let auth = |macaddr_of: u8, counter| {
        let plain = crypto::authenticator::Opened {
            macaddr: mac(macaddr_of).octets(),
            unix_ms: NOW,
            counter,
        };
        let heard = memory.fleet.auth(&crypto_under(1, &key(1), plain), &aad, TERMS, NOW_MS);
        memory.fleet.watch(id(1), heard.sign, None, NOW_MS);
        heard.outcome
    };
    assert_eq!(auth(1, 1), Outcome::Ok);
    assert_eq!(auth(1, 400_000), Outcome::Ok, "a sign refuses nobody");
    assert_eq!(auth(2, 400_001), Outcome::BadCrypto);
    for place in [[1; 8], [2; 8], [1; 8], [2; 8]] {
        memory.fleet.watch(id(1), None, Some(place), NOW_MS);
    }
    for _ in 0..2 {
        scene.sync(&memory.fleet).tell(&scene.store, NOW_MS).await.unwrap();
    }
    let alerts = scene.store.alerts(store::Alerts::Open, None, 9).await.unwrap();
    let mut kinds: Vec<_> = alerts.iter().map(|it| (it.kind.as_str(), it.times)).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("counter", 1), ("identity", 1), ("places", 1)]);
    assert!(alerts.iter().all(|it| it.subject == format!("box/{}", DeviceId::from_bytes([1; 16]))));
}
