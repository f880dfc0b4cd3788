//! Batches, shops, freezing and counting, as the management interface does them.

use protocol::{Answer, PurchaseCode, TopUp};

use super::*;

/// A body with a request of its own.
fn body_of(request: u128, mut body: Value) -> String {
    body["request"] = Uuid::from_u128(request).to_string().into();
    body.to_string()
}

fn order(count: u32) -> Value {
    json!({ "operator": "MTN", "amount": "500", "currency": "XAF", "count": count })
}

async fn done(scene: &Scene, verb: &str, request: u128, body: Value) -> Value {
    let managed = scene.manage(verb, &body_of(request, body)).await;
    assert_eq!(managed.outcome, Outcome::Ok, "{verb}: {:?}", managed.body);
    value(&managed)
}

/// An active batch of which a shop has every card; serials 1 and on.
async fn opened(scene: &Scene, count: u32, shop: &str) {
    scene.stock(count).await;
    done(scene, "generate", 900, order(count)).await;
    done(scene, "activate", 901, json!({ "batch": 1 })).await;
    done(scene, "assign", 902, json!({ "shop": shop, "first": 1, "last": count })).await;
}

async fn topup(scene: &Scene, code: &str, bridge: &str) -> Outcome {
    let code: PurchaseCode = code.parse().unwrap();
    match scene.topup(&TopUp::new(code), &asker(bridge)).await.answer {
        Answer::TopUp(_) => Outcome::Ok,
        other => other.outcome(),
    }
}

