//! Every entry of `vectors.json`, which an independent implementation made, is reproduced.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::similar_names, reason = "caller and callee are the words of the design")]

use std::collections::VecDeque;
use std::convert::Infallible;

use crypto::{Secret32, sha256};
use rand::rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use toki::header::{AnswerHeader, ErrorHeader, RequestHeader};
use toki::{
    Answer, Callee, Caller, KeyNumber, Nonce, Refusal, Request, RootFile, SessionId, canon, derive,
    legacy::LegacyKey,
};

const VECTORS: &str = include_str!("vectors.json");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn secret(value: &Value, name: &str) -> Secret32 {
    Secret32::from_hex(text(value, name)).unwrap()
}

fn maybe_secret(value: &Value, name: &str) -> Option<Secret32> {
    value[name].as_str().map(|it| Secret32::from_hex(it).unwrap())
}

fn hexed<const N: usize>(value: &Value, name: &str) -> [u8; N] {
    hex(text(value, name)).try_into().unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn request(value: &Value) -> Request<'_> {
    let exporter = value["exporter"].as_str().map(|it| hex(it).try_into().unwrap());
    Request {
        method: text(value, "method"),
        target: text(value, "target"),
        authority: text(value, "authority"),
        content_type: text(value, "content_type"),
        body: sha256(text(value, "body").as_bytes()),
        cmd: text(value, "cmd"),
        bridge: text(value, "bridge"),
        deadline: text(value, "deadline"),
        exporter,
    }
}

fn answer(value: &Value) -> Answer<'_> {
    Answer {
        status: value["status"].as_u64().unwrap().try_into().unwrap(),
        content_type: text(value, "content_type"),
        body: sha256(text(value, "body").as_bytes()),
    }
}

/// Draws the bytes that the vectors were made with, then refuses to draw more.
struct Script(VecDeque<u8>);

impl Script {
    fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into())
    }
}

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0.pop_front().unwrap();
        }
        Ok(())
    }
}

impl TryCryptoRng for Script {}

fn number(all: &Value) -> KeyNumber {
    KeyNumber::new(all["number"].as_u64().unwrap().try_into().unwrap()).unwrap()
}

#[test]
fn keys_come_from_the_root() {
    let all = vectors();
    let (callee, caller) =
        (text(&all, "callee").parse().unwrap(), text(&all, "caller").parse().unwrap());
    let root = secret(&all, "root");
    let callee_key = derive::callee_key(&root, &callee);
    assert_eq!(callee_key, secret(&all, "callee_key"));
    assert_eq!(derive::caller_key(&callee_key, &caller), secret(&all, "caller_key"));
    let file = RootFile::parse(&format!("root 7 {}", text(&all, "root"))).unwrap();
    let shared = format!("caller pppx-1 aar-1 7 {} current\n", text(&all, "caller_key"));
    assert_eq!(file.caller(&caller, &[callee]).print(), shared);
    let called = format!("callee aar-1 7 {}\n", text(&all, "callee_key"));
    assert_eq!(file.callee(&callee).print(), called);
}

#[test]
fn sessions_come_from_their_opening() {
    let all = vectors();
    for name in ["opening", "opening_after_start", "opening_without_x25519"] {
        let case = &all[name];
        let session = SessionId::new(hexed(case, "session"));
        let opening = derive::opening(&secret(&all, "caller_key"), &session);
        assert_eq!(opening, secret(case, "opening"));
        assert_eq!(derive::opening_seal_key(&opening), secret(case, "opening_seal_key"));
        assert_eq!(derive::refusal_seal_key(&opening), secret(case, "refusal_seal_key"));
        let shared = maybe_secret(case, "shared");
        let nonce = Nonce::new(hexed(case, "nonce"));
        let hash = sha256(text(case, "canon").as_bytes());
        let chain = derive::first_chain_key(&opening, shared.as_ref(), &nonce, &hash);
        check_generation(&chain, &case["generation"]);
        check_exchange(case, &derive::opening_seal_key(&opening), &chain);
    }
}

