use std::net::SocketAddr;

use chassis::{ManagedBody, Peer};
use protocol::{Right, Rights};
use store::State;
use tokio::time::Instant;

use super::*;
use crate::scene::*;

mod bulk;
mod pages;

const REQUEST: &str = "0192f0c1-2b3c-7d4e-8f50-123456789abc";

async fn ask(scene: &Scene, memory: &Memory, verb: &str, body: Value) -> Managed {
    send(scene, memory, verb, ("application/json", body.to_string())).await
}

/// Asks for `noun/verb`.
pub(super) async fn ask_of(scene: &Scene, memory: &Memory, verb: &str, body: Value) -> Managed {
    let (noun, verb) = verb.split_once('/').unwrap();
    let (noun, body) = (noun.to_owned(), body.to_string().into());
    manage(&scene.desk(memory), &ManageCall { noun, body, ..call(verb) }).await
}

/// The same with many boxes.
async fn ask_many(scene: &Scene, memory: &Memory, verb: &str, lines: &[Value]) -> Vec<Value> {
    let body: Vec<_> = lines.iter().map(Value::to_string).collect();
    lines_of(send(scene, memory, verb, ("application/x-ndjson", body.join("\n"))).await)
}

async fn send(scene: &Scene, memory: &Memory, verb: &str, body: (&str, String)) -> Managed {
    let (content_type, body) = (body.0.to_owned(), body.1.into());
    manage(&scene.desk(memory), &ManageCall { content_type, body, ..call(verb) }).await
}

fn call(verb: &str) -> ManageCall {
    ManageCall {
        noun: "boxes".to_owned(),
        verb: verb.to_owned(),
        query: String::new(),
        content_type: "application/json".to_owned(),
        body: bytes::Bytes::new(),
        bridge: "b-1".parse().unwrap(),
        client: None,
        principal: None,
        rights: Rights::PERSON,
        peer: Peer(SocketAddr::from(([127, 0, 0, 1], 1))),
        arrived_ms: NOW_MS,
        deadline: Instant::now() + std::time::Duration::from_mins(1),
    }
}

pub(super) fn json_of(managed: Managed) -> Value {
    match managed.body {
        ManagedBody::Json(value) => value,
        other => panic!("{other:?}"),
    }
}

pub(super) fn lines_of(managed: Managed) -> Vec<Value> {
    match managed.body {
        ManagedBody::Lines(lines) => lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect(),
        other => panic!("{other:?}"),
    }
}

pub(super) fn reason_of(managed: Managed) -> (u16, String) {
    match managed.body {
        ManagedBody::Problem { detail, .. } => (managed.status, detail),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lists_page_by_page_and_by_state() {
    let scene = Scene::new().await;
    for (n, state) in [(1, State::Active), (2, State::Stolen), (3, State::Active)] {
        scene.add(n, state).await;
    }
    let memory = scene.memory().await;
    let page = lines_of(ask(&scene, &memory, "list", json!({ "limit": 2 })).await);
    assert_eq!(page.len(), 3);
    assert_eq!((&page[0]["box"], &page[0]["imei"]), (&json!(id(1).to_string()), &json!(imei(1))));
    let end = json!({ "end": true, "after": id(2).to_string() });
    assert_eq!(page[2], end);
    let rest = json!({ "limit": 2, "after": end["after"] });
    let rest = lines_of(ask(&scene, &memory, "list", rest).await);
    assert_eq!((rest.len(), &rest[1]), (2, &json!({ "end": true })));
    let stolen = lines_of(ask(&scene, &memory, "list", json!({ "state": "stolen" })).await);
    assert_eq!((stolen.len(), &stolen[0]["state"]), (2, &json!("stolen")));
}

#[tokio::test]
async fn shows_a_box_by_each_of_its_names() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    memory.fleet.auth(&crypto_of(1, 1), &aad, TERMS, NOW_MS);
    for named in [
        json!({ "box": device.id.to_string() }),
        json!({ "imei": imei(1) }),
        json!({ "serial": SERIAL }),
        json!({ "macaddr": mac(1).to_string() }),
    ] {
        let shown = json_of(ask(&scene, &memory, "show", named).await);
        assert_eq!((&shown["result"], &shown["state"]), (&json!("OK"), &json!("active")));
        let auth = json!({ "time": "2026-11-20T16:00:00.000Z", "result": "OK", "lease": 14_400 });
        assert_eq!(shown["auth"], auth);
    }
    let none = json_of(ask(&scene, &memory, "show", json!({ "imei": imei(9) })).await);
    assert_eq!(none["result"], "CODE_UNKNOWN");
    scene.add(2, State::Active).await;
    let two = json_of(ask(&scene, &memory, "show", json!({ "serial": SERIAL })).await);
    assert_eq!(two["result"], "MAC_NOT_UNIQUE");
}

#[tokio::test]
async fn finds_by_a_beginning_and_by_four_last_characters() {
    let scene = Scene::new().await;
    for n in [1, 2] {
        scene.add(n, State::Active).await;
    }
    let memory = scene.memory().await;
    for (sought, rows) in [
        (json!({ "box": "0101" }), 1),
        (json!({ "last": "9502" }), 1),
        (json!({ "last": "3677" }), 2),
        (json!({ "last": "0000" }), 0),
        (json!({ "imei": imei(2) }), 1),
    ] {
        let found = lines_of(ask(&scene, &memory, "find", sought.clone()).await);
        assert_eq!(found.len(), rows + 1, "{sought}");
    }
    let short = reason_of(ask(&scene, &memory, "find", json!({ "box": "01" })).await);
    assert_eq!(short, (400, "box: it is not 4 to 32 hex digits".to_owned()));
}

#[tokio::test]
async fn a_suspension_acts_at_once_and_keeps_who_and_why() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let body = json!({ "request": REQUEST, "box": device.id.to_string(), "reason": "unpaid" });
    let done = json_of(ask(&scene, &memory, "suspend", body).await);
    assert_eq!(done, json!({ "result": "OK", "box": device.id.to_string(), "state": "suspended" }));
    let aad = crypto::aad::auth("ngondo-box", "1.0");
    let heard = memory.fleet.auth(&crypto_of(1, 1), &aad, TERMS, NOW_MS);
    assert_eq!(heard.outcome, Outcome::Suspended);
    let shown = json_of(ask(&scene, &memory, "show", json!({ "imei": imei(1) })).await);
    let event = &shown["history"][0];
    assert_eq!((&event["who"], &event["reason"]), (&json!("local"), &json!("unpaid")));
}

