//! What changes boxes, one or many.

use super::*;

fn head(n: u128) -> Value {
    json!({ "request": uuid::Uuid::from_u128(n) })
}

fn with(mut base: Value, more: &Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

fn one(n: u8, request: u128, more: &Value) -> Value {
    with(with(head(request), &json!({ "box": id(n).to_string() })), more)
}

fn results(rows: &[Value]) -> Vec<(String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let lines = rows.iter().filter(|row| row.get("line").is_some());
    lines.map(|row| (text(row, "result"), text(row, "reason"))).collect()
}

async fn audited(scene: &Scene) -> Vec<store::Audited> {
    scene.store.audit_list(&store::AuditFilter::default(), 1_000).await.unwrap()
}

#[tokio::test]
async fn many_boxes_are_changed_with_a_result_for_each() {
    let scene = Scene::new().await;
    for (n, state) in [(1, State::Active), (2, State::Registered), (3, State::Active)] {
        scene.add(n, state).await;
    }
    let memory = scene.memory().await;
    let lines = [
        with(head(1), &json!({ "reason": "unpaid" })),
        json!({ "box": id(1).to_string() }),
        json!({ "box": id(2).to_string() }),
        json!({ "box": id(9).to_string() }),
        json!({ "bx": 1 }),
        json!({ "imei": imei(3) }),
        json!({ "box": id(3).to_string() }),
    ];
    let rows = ask_many(&scene, &memory, "suspend", &lines).await;
    let wanted = [
        ("OK", ""),
        ("NOT_ACTIVATED", "the box is registered"),
        ("CODE_UNKNOWN", "no such box"),
        ("MALFORMED", "bx: unknown; known are box, imei, serial, macaddr, was"),
        ("OK", ""),
        ("OK", ""),
    ];
    let wanted = wanted.map(|(result, reason)| (result.to_owned(), reason.to_owned()));
    assert_eq!(results(&rows), wanted);
    assert_eq!(rows[6], json!({ "end": true, "ok": 3, "refused": 3 }));
    let states = [1, 2, 3].map(async |n| scene.row(id(n)).await.state);
    let [one, two, three] = states;
    assert_eq!(
        (one.await, two.await, three.await),
        (State::Suspended, State::Registered, State::Suspended)
    );
    let log = audited(&scene).await;
    assert_eq!(log.len(), 2, "a row a box that changed");
    assert!(log.iter().all(|row| row.entry.verb == "boxes/suspend" && row.entry.why.is_some()));
    let again = ask_many(&scene, &memory, "suspend", &lines).await;
    assert_eq!(again, rows, "the same request does nothing twice");
    assert_eq!(audited(&scene).await.len(), 2);
}

#[tokio::test]
async fn more_boxes_than_one_transaction_takes_are_all_changed() {
    let scene = Scene::new().await;
    for n in 0..=250 {
        scene.add_bare(n).await;
    }
    let memory = scene.memory().await;
    let named = (0..=250).map(|n| json!({ "box": id(n).to_string() }));
    let lines: Vec<_> =
        std::iter::once(with(head(1), &json!({ "add": "nord" }))).chain(named).collect();
    let rows = ask_many(&scene, &memory, "tag", &lines).await;
    assert_eq!(rows.last().unwrap(), &json!({ "end": true, "ok": 251, "refused": 0 }));
    assert_eq!(rows[250]["line"], 251);
    assert_eq!(memory.fleet.labels().1.values().sum::<u64>(), 251);
}

#[tokio::test]
async fn of_two_operators_one_wins_and_the_other_is_told() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let (first, second) =
        (one(1, 1, &json!({ "was": "active" })), one(1, 2, &json!({ "was": "active" })));
    let (one, other) = tokio::join!(
        ask(&scene, &memory, "suspend", first),
        ask(&scene, &memory, "retire", second)
    );
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    let state = json_of(won)["state"].as_str().unwrap().to_owned();
    assert_eq!(reason_of(lost), (409, format!("was: the box is {state}")));
    assert_eq!(scene.row(id(1)).await.state.as_str(), state);
    assert_eq!(audited(&scene).await.len(), 1);
}

