use store::AlertKind;

use super::*;
use crate::scene::*;

const REQUEST: &str = r#"{"request":"0192f0c1-2b3c-7d4e-8f50-123456789abc"}"#;

fn key(n: u32) -> String {
    format!(r#"{{"imei":"86182103{n:07}","serial":"G4PDW{n:09}","label":"stock-{n}"}}"#)
}

fn body(head: &str, lines: impl IntoIterator<Item = String>) -> String {
    std::iter::once(head.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn results(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["result"].as_str()).collect()
}

#[tokio::test]
async fn each_line_has_its_verdict_and_the_good_ones_are_recorded() {
    let scene = Scene::new().await;
    let lines = [
        r#"{"macaddr":"a8:bb:cc:dd:ee:01","imei":"861821030000001","serial":"G4PDW1","group":"akwa","tags":["nord","2026"]}"#,
        r#"{"imei":"8.61821E+14"}"#,
        "not json",
        r#"{"imei":"861821030000001","serial":"G4PDW1"}"#,
        r#"{"macaddr":"02:00:00:00:00:01"}"#,
        r#"{"serial":"G4PDW2"}"#,
        r#"{"imei":"861821030000003","colour":"red"}"#,
        r#"{"imei":"861821030000004"}"#,
    ];
    let rows = scene.ask("import", &body(REQUEST, lines.map(str::to_owned))).await;
    let rows = lines_of(rows);
    let wanted = [
        ("OK", None),
        ("MALFORMED", Some("imei: its character 2 is not allowed")),
        ("MALFORMED", Some("body: it is not a JSON object")),
        ("ALREADY_RECORDED", Some("line: an earlier one has the same key")),
        ("MAC_NOT_UNIQUE", Some("macaddr: it does not tell this key from others, send the imei")),
        ("MALFORMED", Some("macaddr: missing, and imei too")),
        (
            "MALFORMED",
            Some(
                "colour: unknown; known are macaddr, imei, serial, imsi, iccid, model, fw, label, group, tags",
            ),
        ),
        ("OK", None),
    ];
    for (row, (result, reason)) in rows.iter().zip(wanted) {
        assert_eq!((row["result"].as_str(), row["reason"].as_str()), (Some(result), reason));
    }
    assert_eq!(rows[8], json!({ "end": true, "ok": 2, "already": 1, "refused": 5 }));
    let boxes = scene.boxes().await;
    assert_eq!(boxes.len(), 2);
    assert_eq!(boxes[0].labels.group.unwrap().as_str(), "akwa");
    assert_eq!(boxes[0].labels.tags().len(), 2);
    assert_eq!(rows[0]["box"], boxes[0].id.to_string());
    assert_eq!(rows[0]["activation"].as_str().unwrap().len(), 16);
    assert!(rows[0].get("credential").is_none(), "they were not asked for");
    assert_eq!(scene.audited().await, 2);
}

#[tokio::test]
async fn the_same_import_again_records_no_line_twice_and_tells_the_same() {
    let scene = Scene::new().await;
    let whole = body(REQUEST, (1..=250).map(key));
    let part = body(REQUEST, (1..=130).map(key));
    let first = lines_of(scene.ask("import", &part).await);
    let again = lines_of(scene.ask("import", &whole).await);
    assert_eq!(first[..130], again[..130], "what was done before the cut is told again");
    assert_eq!(again[250], json!({ "end": true, "ok": 250, "already": 0, "refused": 0 }));
    assert_eq!(scene.boxes().await.len(), 250);
    assert_eq!(scene.audited().await, 250);
    let other = REQUEST.replace("abc", "abd");
    let other = lines_of(scene.ask("import", &body(&other, (1..=250).map(key))).await);
    assert!(results(&other).iter().all(|it| *it == "ALREADY_RECORDED"));
    assert_eq!(other[0]["box"], again[0]["box"]);
}

#[tokio::test]
async fn a_check_tells_the_same_and_changes_nothing() {
    let scene = Scene::new().await;
    lines_of(scene.ask("import", &body(REQUEST, [key(1)])).await);
    let head = r#"{"request":"0192f0c1-2b3c-7d4e-8f50-000000000002","check":true}"#;
    let other = key(1).replace("G4PDW", "OTHER");
    let rows = lines_of(scene.ask("import", &body(head, [key(1), key(2), other])).await);
    assert_eq!(results(&rows), ["ALREADY_RECORDED", "OK", "FORBIDDEN"]);
    assert!(rows[1].get("box").is_none(), "the id will be another one");
    assert_eq!(scene.boxes().await.len(), 1);
    assert_eq!(scene.store.alerts(store::Alerts::Open, None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_line_that_claims_another_key_is_refused_and_told_to_operators() {
    let scene = Scene::new().await;
    lines_of(scene.ask("import", &body(REQUEST, [key(1)])).await);
    let head = REQUEST.replace("abc", "abd");
    let other = key(1).replace("G4PDW", "OTHER");
    let rows = lines_of(scene.ask("import", &body(&head, [other])).await);
    assert_eq!(results(&rows), ["FORBIDDEN"]);
    let alerts = scene.store.alerts(store::Alerts::Open, None, 9).await.unwrap();
    assert_eq!(alerts[0].kind, AlertKind::Identity);
}

#[tokio::test]
async fn after_the_deadline_lines_are_told_that_nothing_was_done() {
    let scene = Scene::new().await;
    let rows = scene.ask_by("import", &body(REQUEST, (1..=3).map(key)), Instant::now()).await;
    assert_eq!(rows.outcome, Outcome::Timeout);
    assert_eq!(results(&lines_of(rows)), ["TIMEOUT"; 3]);
    assert_eq!(scene.boxes().await.len(), 0);
}

#[tokio::test]
async fn credentials_are_told_to_who_asks_for_them() {
    let scene = Scene::new().await;
    let head = REQUEST.replace('}', r#","credentials":true}"#);
    let rows = lines_of(scene.ask("import", &body(&head, [key(1)])).await);
    let credential = rows[0]["credential"].as_str().unwrap();
    let read = crypto::credential::parse(credential).unwrap();
    assert_eq!(read.device_id, *scene.boxes().await[0].id.as_bytes());
}

#[tokio::test]
async fn an_import_without_a_request_or_with_too_many_lines_is_refused_whole() {
    let scene = Scene::new().await;
    for (text, reason) in [
        (String::new(), "request: missing"),
        ("{}".to_owned(), "request: missing"),
        ("[1]".to_owned(), "body: it is not a JSON object"),
        (body(REQUEST, (0..5_001).map(|_| "{}".to_owned())), "body: more than 5001 lines"),
    ] {
        assert_eq!(reason_of(scene.ask("import", &text).await), (400, reason.to_owned()));
    }
}
