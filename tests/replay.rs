//! A request that was heard on the way is worth nothing: at once, after a restart, on the twin.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ngondo::site::{self, Place, start};
use pppx::Pppx;
use protocol::Role;
use serde_json::json;
use stack::{Http, Raw, Sealed, Signer, Stack, post_raw};
use topup::Topup;
use uuid::Uuid;

const JSON: &str = "content-type: application/json\r\n";

/// The word by which a toki was refused.
fn word(http: &Http) -> String {
    let error = http.header("oscartoki-error").unwrap_or_default();
    error.split(';').next().unwrap_or_default().to_owned()
}

/// A sale under a request of its own: done twice it would sell twice.
fn sale() -> String {
    json!({
        "request": Uuid::new_v4(), "operator": "MTN", "amount": "5000", "currency": "XAF",
    })
    .to_string()
}

fn seal(signer: &Signer, line: &str, body: &str) -> Sealed {
    signer.seal(Raw { line, head: JSON, body: body.as_bytes() })
}

/// Recharge codes for what is going to be sold.
async fn stock(stack: &Stack) {
    let mut lines = json!({ "request": Uuid::new_v4() }).to_string();
    for number in 0..4 {
        let code = format!("{:014}", 20_000_000_000_000_u64 + number);
        let line = json!({ "operator": "MTN", "amount": "5000", "currency": "XAF", "code": code });
        lines.extend(["\n", &line.to_string()]);
    }
    stack.door.lines("/v1/vouchers/import", lines).await.unwrap();
}

/// How many vouchers are sold and not used.
async fn open_sales(stack: &Stack) -> u64 {
    let lines = stack.door.lines("/v1/vouchers/stock", "{}".to_owned()).await.unwrap();
    lines.iter().filter_map(|line| line["open"].as_u64()).sum()
}

/// An opening that a server takes: in its first seconds it asks for the nonce of its start.
fn opening(signer: &Signer, line: &str, body: &str) -> (Sealed, Http) {
    let first = seal(signer, line, body);
    let refused = signer.post_bytes(&first.bytes);
    assert_eq!(word(&refused), "unknown-session", "{refused:?}");
    signer.advised(&first.ticket, &refused);
    let second = seal(signer, line, body);
    let http = signer.post_bytes(&second.bytes);
    assert!(signer.proves(&second.ticket, &http), "{http:?}");
    (second, http)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_heard_on_the_way_is_refused_at_once_after_a_restart_and_on_the_twin() {
    let mut stack = Box::pin(Stack::start()).await;
    stock(&stack).await;
    let sold = open_sales(&stack).await;
    let line = "POST /v1/vouchers/sell";
    let first = stack.site.addr(Role::Pppx, Place::First);
    let twin = stack.site.addr(Role::Pppx, Place::Second);
    let signer = Signer::new(&stack.site, site::SHOP, (Role::Pppx, Place::First), &stack.clock);

    let (opened, http) = opening(&signer, line, &sale());
    assert!(http.status == 200 && !http.body.contains("OUT_OF_STOCK"), "{http:?}");
    let within = seal(&signer, line, &sale());
    assert_eq!(signer.post_bytes(&within.bytes).status, 200);
    let after = open_sales(&stack).await;
    assert_eq!(after, sold + 2, "two sales, each once");

    for heard in [&opened, &within] {
        let http = post_raw(&first, &heard.bytes).unwrap();
        assert_eq!((http.status, word(&http)), (401, "replayed".to_owned()), "at once: {http:?}");
        let http = post_raw(&twin, &heard.bytes).unwrap();
        let told = (http.status, word(&http));
        assert_eq!(told, (401, "wrong-audience".to_owned()), "on the twin: {http:?}");
        // Without the name of the server it is for, which is a hint alone.
        let text = String::from_utf8(heard.bytes.clone()).unwrap();
        let http = post_raw(&twin, text.replace(";b=pppx-1;", ";").as_bytes()).unwrap();
        assert_eq!((http.status, word(&http)), (401, "unknown-session".to_owned()), "{http:?}");
    }

    Box::pin(stack.house.pppx.first.take().unwrap().stop()).await;
    let again = Box::pin(start::<Pppx>(&stack.site, Place::First, &stack.clock)).await;
    stack.house.pppx.first = Some(again.unwrap());
    for heard in [&opened, &within] {
        let http = post_raw(&first, &heard.bytes).unwrap();
        let told = (http.status, word(&http));
        assert_eq!(told, (401, "unknown-session".to_owned()), "after a restart: {http:?}");
    }
    assert_eq!(open_sales(&stack).await, after, "nothing was sold again");
    assert_eq!(signer.manage("vouchers/stock", "{}").status, 200, "its owner is not disturbed");
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pppx_asked_a_server_is_refused_when_it_is_heard_again() {
    let mut stack = Box::pin(Stack::start()).await;
    let line = "POST /v1/vouchers/stock";
    let server = (Role::TopUp, Place::First);
    let addr = stack.site.addr(server.0, server.1);
    let signer = Signer::new(&stack.site, "pppx-1", server, &stack.clock);
    let head = format!("{JSON}ngondo-principal: {}\r\nngondo-bridge: b-1\r\n", site::SHOP);
    let raw = Raw { line, head: &head, body: b"{}" };
    assert_eq!(signer.send(raw).status, 200);

    let caught = signer.seal(raw);
    // Whom it is for is covered by the seal too.
    let text = String::from_utf8(caught.bytes.clone()).unwrap();
    let other = text.replace("ngondo-principal: shop", "ngondo-principal: admin");
    let http = post_raw(&addr, other.as_bytes()).unwrap();
    assert_eq!((http.status, word(&http)), (401, "bad-seal".to_owned()), "{http:?}");
    assert_eq!(post_raw(&addr, &caught.bytes).unwrap().status, 200, "the forgery used nothing up");
    let http = post_raw(&addr, &caught.bytes).unwrap();
    assert_eq!((http.status, word(&http)), (401, "replayed".to_owned()), "{http:?}");

    Box::pin(stack.house.topup.first.take().unwrap().stop()).await;
    let again = Box::pin(start::<Topup>(&stack.site, Place::First, &stack.clock)).await;
    stack.house.topup.first = Some(again.unwrap());
    let http = post_raw(&addr, &caught.bytes).unwrap();
    assert_eq!((http.status, word(&http)), (401, "unknown-session".to_owned()), "{http:?}");
    // An answer turned round is no request.
    let back = text.replace(&heard_toki(&text), &answer_toki(&signer, raw));
    let http = post_raw(&addr, back.as_bytes()).unwrap();
    assert_eq!((http.status, word(&http)), (401, "malformed".to_owned()), "{http:?}");
    Box::pin(stack.stop()).await;
}

fn heard_toki(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("oscartoki: ")).unwrap();
    line["oscartoki: ".len()..].to_owned()
}

fn answer_toki(signer: &Signer, raw: Raw<'_>) -> String {
    signer.send(raw).header("oscartoki").unwrap().to_owned()
}
