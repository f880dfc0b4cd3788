use crypto::random;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::manage::tests::{ask_of, json_of, lines_of, reason_of};
use crate::scene::*;

/// A log of so many rows, the first with a reason.
async fn log(scene: &Scene, memory: &Memory, rows: i64) {
    let desk = scene.desk(memory);
    let key = scene.keys.get(Purpose::Index).unwrap();
    let mut tx = scene.store.begin().await.unwrap();
    for n in 1..=rows {
        let request = RequestId::from_uuid(Uuid::from_u128(u128::try_from(n).unwrap()));
        let place = Entry::place_of_why(request);
        let why = desk.vault().seal(&place, b"unpaid", &mut random::system()).unwrap();
        let entry = Entry {
            at_ms: NOW_MS + n,
            who: "ada".to_owned(),
            verb: "boxes/suspend".to_owned(),
            subject: format!("box/{n}"),
            request: Some(request.uuid()),
            bridge: "b-1".parse().unwrap(),
            why: (n == 1).then_some(why),
            detail: Some(json!({ "from": "active" }).to_string()),
        };
        tx.audit(&entry, key.current()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn lists_who_did_what_and_why() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    log(&scene, &memory, 3).await;
    let page = lines_of(ask_of(&scene, &memory, "audit/list", json!({ "limit": 2 })).await);
    assert_eq!((&page[0]["number"], &page[1]["number"]), (&json!(3), &json!(2)));
    assert_eq!(page[2], json!({ "end": true, "after": 2 }));
    let rest = json!({ "after": 2, "who": "ada", "verb": "boxes/suspend", "subject": "box/1" });
    let rest = lines_of(ask_of(&scene, &memory, "audit/list", rest).await);
    assert_eq!(
        (&rest[0]["reason"], &rest[0]["detail"]["from"]),
        (&json!("unpaid"), &json!("active"))
    );
    let none = lines_of(ask_of(&scene, &memory, "audit/list", json!({ "who": "eve" })).await);
    assert_eq!(none, [json!({ "end": true })]);
    let wrong = reason_of(ask_of(&scene, &memory, "audit/list", json!({ "from": "soon" })).await);
    assert!(wrong.1.starts_with("from: "), "{wrong:?}");
}

#[tokio::test]
async fn says_whether_the_log_is_whole_since_a_mark() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    log(&scene, &memory, 3).await;
    let whole = json_of(ask_of(&scene, &memory, "audit/verify", json!({})).await);
    assert_eq!((&whole["whole"], &whole["rows"]), (&json!(true), &json!(3)));
    let since = json!({ "after": whole["good"] });
    let again = json_of(ask_of(&scene, &memory, "audit/verify", since).await);
    assert_eq!(again, whole);
    let other = json!({ "after": format!("3:{}", "0".repeat(64)) });
    let other = json_of(ask_of(&scene, &memory, "audit/verify", other).await);
    assert_eq!((&other["whole"], &other["fault"]), (&json!(false), &json!("rewritten")));
    let wrong = reason_of(ask_of(&scene, &memory, "audit/verify", json!({ "after": "3" })).await);
    assert_eq!(wrong, (400, "after: it is not NUMBER:HASH".to_owned()));
}