#[tokio::test]
async fn who_finds_it_done_is_told_that_nothing_changed() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let first = json_of(ask(&scene, &memory, "suspend", one(1, 1, &json!({}))).await);
    let second = json_of(ask(&scene, &memory, "suspend", one(1, 2, &json!({}))).await);
    assert_eq!((first.get("unchanged"), &second["unchanged"]), (None, &json!(true)));
}

#[tokio::test]
async fn an_end_date_is_set_and_taken_away_and_never_lies_in_the_past() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    let auth =
        |counter, now_ms| memory.fleet.auth(&crypto_of(1, counter), &aad, TERMS, now_ms).outcome;
    // The day of the scene is 2026-11-20, and 16:00 in UTC.
    let today = one(1, 1, &json!({ "until": "2026-11-20" }));
    assert_eq!(json_of(ask(&scene, &memory, "until", today).await)["result"], "OK");
    assert_eq!(auth(1, NOW_MS), Outcome::Ok);
    let past = one(1, 2, &json!({ "until": "2026-11-19" }));
    let over = (400, "until: the day is over".to_owned());
    assert_eq!(reason_of(ask(&scene, &memory, "until", past).await), over);
    let none = reason_of(ask(&scene, &memory, "until", one(1, 3, &json!({}))).await);
    assert_eq!(none, (400, "until: missing".to_owned()));
    scene.change(id(1), |it| it.until = Some("2026-11-19".parse().unwrap())).await;
    let mut memory = memory;
    scene.pull(&mut memory).await;
    let auth = memory.fleet.auth(&crypto_of(1, 2), &aad, TERMS, NOW_MS).outcome;
    assert_eq!(auth, Outcome::Expired);
    let endless = one(1, 4, &json!({ "until": null, "reason": "paid" }));
    assert_eq!(json_of(ask(&scene, &memory, "until", endless).await)["state"], "active");
    let auth = memory.fleet.auth(&crypto_of(1, 3), &aad, TERMS, NOW_MS).outcome;
    assert_eq!(auth, Outcome::Ok);
    let shown = json_of(ask(&scene, &memory, "show", json!({ "imei": imei(1) })).await);
    let acts: Vec<_> = shown["history"].as_array().unwrap().iter().map(|it| &it["act"]).collect();
    assert_eq!(acts, ["until", "until"]);
}

#[tokio::test]
async fn tags_and_a_group_are_given_and_taken() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let give = one(1, 1, &json!({ "add": ["nord", "vip", "nord"], "group": "akwa" }));
    ask(&scene, &memory, "tag", give).await;
    let take = one(1, 2, &json!({ "remove": "vip", "add": "est" }));
    ask(&scene, &memory, "tag", take).await;
    let shown = json_of(ask(&scene, &memory, "show", json!({ "imei": imei(1) })).await);
    assert_eq!((&shown["tags"], &shown["group"]), (&json!(["est", "nord"]), &json!("akwa")));
    ask(&scene, &memory, "tag", one(1, 3, &json!({ "group": null }))).await;
    let told = lines_of(ask(&scene, &memory, "tags", json!({})).await);
    assert_eq!(
        told,
        [
            json!({ "tag": "est", "boxes": 1 }),
            json!({ "tag": "nord", "boxes": 1 }),
            json!({ "end": true })
        ]
    );
    let many: Vec<_> = (0..16).map(|n| format!("t{n}")).collect();
    let full = reason_of(ask(&scene, &memory, "tag", one(1, 4, &json!({ "add": many }))).await);
    assert_eq!(full, (400, "add: the box has no room for more tags".to_owned()));
    let odd = reason_of(ask(&scene, &memory, "tag", one(1, 5, &json!({ "add": "a b" }))).await);
    assert_eq!(odd, (400, "add: its character 2 is not allowed".to_owned()));
}

