mod shops;

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::scene::{Scene, asker, lines, problem, topped, value};

fn header(request: u128) -> Value {
    json!({ "request": Uuid::from_u128(request) })
}

fn line(code: &str) -> Value {
    json!({ "operator": "MTN", "amount": "500", "currency": "XAF", "code": code })
}

fn body(lines: &[Value]) -> String {
    lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

fn sale(request: u128) -> Value {
    let request = Uuid::from_u128(request);
    json!({ "request": request, "operator": "MTN", "amount": "500", "currency": "XAF" })
}

/// The results of an import, with the sentence where there is one.
fn results(managed: &Managed) -> Vec<String> {
    let word = |line: &Value| match line["reason"].as_str() {
        Some(reason) => format!("{} {reason}", line["result"].as_str().unwrap()),
        None => line["result"].as_str().unwrap().to_owned(),
    };
    let mut lines = lines(managed);
    assert_eq!(lines.pop().unwrap()["end"], true);
    lines.iter().map(word).collect()
}

async fn free(scene: &Scene) -> u64 {
    let stock = lines(&scene.manage("stock", "").await);
    stock.iter().filter_map(|row| row["free"].as_u64()).sum()
}

#[tokio::test]
async fn an_import_has_a_verdict_for_each_line() {
    let scene = Scene::new().await;
    let mut ended = line("40000004");
    ended["expires"] = "2026-11-19".into();
    let mut zero = line("50000005");
    zero["amount"] = "0".into();
    let mut more = line("60000006");
    more["pin"] = "1234".into();
    let all = [header(1), line("10000001"), line("12"), line("10000001"), ended, zero, more];
    let managed = scene.manage("import", &body(&all)).await;
    assert_eq!(
        results(&managed),
        [
            "OK",
            "MALFORMED code: its length is 2, not 4 to 32",
            "ALREADY_RECORDED code: it was in stock before",
            "MALFORMED expires: the day is over",
            "MALFORMED amount: it is zero",
            "MALFORMED pin: not a field of this",
        ]
    );
    assert_eq!(lines(&managed)[6], json!({ "end": true, "ok": 1, "already": 1, "malformed": 4 }));
    assert_eq!(free(&scene).await, 1);
}

#[tokio::test]
async fn the_same_import_again_says_the_same_and_changes_nothing() {
    let scene = Scene::new().await;
    let all = body(&[header(1), line("10000001"), line("10000001"), line("x")]);
    let first = results(&scene.manage("import", &all).await);
    assert_eq!(results(&scene.twin().await.manage("import", &all).await), first);
    assert_eq!(free(&scene).await, 1);
    let other = body(&[header(2), line("10000001")]);
    let other = results(&scene.manage("import", &other).await);
    assert_eq!(other, ["ALREADY_RECORDED code: it was in stock before"]);
}

#[tokio::test]
async fn a_check_says_what_the_import_would_and_changes_nothing() {
    let scene = Scene::new().await;
    scene.manage("import", &body(&[header(1), line("10000001")])).await;
    let codes = [line("10000001"), line("20000002"), line("20000002"), line("x")];
    let mut check = header(2);
    check["check"] = true.into();
    let checked = scene.manage("import", &body(&[&[check], &codes[..]].concat())).await;
    assert_eq!(free(&scene).await, 1);
    let stocked = scene.manage("import", &body(&[&[header(2)], &codes[..]].concat())).await;
    assert_eq!(results(&checked), results(&stocked));
    assert_eq!(free(&scene).await, 2);
}

#[tokio::test]
async fn an_import_needs_its_header() {
    let scene = Scene::new().await;
    let managed = scene.manage("import", &body(&[line("10000001")])).await;
    assert_eq!(problem(&managed), (400, "request: missing"));
    let managed = scene.manage("import", "").await;
    assert_eq!(problem(&managed).0, 400);
    assert_eq!(free(&scene).await, 0);
}

#[tokio::test]
async fn more_lines_than_there_is_memory_for_are_refused_before_any_is_read() {
    let scene = Scene::new().await;
    let long = format!("{}\n{}\n{}", header(1), line("10000001"), "1\n".repeat(50_000));
    let managed = scene.manage("import", &long).await;
    assert_eq!(problem(&managed), (400, "document: more than 50000 lines"));
    assert_eq!(free(&scene).await, 0);
}

#[tokio::test]
async fn more_lines_than_one_transaction_takes_go_in() {
    let scene = Scene::new().await;
    scene.stock(1_201).await;
    assert_eq!(free(&scene).await, 1_201);
}

#[tokio::test]
async fn the_same_sale_gives_the_same_code_until_it_is_redeemed() {
    let scene = Scene::new().await;
    scene.stock(2).await;
    let first = value(&scene.manage("sell", &sale(1).to_string()).await);
    let again = value(&scene.twin().await.manage("sell", &sale(1).to_string()).await);
    let mut duplicata = first.clone();
    duplicata["duplicata"] = true.into();
    assert_eq!(again, duplicata);
    let voucher = &first["vouchers"][0];
    assert_eq!((&voucher["serial"], &voucher["state"]), (&json!(1), &json!("sold")));
    let code = voucher["code"].as_str().unwrap().parse().unwrap();
    topped(&scene.topup(&protocol::TopUp::new(code), &asker("b")).await);
    let later = value(&scene.manage("sell", &sale(1).to_string()).await);
    assert_eq!(later["vouchers"][0], json!({ "serial": 1, "state": "redeemed" }));
}

#[tokio::test]
async fn a_sale_that_cannot_be_is_told_why() {
    let scene = Scene::new().await;
    scene.stock(1).await;
    let with = |name: &str, to: Value| {
        let mut sale = sale(1);
        sale[name] = to;
        sale.to_string()
    };
    for (sale, detail) in [
        (with("count", json!(0)), "count: it is not within 1 and 100"),
        (with("count", json!(101)), "count: it is not within 1 and 100"),
        (with("expires", json!("2026-11-19")), "expires: the day is over"),
        (with("currency", json!("cfa")), "currency: its character 1 is not allowed"),
        (with("request", json!(null)), "request: missing"),
        (with("price", json!(1)), "price: not a field of this"),
    ] {
        assert_eq!(problem(&scene.manage("sell", &sale).await), (400, detail));
    }
    let sold_out = scene.manage("sell", &with("count", json!(2))).await;
    assert_eq!((sold_out.status, sold_out.outcome), (200, Outcome::OutOfStock));
    scene.manage("sell", &sale(1).to_string()).await;
    let other = scene.manage("sell", &with("shop", json!("Akwa"))).await;
    assert_eq!(problem(&other), (400, "request: it was for something else before"));
}

#[tokio::test]
async fn support_finds_a_voucher_and_never_its_code() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let (first, second) = (r#"{"serial":1}"#, r#"{"serial":2}"#);
    let sold = value(&scene.manage("find", first).await);
    assert_eq!((&sold["state"], &sold["operator"]), (&json!("sold"), &json!("MTN")));
    assert_eq!(sold["sold_at"], "2026-11-20T16:00:00.123Z");
    assert!(!sold.to_string().contains(code.digits()));
    topped(&scene.topup(&protocol::TopUp::new(code), &asker("b")).await);
    let redeemed = value(&scene.manage("find", first).await);
    assert_eq!((&redeemed["state"], &redeemed["result"]), (&json!("redeemed"), &json!("OK")));
    assert_eq!(value(&scene.manage("find", second).await)["result"], "CODE_UNKNOWN");
}

#[tokio::test]
async fn stock_counts_each_product() {
    let scene = Scene::new().await;
    scene.stock(3).await;
    scene.sell(1, 2).await;
    let stock = lines(&scene.manage("stock", "{}").await);
    let row = json!({
        "operator": "MTN", "amount": "500", "currency": "XAF",
        "free": 3, "given": 0, "expired": 0, "open": 2, "unsold": 0,
    });
    assert_eq!(stock, [row, json!({ "end": true })]);
}

#[tokio::test]
async fn what_is_no_verb_is_not_found() {
    assert_eq!(problem(&Scene::new().await.manage("paint", "{}").await).0, 404);
}

/// Nothing that was sold or bought is readable in the database files.
#[tokio::test]
async fn the_files_hold_no_code_in_the_clear() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    topped(&scene.topup(&protocol::TopUp::new(code), &asker("b")).await);
    scene.store.close().await;
    let files = std::fs::read_dir(scene.folder()).unwrap();
    let text: Vec<u8> =
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(text.windows(3).any(|it| it == b"MTN"));
    for secret in [code.digits().as_bytes(), b"90000001", b"90000002", b"90000003"] {
        assert!(!text.windows(secret.len()).any(|it| it == secret));
    }
}