#[tokio::test]
async fn the_same_request_does_not_suspend_again_what_was_resumed_since() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let suspend = json!({ "request": REQUEST, "box": device.id.to_string() });
    let resume = json!({ "request": uuid::Uuid::nil(), "box": device.id.to_string() });
    ask(&scene, &memory, "suspend", suspend.clone()).await;
    ask(&scene, &memory, "resume", resume).await;
    let late = json_of(ask(&scene, &memory, "suspend", suspend).await);
    assert_eq!((&late["result"], &late["state"]), (&json!("OK"), &json!("active")));
}

#[tokio::test]
async fn a_request_that_did_one_thing_does_not_pass_for_another() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let body = json!({ "request": REQUEST, "box": device.id.to_string() });
    ask(&scene, &memory, "suspend", body.clone()).await;
    let refused = reason_of(ask(&scene, &memory, "resume", body).await);
    assert_eq!(refused, (400, "request: known with another verb".to_owned()));
}

#[tokio::test]
async fn a_stolen_box_gets_no_credential_any_more_and_comes_back_with_a_reason() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let body = |n: u128| json!({ "request": uuid::Uuid::from_u128(n), "imei": imei(1) });
    ask(&scene, &memory, "stolen", body(1)).await;
    assert!(!scene.has_answer(&device).await);
    let refused = json_of(ask(&scene, &memory, "resume", body(2)).await);
    assert_eq!(refused["result"], "STOLEN");
    let bare = reason_of(ask(&scene, &memory, "suspend", body(3)).await);
    assert_eq!(bare, (400, "reason: missing".to_owned()));
    let mut found = body(4);
    found["reason"] = "found in a taxi".into();
    assert_eq!(json_of(ask(&scene, &memory, "suspend", found).await)["state"], "suspended");
}

#[tokio::test]
async fn who_is_no_admin_does_not_take_a_retired_box_back() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Retired).await;
    let memory = scene.memory().await;
    let body = json!({ "request": REQUEST, "box": device.id.to_string(), "reason": "mended" });
    let ask_with = async |right| {
        let rights = Rights::of(&[right]);
        let body = body.to_string().into();
        manage(&scene.desk(&memory), &ManageCall { body, rights, ..call("suspend") }).await
    };
    let reason = "to take a box back that is retired or stolen needs the right admin";
    assert_eq!(reason_of(ask_with(Right::Activate).await), (403, reason.to_owned()));
    assert_eq!(json_of(ask_with(Right::Admin).await)["state"], "suspended");
}

#[tokio::test]
async fn names_what_is_wrong_with_a_request() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    for (verb, body, reason) in [
        ("suspend", json!({ "box": "00" }), "request: missing"),
        ("show", json!({}), "box: missing, and imei, serial and macaddr too"),
        (
            "list",
            json!({ "state": "gone" }),
            "state: not one of registered, active, suspended, retired, stolen",
        ),
    ] {
        assert_eq!(reason_of(ask(&scene, &memory, verb, body).await), (400, reason.to_owned()));
    }
    assert_eq!(reason_of(ask(&scene, &memory, "paint", json!({})).await).0, 404);
}

#[tokio::test]
async fn a_database_that_is_gone_is_busy() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    scene.store.close().await;
    assert_eq!(reason_of(ask(&scene, &memory, "list", json!({})).await).0, 503);
}