fn check_generation(chain: &Secret32, case: &Value) {
    assert_eq!(*chain, secret(case, "chain"));
    assert_eq!(derive::request_seal_key(chain), secret(case, "requests"));
    assert_eq!(derive::answers_key(chain), secret(case, "answers"));
}

/// Header, canonical text and seal of a request and of its answer.
fn check_exchange(case: &Value, requests: &Secret32, chain: &Secret32) {
    let header: RequestHeader = text(case, "toki").parse().unwrap();
    assert_eq!(header.to_string(), text(case, "toki"));
    let said = canon::request(&request(&case["request"]), &"aar-1".parse().unwrap(), &header);
    assert_eq!(String::from_utf8(said.to_vec()).unwrap(), text(case, "canon"));
    assert_eq!(derive::seal(requests, &said), header.seal);
    let key = derive::answer_key(&derive::answers_key(chain), header.n, &header.seal);
    assert_eq!(key, secret(case, "answer_key"));
    assert_eq!(derive::proof(&key).to_string(), text(case, "oscartokikey"));
    let reply: AnswerHeader = text(case, "answer_toki").parse().unwrap();
    assert_eq!(reply.to_string(), text(case, "answer_toki"));
    let said = canon::answer(&answer(&case["answer"]), &header.seal, &reply);
    assert_eq!(String::from_utf8(said.to_vec()).unwrap(), text(case, "answer_canon"));
    assert_eq!(derive::seal(&key, &said), reply.seal);
}

#[test]
fn generations_come_from_the_one_before() {
    let all = vectors();
    let first = secret(&all["opening"]["generation"], "chain");
    check_exchange(&all["within"], &derive::request_seal_key(&first), &first);
    let second = derive::next_chain_key(&first, &Nonce::new(hexed(&all, "roll")));
    check_generation(&second, &all["second_generation"]);
    check_exchange(&all["rolled"], &derive::request_seal_key(&second), &second);
}

#[test]
fn refusals_are_sealed() {
    let all = vectors();
    for case in all["refusals"].as_array().unwrap() {
        let header: ErrorHeader = text(case, "header").parse().unwrap();
        assert_eq!(header.to_string(), text(case, "header"));
        let sealed = header.sealed.unwrap();
        let asked = sha256(text(case, "toki").as_bytes());
        let said = canon::refusal(header.refusal, sealed.time_ms, sealed.boot, &asked);
        assert_eq!(String::from_utf8(said.to_vec()).unwrap(), text(case, "canon"));
        assert_eq!(derive::seal(&secret(&all["opening"], "refusal_seal_key"), &said), sealed.seal);
    }
}

/// Both state machines, drawing what the vectors drew, say the same bytes.
#[test]
fn both_ends_say_the_vectors() {
    let all = vectors();
    let start_ms = all["start_ms"].as_i64().unwrap();
    let (callee, caller) = ends(&all, start_ms);
    let case = &all["opening"];
    let drawn: [Vec<u8>; 4] =
        ["session", "secret", "callee_secret", "nonce"].map(|it| hex(text(case, it)));
    let asked = request(&case["request"]);
    let signed = caller.sign(&asked, start_ms, &mut Script::new(&[&drawn[0], &drawn[1]]));
    assert_eq!(signed.header, text(case, "toki"));
    let mut rng = Script::new(&[&drawn[2], &drawn[3]]);
    let admitted = callee.verify(&signed.header, &asked, start_ms + 1, &mut rng).unwrap();
    assert_eq!(admitted.from().as_str(), "pppx-1");
    let said = admitted.answer(&answer(&case["answer"]), start_ms + 2);
    assert_eq!((said.toki.as_str(), said.key.as_str()), headers(case));
    let heard = answer(&case["answer"]);
    caller.verify(&signed.ticket, headers(case), &heard, start_ms + 2).unwrap();

    let case = &all["within"];
    let asked = request(&case["request"]);
    let signed = caller.sign(&asked, start_ms + 1000, &mut Script::new(&[]));
    assert_eq!(signed.header, text(case, "toki"));
    caller.verify(&signed.ticket, headers(case), &heard, start_ms + 1002).unwrap();
    let case = &all["rolled"];
    let asked = request(&case["request"]);
    let signed = caller.sign(&asked, start_ms + 2000, &mut Script::new(&[]));
    assert_eq!(signed.header, text(case, "toki"));
    caller.verify(&signed.ticket, headers(case), &heard, start_ms + 2002).unwrap();
}

