use serde_json::json;
use store::{AlertKind, AuditFilter};

use crate::manage::tests::{ask_of, json_of, lines_of, reason_of};
use crate::scene::*;

const ONE: &str = "0192f0c1-2b3c-7d4e-8f50-123456789ab1";
const TWO: &str = "0192f0c1-2b3c-7d4e-8f50-123456789ab2";

#[tokio::test]
async fn an_alert_is_listed_until_somebody_acknowledges_it() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    let mut tx = scene.store.begin().await.unwrap();
    for _ in 0..2 {
        tx.raise_alert(AlertKind::Counter, "box/01", r#"{"by":9}"#, NOW_MS).await.unwrap();
    }
    tx.commit().await.unwrap();
    let open = lines_of(ask_of(&scene, &memory, "alerts/list", json!({})).await);
    assert_eq!((&open[0]["kind"], &open[0]["times"]), (&json!("counter"), &json!(2)));
    assert_eq!(open[0]["detail"], json!({ "by": 9 }));

    let ack = json!({ "request": ONE, "number": 1 });
    let done = json_of(ask_of(&scene, &memory, "alerts/ack", ack.clone()).await);
    assert_eq!((&done["result"], &done["seen_by"]), (&json!("OK"), &json!("local")));
    let again = json_of(ask_of(&scene, &memory, "alerts/ack", ack).await);
    assert_eq!(again, done);
    let other = json!({ "request": TWO, "number": 1 });
    let other = json_of(ask_of(&scene, &memory, "alerts/ack", other).await);
    assert_eq!(other["result"], "ALREADY_RECORDED");

    let open = lines_of(ask_of(&scene, &memory, "alerts/list", json!({})).await);
    assert_eq!(open, [json!({ "end": true })]);
    let all = lines_of(ask_of(&scene, &memory, "alerts/list", json!({ "state": "all" })).await);
    assert_eq!(all.len(), 2);
    let rows = scene.store.audit_list(&AuditFilter::default(), 10).await.unwrap();
    assert_eq!(rows.len(), 1, "one change, one row");
    assert_eq!(
        (rows[0].entry.verb.as_str(), rows[0].entry.subject.as_str()),
        ("alerts/ack", "alert/1")
    );
}

#[tokio::test]
async fn names_what_is_wrong_with_an_acknowledgement() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    let none = json!({ "request": ONE, "number": 7 });
    let none = json_of(ask_of(&scene, &memory, "alerts/ack", none).await);
    assert_eq!(none["result"], "CODE_UNKNOWN");
    let wrong = reason_of(ask_of(&scene, &memory, "alerts/ack", json!({ "request": ONE })).await);
    assert_eq!(wrong, (400, "number: missing".to_owned()));
    let state = json!({ "state": "closed" });
    let wrong = reason_of(ask_of(&scene, &memory, "alerts/list", state).await);
    assert_eq!(wrong, (400, "state: it is not open or all".to_owned()));
}
