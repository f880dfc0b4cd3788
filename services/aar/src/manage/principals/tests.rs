use std::net::SocketAddr;

use chassis::{ManageCall, ManagedBody, Peer};
use protocol::Right;
use tokio::time::Instant;

use super::*;
use crate::manage::manage;
use crate::scene::{Memory, NOW_MS, Scene};

/// What one verb answers: status and body, each line of a list by itself.
async fn ask((scene, memory): (&Scene, &Memory), verb: &str, body: &Value) -> (u16, Vec<Value>) {
    let call = ManageCall {
        noun: "principals".to_owned(),
        verb: verb.to_owned(),
        query: String::new(),
        content_type: "application/json".to_owned(),
        body: body.to_string().into(),
        bridge: "b-1".parse().unwrap(),
        client: None,
        principal: Some("ada".parse().unwrap()),
        rights: Rights::PERSON,
        peer: Peer(SocketAddr::from(([127, 0, 0, 1], 1))),
        arrived_ms: NOW_MS,
        deadline: Instant::now(),
    };
    let managed = manage(&scene.desk(memory), &call).await;
    let shown = match managed.body {
        ManagedBody::Json(value) => vec![value],
        ManagedBody::Lines(lines) => std::str::from_utf8(&lines)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        ManagedBody::Problem { detail, .. } => vec![Value::from(detail)],
        other @ ManagedBody::Passed { .. } => panic!("{other:?}"),
    };
    (managed.status, shown)
}

/// The one document that a change answers.
async fn change(world: (&Scene, &Memory), verb: &str, (n, mut body): (u128, Value)) -> Value {
    body["request"] = Uuid::from_u128(n).to_string().into();
    let (_, shown) = ask(world, verb, &body).await;
    shown.into_iter().next().unwrap()
}

async fn world() -> (Scene, Memory) {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    (scene, memory)
}

fn shop() -> Value {
    json!({ "name": "akwa-1", "kind": "shop", "rights": "sell" })
}

fn shown(rights: &str, number: u32, revoked: bool) -> Value {
    json!({ "result": "OK", "name": "akwa-1", "kind": "shop", "rights": rights,
        "number": number, "revoked": revoked })
}

fn already(mut shown: Value) -> Value {
    shown["already"] = true.into();
    shown
}

#[tokio::test]
async fn a_principal_is_added_given_other_rights_and_revoked() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    assert_eq!(change(world, "add", (1, shop())).await, shown("sell", 1, false));
    assert_eq!(change(world, "add", (2, shop())).await, already(shown("sell", 1, false)));
    let more = json!({ "name": "akwa-1", "kind": "shop", "rights": "print sell read" });
    assert_eq!(change(world, "add", (3, more)).await, shown("sell print read", 1, false));
    let name = json!({ "name": "akwa-1" });
    let revoked = shown("sell print read", 1, true);
    assert_eq!(change(world, "revoke", (4, name.clone())).await, revoked);
    assert_eq!(change(world, "revoke", (5, name)).await, already(revoked));
    let [there] = &scene.store.principals().await.unwrap()[..] else { panic!() };
    assert!(there.revoked && there.rights.has(Right::Print));
}

#[tokio::test]
async fn who_was_revoked_comes_back_with_a_newer_key_alone() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    change(world, "add", (1, shop())).await;
    change(world, "revoke", (2, json!({ "name": "akwa-1" }))).await;
    let refused = "number: it was revoked, and comes back with a key over number 1 alone";
    assert_eq!(change(world, "add", (3, shop())).await, refused);
    let mut newer = shop();
    newer["number"] = 1.into();
    assert_eq!(change(world, "add", (4, newer.clone())).await, refused);
    newer["number"] = 2.into();
    assert_eq!(change(world, "add", (5, newer)).await, shown("sell", 2, false));
    let rotated = change(world, "rotate", (6, json!({ "name": "akwa-1", "number": 3 }))).await;
    assert_eq!(rotated, shown("sell", 3, false));
}