fn headers(case: &Value) -> (&str, &str) {
    (text(case, "answer_toki"), text(case, "oscartokikey"))
}

fn ends(all: &Value, start_ms: i64) -> (Callee, Caller) {
    let root = RootFile::parse(&format!("root 7 {}", text(all, "root"))).unwrap();
    let mut boot = Script::new(&[&[9; 16]]);
    let callee = Callee::new(root.callee(&"aar-1".parse().unwrap()), start_ms - 60_000, &mut boot);
    let name = "pppx-1".parse().unwrap();
    let caller =
        Caller::new(name, "aar-1".parse().unwrap(), number(all), secret(all, "caller_key"));
    (callee, caller)
}

#[test]
fn a_caller_without_x25519_is_served() {
    let all = vectors();
    let start_ms = all["start_ms"].as_i64().unwrap();
    let (callee, _) = ends(&all, start_ms);
    let case = &all["opening_without_x25519"];
    let mut rng = Script::new(&[&hex(text(case, "nonce"))]);
    let asked = request(&case["request"]);
    let admitted = callee.verify(text(case, "toki"), &asked, start_ms, &mut rng).unwrap();
    let said = admitted.answer(&answer(&case["answer"]), start_ms + 2);
    assert_eq!((said.toki.as_str(), said.key.as_str()), headers(case));
}

#[test]
fn the_callers_own_refusal_is_believed() {
    let all = vectors();
    let start_ms = all["start_ms"].as_i64().unwrap();
    let (_, caller) = ends(&all, start_ms);
    let opened = &all["opening"];
    let drawn: [Vec<u8>; 2] = ["session", "secret"].map(|it| hex(text(opened, it)));
    let asked = request(&opened["request"]);
    let signed = caller.sign(&asked, start_ms, &mut Script::new(&[&drawn[0], &drawn[1]]));
    caller
        .verify(&signed.ticket, headers(opened), &answer(&opened["answer"]), start_ms + 2)
        .unwrap();
    let signed = caller.sign(&asked, start_ms + 1000, &mut Script::new(&[]));
    for case in all["refusals"].as_array().unwrap() {
        let refusal: Refusal = text(case, "header").split(';').next().unwrap().parse().unwrap();
        let advice = caller.refused(&signed.ticket, text(case, "header"), start_ms + 1005);
        assert_eq!(advice, toki::Advice::Resend(refusal));
    }
}

#[test]
fn the_original_form_is_that_of_its_clients() {
    let all = vectors();
    let cases = all["legacy"].as_array().unwrap();
    assert!(cases.iter().any(|it| it["toki"] != it["java"]), "no case has a leading zero");
    for case in cases {
        let key = LegacyKey::new(text(case, "key")).unwrap();
        let time: i64 = text(case, "time").parse().unwrap();
        for client in ["toki", "java", "python"] {
            assert!(key.check(text(case, client), time), "{client}: {case}");
            assert!(key.check(text(case, client), time + 25_000), "{client}: {case}");
            assert!(!key.check(text(case, client), time + 45_000), "{client}: {case}");
            assert!(!key.check(text(case, client), time - 45_000), "{client}: {case}");
        }
        let toki = text(case, "toki");
        let made = key.key_of(toki, time);
        assert!(key.check_key(toki, &made, time));
        assert_eq!(made == text(case, "oscartokikey"), case["oscartokikey"] == case["java_key"]);
        for printed in ["oscartokikey", "java_key"] {
            assert!(key.check_key(toki, text(case, printed), time), "{printed}: {case}");
            assert!(!key.check_key(toki, text(case, printed), time + 10_000_000), "{case}");
        }
        // Where Java prints the hash otherwise, the toki is of an earlier millisecond.
        let hash = |client| text(case, client).split('|').nth(1);
        assert_eq!(key.make(time) == toki, hash("toki") == hash("java"));
    }
}