fn code(sold: &Value) -> String {
    sold["vouchers"][0]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_batch_is_generated_printed_activated_and_closed() {
    let scene = Scene::new().await;
    let first = done(&scene, "generate", 1, order(6_000)).await;
    assert_eq!((&first["made"], &first["last"]), (&json!(5_000), &json!(6_000)));
    let whole = done(&scene, "generate", 1, order(6_000)).await;
    assert_eq!(whole["made"], 6_000);
    let more = scene.manage("generate", &body_of(1, order(7))).await;
    assert_eq!(problem(&more), (400, "request: it was for something else before"));
    let key = crypto::PrivateKey::generate().unwrap();
    let spki = protocol::PubKey::from_der(&key.public_der().unwrap()).unwrap().to_string();
    let print = json!({ "batch": 1, "key": spki });
    let printed = done(&scene, "print", 2, print.clone()).await;
    let text = crypto::print::open(&key, printed["file"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert_eq!(text.lines().count(), 6_001);
    let line: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((line[0], line[2], line[3], line[4]), ("1", "MTN", "500", "XAF"));
    assert!(line[1].parse::<PurchaseCode>().unwrap().luhn_ok());
    assert_eq!(done(&scene, "print", 2, print.clone()).await["duplicata"], true);
    let other = scene.manage("print", &body_of(3, print.clone())).await;
    assert_eq!(problem(&other), (409, "batch: it was printed before"));
    done(&scene, "activate", 4, json!({ "batch": 1 })).await;
    let gone = scene.manage("print", &body_of(2, print)).await;
    assert_eq!(problem(&gone), (409, "batch: it is active"));
    let close = json!({ "batch": 1, "reason": "unsold" });
    done(&scene, "close", 5, close).await;
    let listed = lines(&scene.manage("batches", "{}").await);
    let states: Vec<_> = listed.iter().map(|it| it["state"].as_str().unwrap_or("")).collect();
    assert_eq!(states, ["active", "closed", ""]);
    assert_eq!(listed[1]["vouchers"], json!({ "void": 6_000 }));
}

#[tokio::test]
async fn a_code_of_a_batch_gives_its_recharge_when_batch_and_voucher_allow() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    let sale = json!({ "operator": "MTN", "amount": "500", "currency": "XAF", "shop": "akwa" });
    let sold = done(&scene, "sell", 1, sale).await;
    assert_eq!(sold["vouchers"][0]["serial"], 1);
    done(&scene, "freeze", 2, json!({ "batch": 1, "reason": "theft" })).await;
    assert_eq!(topup(&scene, &code(&sold), "a").await, Outcome::CodeVoid);
    done(&scene, "thaw", 3, json!({ "batch": 1 })).await;
    let froze = done(&scene, "freeze", 4, json!({ "first": 1, "last": 3, "reason": "x" })).await;
    assert_eq!((&froze["changed"], &froze["left"]), (&json!(3), &json!(0)));
    assert_eq!(topup(&scene, &code(&sold), "b").await, Outcome::CodeVoid);
    done(&scene, "thaw", 5, json!({ "first": 1, "last": 3 })).await;
    assert_eq!(topup(&scene, &code(&sold), "c").await, Outcome::Ok);
    let found = value(&scene.manage("find", r#"{"serial":1}"#).await);
    assert_eq!((&found["state"], &found["batch"]), (&json!("redeemed"), &json!(1)));
}

#[tokio::test]
async fn a_shop_sells_and_sees_its_own_alone() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    let sale = json!({ "operator": "MTN", "amount": "500", "currency": "XAF" });
    let sold = value(&scene.manage_as("sell", &body_of(1, sale.clone()), Some("akwa")).await);
    assert_eq!((&sold["shop"], &sold["vouchers"][0]["serial"]), (&json!("akwa"), &json!(1)));
    let mut more = sale.clone();
    more["count"] = 3.into();
    let none = scene.manage_as("sell", &body_of(2, more), Some("akwa")).await;
    assert_eq!(none.outcome, Outcome::OutOfStock, "two cards are left");
    let mut as_akwa = sale;
    as_akwa["shop"] = "akwa".into();
    let theirs = scene.manage_as("sell", &body_of(3, as_akwa), Some("bali")).await;
    assert_eq!(problem(&theirs), (403, "shop: it is not yours"));
    let find = scene.manage_as("find", r#"{"serial":1}"#, Some("bali")).await;
    assert_eq!(value(&find)["result"], "CODE_UNKNOWN");
    let cancel = scene.manage_as("cancel", &body_of(4, json!({ "serial": 1 })), Some("bali")).await;
    assert_eq!(value(&cancel)["result"], "CODE_UNKNOWN");
    for (verb, count) in [("list", 1), ("stock", 1), ("day", 1)] {
        assert_eq!(lines(&scene.manage_as(verb, "{}", Some("bali")).await).len(), count, "{verb}");
        assert!(1 < lines(&scene.manage_as(verb, "{}", Some("akwa")).await).len(), "{verb}");
    }
}

#[tokio::test]
async fn a_card_on_the_counter_is_sold_by_its_serial() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    let card = json!({ "serial": 2, "shop": "akwa" });
    let sold = done(&scene, "sell", 1, card.clone()).await;
    assert_eq!(sold["vouchers"][0]["serial"], 2);
    assert_eq!(done(&scene, "sell", 1, card.clone()).await["duplicata"], true);
    let twice = scene.manage("sell", &body_of(2, card)).await;
    assert_eq!(problem(&twice), (409, "serial: this card is not for sale here now"));
    assert_eq!(topup(&scene, &code(&sold), "b").await, Outcome::Ok);
}

#[tokio::test]
async fn a_shop_stops_at_its_limit_of_the_day() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    let limit = json!({ "shop": "akwa", "limit": "1000", "currency": "XAF" });
    done(&scene, "assign", 1, limit).await;
    let mut sale = order(2);
    sale["shop"] = "akwa".into();
    done(&scene, "sell", 2, sale.clone()).await;
    sale["count"] = 1.into();
    let over = scene.manage("sell", &body_of(3, sale)).await;
    assert_eq!(problem(&over), (403, "shop: more than it may sell in one day"));
    let stock = lines(&scene.manage("stock", r#"{"shop":"akwa"}"#).await);
    assert_eq!((&stock[0]["unsold"], &stock[0]["limit"]), (&json!(1), &json!("1000")));
}

#[tokio::test]
async fn a_cancelled_sale_gives_nothing_and_is_in_the_day() {
    let scene = Scene::new().await;
    scene.stock(3).await;
    let mut sale = order(1);
    sale["shop"] = "akwa".into();
    let sold = done(&scene, "sell", 1, sale.clone()).await;
    done(&scene, "sell", 2, sale).await;
    let cancel = json!({ "serial": 1 });
    let first = done(&scene, "cancel", 3, cancel.clone()).await;
    assert_eq!(done(&scene, "cancel", 3, cancel.clone()).await, first);
    let twice = scene.manage("cancel", &body_of(4, cancel.clone())).await;
    assert_eq!(problem(&twice), (409, "serial: it is void"));
    assert_eq!(topup(&scene, &code(&sold), "b").await, Outcome::CodeVoid);
    let late = body_of(5, json!({ "serial": 2 }));
    let late = scene.manage_at("cancel", &late, (None, crate::scene::NOW_MS + 1_800_001)).await;
    assert_eq!(problem(&late), (403, "serial: it was sold more than 30 minutes ago"));
    let day = lines(&scene.manage("day", r#"{"shop":"akwa"}"#).await);
    let row = json!({
        "shop": "akwa", "operator": "MTN", "amount": "500", "currency": "XAF",
        "sold": 2, "cancelled": 1, "refunded": 0, "money": "500",
    });
    let total = json!([{ "currency": "XAF", "vouchers": 1, "money": "500" }]);
    assert_eq!(day, [row, json!({ "end": true, "day": "2026-11-20", "total": total })]);
}

#[tokio::test]
async fn a_change_of_a_range_is_made_once_and_told_once() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    let void = json!({ "first": 1, "last": 2, "reason": "burnt" });
    let first = done(&scene, "void", 1, void.clone()).await;
    assert_eq!(first, json!({ "result": "OK", "changed": 2, "left": 0 }));
    assert_eq!(done(&scene, "void", 1, void.clone()).await, first);
    let second = done(&scene, "void", 2, void).await;
    assert_eq!(second, json!({ "result": "OK", "changed": 0, "left": 2 }));
    let other = scene.manage("thaw", &body_of(1, json!({ "first": 1 }))).await;
    assert_eq!(problem(&other), (400, "request: it was for something else before"));
    for (wrong, detail) in [
        (json!({ "reason": "x" }), "first: missing"),
        (json!({ "first": 1 }), "reason: missing"),
        (
            json!({ "first": 2, "last": 1, "reason": "x" }),
            "last: it is not within first and 10000 behind it",
        ),
        (json!({ "first": 1, "reason": "a\nb" }), "reason: its character 2 is not allowed"),
    ] {
        assert_eq!(problem(&scene.manage("void", &body_of(3, wrong)).await), (400, detail));
    }
}

#[tokio::test]
async fn each_change_has_its_row_in_the_audit_log() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    done(&scene, "sell", 1, json!({ "serial": 1, "shop": "akwa" })).await;
    done(&scene, "sell", 1, json!({ "serial": 1, "shop": "akwa" })).await;
    done(&scene, "cancel", 2, json!({ "serial": 1 })).await;
    done(&scene, "freeze", 3, json!({ "first": 2, "last": 3, "reason": "lost bag" })).await;
    let audit = scene.store.audit_list(&store::AuditFilter::default(), 100).await.unwrap();
    let mut rows: Vec<_> =
        audit.iter().map(|it| format!("{} {}", it.entry.verb, it.entry.subject)).collect();
    rows.reverse();
    assert_eq!(
        rows,
        [
            "vouchers/import stock",
            "vouchers/generate batch/1",
            "vouchers/activate batch/1",
            "vouchers/assign vouchers/1-3",
            "vouchers/sell voucher/1",
            "vouchers/cancel voucher/1",
            "vouchers/freeze vouchers/2-3",
        ]
    );
    let why = audit[0].entry.why.as_ref().unwrap();
    assert!(!why.windows(8).any(|it| it == b"lost bag"));
}

#[tokio::test]
async fn what_the_network_did_not_confirm_is_to_be_verified() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    topped(&scene.topup(&TopUp::new(code), &asker("b")).await);
    assert_eq!(lines(&scene.manage("to-verify", "").await).len(), 1);
    let credit = protocol::Credit {
        code: Some(code),
        outcome: protocol::CreditOutcome::Unknown,
        request: None,
        crypto: protocol::CryptoField::Missing,
        text: None,
    };
    scene.credit(&credit, &asker("b")).await;
    let found = lines(&scene.manage("to-verify", "").await);
    assert_eq!((&found[0]["serial"], &found[0]["credit"]), (&json!(1), &json!("UNKNOWN")));
}

#[tokio::test]
async fn reconciling_names_what_is_wrong_and_adds_up() {
    let scene = Scene::new().await;
    opened(&scene, 3, "akwa").await;
    let sold = done(&scene, "sell", 1, json!({ "serial": 1, "shop": "akwa" })).await;
    topup(&scene, &code(&sold), "b").await;
    let found = lines(&scene.manage("reconcile", "").await);
    let total = json!({
        "operator": "MTN", "amount": "500", "currency": "XAF", "generated": 3, "stock": 2,
        "sold": 0, "redeemed": 1, "frozen": 0, "void": 0, "given": 1, "sales": 1,
        "refunded": 0, "money": "500",
    });
    assert_eq!(found, [total, json!({ "end": true, "differences": 0 })]);
}