#[tokio::test]
async fn a_box_is_deleted_when_it_is_out_of_service_and_the_twin_forgets_it() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let (memory, mut twin) = (scene.memory().await, scene.memory().await);
    let refused = reason_of(ask(&scene, &memory, "delete", one(1, 1, &json!({}))).await);
    assert_eq!(refused, (409, "box: it is active, retire it first".to_owned()));
    ask(&scene, &memory, "retire", one(1, 2, &json!({}))).await;
    let deleted = json!({ "result": "OK", "box": id(1).to_string(), "state": "deleted" });
    assert_eq!(json_of(ask(&scene, &memory, "delete", one(1, 3, &json!({}))).await), deleted);
    assert_eq!(memory.fleet.len(), 0);
    let by_imei = with(head(3), &json!({ "imei": imei(1) }));
    for again in [one(1, 3, &json!({})), by_imei] {
        assert_eq!(json_of(ask(&scene, &memory, "delete", again).await), deleted);
    }
    let other = json_of(ask(&scene, &memory, "delete", one(1, 4, &json!({}))).await);
    assert_eq!(other["result"], "CODE_UNKNOWN");
    scene.pull(&mut twin).await;
    assert_eq!(twin.fleet.len(), 0);
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    let heard = twin.fleet.auth(&crypto_of(1, 1), &aad, TERMS, NOW_MS);
    assert_eq!((heard.outcome, heard.cause), (Outcome::BadCrypto, Some("UNKNOWN_BOX")));
    // What was read before the deletion comes too late.
    scene.sync(&memory.fleet).put(&scene.bare(1));
    assert_eq!(memory.fleet.len(), 0);
    assert_eq!(audited(&scene).await.len(), 2, "the log keeps what the box lost");
}

#[tokio::test]
async fn another_key_takes_over_customer_and_history_of_a_broken_one() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    scene.add(2, State::Registered).await;
    let memory = scene.memory().await;
    let vault = crate::vault::Vault::new(&scene.keys);
    let place = store::Place::Subscriber.of(id(1));
    let name = vault.seal(&place, b"Ada Ngo", &mut crypto::random::system()).unwrap();
    scene
        .change(id(1), |it| {
            it.subscriber = Some(name);
            it.until = Some("2027-01-31".parse().unwrap());
        })
        .await;
    ask(&scene, &memory, "tag", one(1, 1, &json!({ "group": "akwa" }))).await;
    let replace = one(1, 2, &json!({ "by": id(2).to_string(), "reason": "burnt" }));
    let done = json_of(ask(&scene, &memory, "replace", replace.clone()).await);
    let wanted = json!({
        "result": "OK", "box": id(1).to_string(), "state": "retired",
        "by": { "box": id(2).to_string(), "state": "active" },
    });
    assert_eq!(done, wanted);
    assert_eq!(json_of(ask(&scene, &memory, "replace", replace).await), wanted, "again");
    let new = json_of(ask(&scene, &memory, "show", json!({ "box": id(2).to_string() })).await);
    assert_eq!(
        (&new["subscriber"], &new["until"], &new["group"], &new["replaces"]),
        (&json!("Ada Ngo"), &json!("2027-01-31"), &json!("akwa"), &json!(id(1).to_string()))
    );
    let acts: Vec<_> = new["history"].as_array().unwrap().iter().map(|it| &it["act"]).collect();
    assert_eq!(acts.len(), 3, "{acts:?}");
    assert!(acts.contains(&&json!("tag")) && acts.contains(&&json!("replaced")), "{acts:?}");
    let old = json_of(ask(&scene, &memory, "show", json!({ "box": id(1).to_string() })).await);
    assert_eq!((&old["replaced_by"], old.get("subscriber")), (&new["box"], None));
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    let heard = |n| memory.fleet.auth(&crypto_of(n, 1), &aad, TERMS, NOW_MS).outcome;
    assert_eq!((heard(1), heard(2)), (Outcome::Retired, Outcome::Ok));
    let taken = one(1, 3, &json!({ "by": id(2).to_string() }));
    let taken = reason_of(ask(&scene, &memory, "replace", taken).await);
    assert_eq!(taken, (409, "by: it is active, not registered".to_owned()));
}
