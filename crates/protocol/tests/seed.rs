//! The messages of the source document parse as they stand there, placeholders filled.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use protocol::*;

const BRIDGE: &str = "0192f0c1-2b3c-7d4e-8f50-123456789abc";
const CRYPTO: &str =
    "AQECAwQFBgcICQoLDA0ODxCgoaKjAAAAAAAAACp6IPznmEkNskSCiDP3qaEsMlLYS0B_9og-1fqqXFlZu99ydKXrOw";

fn document(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/seed");
    fs::read(format!("{folder}/{name}.xml")).unwrap()
}

fn head(bridge: Option<&str>) -> Head {
    let time = "2026-11-20T16:00:00Z".parse().unwrap();
    let head = Head::new("ngondo-box".parse().unwrap(), "1.0".parse().unwrap(), time);
    Head { bridge: bridge.map(|bridge| bridge.parse().unwrap()), ..head }
}

#[track_caller]
fn asks(name: &str, bridge: Option<&str>, command: Command) {
    let request = Request { head: head(bridge), command };
    assert_eq!(Request::parse(&document(name)), Ok(request), "{name}");
}

#[track_caller]
fn answers(name: &str, bridge: Option<&str>, answer: Answer) {
    let response = Response { head: head(bridge), answer };
    assert_eq!(Response::parse(&document(name)), Ok(response), "{name}");
}

#[test]
fn init_names_nothing_and_is_told_empty_pairs() {
    asks("init", None, Command::Init(Init::default()));
    asks("init-star", Some(BRIDGE), Command::Init(Init::default()));
    let map = MapAnswer::Full(AddressMap::default());
    let init = |bridge: Option<Bridge>| InitAnswer { bridge, map: map.clone(), rulings: None };
    answers("r-init", None, Answer::Init(Box::new(init(Some(BRIDGE.parse().unwrap())))));
    answers("r-init-star", Some(BRIDGE), Answer::Init(Box::new(init(None))));
}

#[test]
fn crecord_is_asked_said_and_recorded() {
    let key = KeyIdentity::new("a8:bb:cc:dd:ee:0f".parse().unwrap());
    asks("crecord", None, Command::Crecord(Crecord::Ask));
    answers("r-crecord", None, Answer::Key(Box::new(key.clone())));
    let record = Record { identity: key, label: None, request: None, rekey: false };
    let record = Command::Crecord(Crecord::Record(Box::new(record)));
    asks("crecord-star", Some(BRIDGE), record);
    answers("r-crecord-star", Some(BRIDGE), Answer::new(Verb::Crecord, Outcome::Ok));
}

#[test]
fn auth_has_a_crypto_and_its_starred_form_none() {
    let auth = |crypto| Command::Auth(Auth { crypto });
    asks("auth", None, auth(CryptoField::Given(CRYPTO.parse().unwrap())));
    asks("auth-star", Some(BRIDGE), auth(CryptoField::Missing));
    answers("r-auth", None, Answer::new(Verb::Auth, Outcome::Ok));
    answers("r-auth-star", Some(BRIDGE), Answer::new(Verb::Auth, Outcome::Ok));
}

#[test]
fn topup_may_lack_the_result_or_the_recharge_code() {
    let topup = Command::TopUp(TopUp::new("1234567890123452".parse().unwrap()));
    asks("topup", None, topup.clone());
    asks("topup-star", Some(BRIDGE), topup);
    let bare = TopUpAnswer::new(Outcome::Ok);
    answers("r-topup", None, Answer::TopUp(Box::new(bare.clone())));
    let code2 = Some("12345678901234".parse().unwrap());
    answers("r-topup-star", Some(BRIDGE), Answer::TopUp(Box::new(TopUpAnswer { code2, ..bare })));
}

#[test]
fn the_table_is_whole() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/seed");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 16);
}
