use protocol::TopUp;
use serde_json::json;
use store::AuditFilter;
use uuid::Uuid;

use super::*;
use crate::rules::Rules;
use crate::scene::{Scene, asker, lines, problem, value};

/// A scene in which vouchers of 500 need no second person, with two recharge codes in stock and
/// one voucher sold.
async fn sold(above: u64) -> (Scene, String) {
    let mut scene = Scene::new().await;
    scene.desk.rules = Rules { second_person_above: above, ..Rules::default() };
    let code =
        |code: &str| json!({ "operator": "MTN", "amount": "500", "currency": "XAF", "code": code });
    let stock = [json!({ "request": Uuid::from_u128(1) }), code("10000001"), code("10000002")];
    scene.manage("import", &stock.map(|it| it.to_string()).join("\n")).await;
    let sale = json!({
        "request": Uuid::from_u128(2), "operator": "MTN", "amount": "500", "currency": "XAF",
    });
    let sold = value(&scene.manage("sell", &sale.to_string()).await);
    let code = sold["vouchers"][0]["code"].as_str().unwrap().to_owned();
    (scene, code)
}

fn wish(request: u128) -> String {
    json!({ "request": Uuid::from_u128(request), "serial": 1, "reason": "torn" }).to_string()
}

fn decide(request: u128, refund: u64) -> String {
    json!({ "request": Uuid::from_u128(request), "refund": refund }).to_string()
}

async fn topup(scene: &Scene, code: &str) -> Outcome {
    let topup = TopUp::new(code.parse().unwrap());
    scene.topup(&topup, &asker(&format!("of-{code}"))).await.answer.outcome()
}

/// The verbs of the audit log, oldest first.
async fn audited(scene: &Scene) -> Vec<String> {
    let rows = scene.store.audit_list(&AuditFilter::default(), 100).await.unwrap();
    let mut verbs: Vec<_> = rows.into_iter().map(|it| it.entry.verb).collect();
    verbs.reverse();
    verbs.retain(|verb| !["vouchers/import", "vouchers/sell"].contains(&verb.as_str()));
    verbs
}

#[tokio::test]
async fn a_voucher_is_replaced_and_the_same_request_shows_the_code_again() {
    let (scene, old) = sold(5000).await;
    let first = value(&scene.manage("replace", &wish(3)).await);
    assert_eq!((&first["state"], &first["voucher"]["serial"]), (&json!("done"), &json!(2)));
    let again = value(&scene.manage("replace", &wish(3)).await);
    assert_eq!(again, first);
    let new = first["voucher"]["code"].as_str().unwrap();
    assert_eq!(topup(&scene, &old).await, Outcome::CodeVoid);
    assert_eq!(topup(&scene, new).await, Outcome::Ok);
    let redeemed = value(&scene.manage("replace", &wish(3)).await);
    assert_eq!(redeemed["voucher"], json!({ "serial": 2, "state": "redeemed" }));
    assert_eq!(audited(&scene).await, ["vouchers/replace"]);
    let other = value(&scene.manage("refund", &wish(4)).await);
    assert_eq!(other["result"], "ALREADY_RECORDED");
}

#[tokio::test]
async fn a_reason_is_needed_and_kept_sealed() {
    let (scene, _) = sold(5000).await;
    let none = json!({ "request": Uuid::from_u128(3), "serial": 1 }).to_string();
    assert_eq!(problem(&scene.manage("refund", &none).await), (400, "reason: missing"));
    scene.manage("refund", &wish(3)).await;
    let rows = lines(&scene.manage("refunds", "").await);
    assert_eq!((&rows[0]["reason"], &rows[0]["kind"]), (&json!("torn"), &json!("refund")));
    let row = &scene.store.audit_list(&AuditFilter::default(), 1).await.unwrap()[0].entry;
    assert!(!row.why.clone().unwrap().windows(4).any(|it| it == b"torn"));
    assert_eq!((row.subject.as_str(), row.verb.as_str()), ("voucher/1", "vouchers/refund"));
}

#[tokio::test]
async fn above_the_amount_another_person_decides() {
    let (scene, old) = sold(499).await;
    let asked = value(&scene.manage_as("replace", &wish(3), Some("ada")).await);
    assert_eq!((&asked["state"], asked.get("voucher")), (&json!("asked"), None));
    let own = scene.manage_as("approve", &decide(4, 1), Some("ada")).await;
    assert_eq!(problem(&own), (403, "refund: another person has to decide"));
    let done = value(&scene.manage_as("approve", &decide(5, 1), Some("bob")).await);
    assert_eq!(
        (&done["state"], &done["decided_by"], done.get("voucher")),
        (&json!("done"), &json!("bob"), None)
    );
    assert_eq!(value(&scene.manage_as("approve", &decide(5, 1), Some("bob")).await), done);
    let late = value(&scene.manage_as("approve", &decide(6, 1), Some("eve")).await);
    assert_eq!(late["result"], "ALREADY_RECORDED");
    let shown = value(&scene.manage_as("replace", &wish(3), Some("ada")).await);
    assert_eq!(topup(&scene, shown["voucher"]["code"].as_str().unwrap()).await, Outcome::Ok);
    assert_eq!(topup(&scene, &old).await, Outcome::CodeVoid);
    assert_eq!(audited(&scene).await, ["vouchers/replace", "vouchers/approve"]);
}

#[tokio::test]
async fn what_was_declined_changes_nothing_and_may_be_asked_again() {
    let (scene, old) = sold(0).await;
    scene.manage_as("refund", &wish(3), Some("ada")).await;
    let open = json!({ "state": "asked" }).to_string();
    assert_eq!(lines(&scene.manage("refunds", &open).await).len(), 2);
    let declined = value(&scene.manage_as("decline", &decide(4, 1), Some("bob")).await);
    assert_eq!(declined["state"], "declined");
    assert_eq!(lines(&scene.manage("refunds", &open).await).len(), 1);
    let again = value(&scene.manage_as("refund", &wish(5), Some("ada")).await);
    assert_eq!(again["refund"], 2);
    assert_eq!(topup(&scene, &old).await, Outcome::Ok);
    let gone = value(&scene.manage_as("approve", &decide(6, 2), Some("bob")).await);
    assert_eq!(
        (&gone["result"], &gone["reason"]),
        (&json!("CODE_USED"), &json!("serial: it was redeemed since somebody asked"))
    );
    let none = value(&scene.manage_as("approve", &decide(7, 9), Some("bob")).await);
    assert_eq!(none["result"], "CODE_UNKNOWN");
}