#[tokio::test]
async fn a_number_only_grows() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    change(world, "add", (1, shop())).await;
    let rotate = async |n, number: u32| {
        change(world, "rotate", (n, json!({ "name": "akwa-1", "number": number }))).await
    };
    assert_eq!(rotate(2, 3).await, shown("sell", 3, false));
    assert_eq!(rotate(3, 3).await, already(shown("sell", 3, false)));
    assert_eq!(rotate(4, 2).await, "number: it only grows, and is 3 now");
    let mut under = shop();
    under["number"] = 2.into();
    assert_eq!(change(world, "add", (5, under)).await, "number: it only grows, and is 3 now");
    assert_eq!(change(world, "add", (6, shop())).await, already(shown("sell", 3, false)));
    change(world, "revoke", (7, json!({ "name": "akwa-1" }))).await;
    assert_eq!(rotate(8, 4).await, "name: it was revoked; add it again");
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_whatever_happened_since() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    let added = change(world, "add", (1, shop())).await;
    let rotate = json!({ "name": "akwa-1", "number": 2 });
    let rotated = change(world, "rotate", (2, rotate.clone())).await;
    change(world, "revoke", (3, json!({ "name": "akwa-1" }))).await;
    assert_eq!(change(world, "add", (1, shop())).await, added);
    assert_eq!(change(world, "rotate", (2, rotate)).await, rotated);
    assert!(scene.store.principals().await.unwrap()[0].revoked, "nothing was done again");
}

#[tokio::test]
async fn a_request_that_did_one_thing_does_not_pass_for_another() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    change(world, "add", (1, shop())).await;
    let known = "request: known with another wish";
    let other = json!({ "name": "akwa-2", "kind": "shop", "rights": "sell" });
    assert_eq!(change(world, "add", (1, other)).await, known);
    let more = json!({ "name": "akwa-1", "kind": "shop", "rights": "sell read" });
    assert_eq!(change(world, "add", (1, more)).await, known);
    assert_eq!(change(world, "revoke", (1, json!({ "name": "akwa-1" }))).await, known);
}

#[tokio::test]
async fn lists_by_kind_and_page_by_page_with_who_and_when() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    change(world, "add", (1, shop())).await;
    let module = json!({ "name": "aar-1", "kind": "module", "rights": "module:AAR" });
    change(world, "add", (2, module)).await;
    let (_, first) = ask(world, "list", &json!({ "limit": 1 })).await;
    assert_eq!(first[0]["name"], "aar-1");
    assert_eq!(first[1], json!({ "end": true, "after": "aar-1" }));
    let (_, shops) = ask(world, "list", &json!({ "kind": "shop", "after": "aar-1" })).await;
    let time = "2026-11-20T16:00:00.000Z";
    let row = json!({ "name": "akwa-1", "kind": "shop", "rights": "sell", "number": 1,
        "revoked": false, "created": time, "created_by": "ada", "changed": time,
        "changed_by": "ada" });
    assert_eq!(shops, [row, json!({ "end": true })]);
}

#[tokio::test]
async fn names_what_is_wrong_with_a_request() {
    let (scene, memory) = world().await;
    let world = (&scene, &memory);
    change(world, "add", (1, shop())).await;
    let add = |name: &str, kind: &str, rights: &str| json!({ "name": name, "kind": kind, "rights": rights });
    let long = "a".repeat(33);
    for (n, (verb, body, reason)) in [
        (
            "add",
            add("eve", "operator", "module:PPPX"),
            "rights: a right module:ROLE is for modules alone",
        ),
        ("add", add("aar-1", "module", ""), "rights: a module has one right module:ROLE"),
        ("add", add("akwa-1", "app", "sell"), "kind: the name is known as shop"),
        ("add", add("e ve", "app", "sell"), "name: its character 2 is not allowed"),
        ("add", add(&long, "module", "module:SR"), "name: its length is 33, not 1 to 32"),
        ("add", json!({ "name": "eve" }), "kind: missing"),
        ("rotate", json!({ "name": "akwa-1" }), "number: missing"),
        ("revoke", json!({}), "name: missing"),
    ]
    .into_iter()
    .enumerate()
    {
        let n = 100 + u128::try_from(n).unwrap();
        assert_eq!(change(world, verb, (n, body)).await, reason);
    }
    let root = change(world, "add", (2, add("eve", "operator", "root"))).await;
    assert!(root.as_str().unwrap().starts_with("rights: it has a word that is not a right"));
    assert_eq!(ask(world, "add", &shop()).await, (400, vec!["request: missing".into()]));
    let none = change(world, "revoke", (3, json!({ "name": "eve" }))).await;
    assert_eq!(none, json!({ "result": "CODE_UNKNOWN", "reason": "name: no such principal" }));
    assert_eq!(scene.store.principals().await.unwrap().len(), 1);
}
