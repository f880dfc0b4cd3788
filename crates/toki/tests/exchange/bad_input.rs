//! Whatever is not the very request of the very caller is refused with its word, and the
//! legitimate session goes on.

use std::collections::BTreeMap;

use crypto::random;
use proptest::prelude::*;
use toki::{Answer, REQUEST_SKEW_MS, Refusal, Request};

use crate::scene::{ANSWER, REQUEST, Scene, callee, caller, other_body};

fn refusal(scene: &Scene, toki: &str) -> Refusal {
    scene.verify(toki).unwrap_err().refusal
}

/// The text with one bit turned, where it is still a text.
fn flipped(text: &str, bit: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    String::from_utf8(bytes).ok()
}

/// The name of the field that a byte of a header is in.
fn field_at(header: &str, at: usize) -> &str {
    let begin = header[..at].rfind(';').map_or(0, |it| it + 1);
    &header[begin..=begin]
}

/// What a turned bit may lead to where the header still is one.
fn words_of(field: &str) -> &'static [Refusal] {
    match field {
        "k" => &[Refusal::UnknownKey, Refusal::UnknownSession, Refusal::BadSeal],
        "a" | "s" => &[Refusal::UnknownSession, Refusal::BadSeal],
        "b" => &[Refusal::WrongAudience],
        "t" => &[Refusal::Stale, Refusal::BadSeal],
        "n" => &[Refusal::Replayed, Refusal::BadSeal],
        _ => &[Refusal::BadSeal],
    }
}

fn every_bit_of_the_header(scene: &Scene, header: &str) {
    let mut seen: BTreeMap<Refusal, usize> = BTreeMap::new();
    for bit in 0..header.len() * 8 {
        let Some(other) = flipped(header, bit) else { continue };
        let word = refusal(scene, &other);
        let field = field_at(header, bit / 8);
        let right = word == Refusal::Malformed || words_of(field).contains(&word);
        assert!(right, "{word} for {other}");
        *seen.entry(word).or_default() += 1;
    }
    assert!(seen[&Refusal::BadSeal] > 50, "{seen:?}");
    assert!(scene.verify(header).is_ok(), "the untouched one passes after all of them");
}

#[test]
fn every_bit_of_a_request_header_counts() {
    let scene = Scene::opened();
    let header = scene.sign().header;
    every_bit_of_the_header(&scene, &header);
    scene.trip(&scene.caller).unwrap();
}

#[test]
fn every_bit_of_an_opening_counts() {
    let scene = Scene::new();
    let header = scene.sign().header;
    every_bit_of_the_header(&scene, &header);
    assert_eq!(scene.callee.sessions().values().sum::<usize>(), 1, "no other was opened");
}

/// The request with one bit of one of its texts turned.
fn other_request<T>(check: impl Fn(&Request<'_>) -> T) -> Vec<T> {
    let mut results = Vec::new();
    let texts = texts(&REQUEST);
    for (which, text) in texts.iter().enumerate() {
        for bit in 0..text.len() * 8 {
            let Some(other) = flipped(text, bit) else { continue };
            let mut changed = texts;
            changed[which] = &other;
            results.push(check(&of_texts(changed, REQUEST.body)));
        }
    }
    for bit in 0..256 {
        let mut body = REQUEST.body;
        body[bit / 8] ^= 1 << (bit % 8);
        results.push(check(&Request { body, ..REQUEST }));
    }
    results
}

fn texts<'a>(it: &Request<'a>) -> [&'a str; 7] {
    [it.method, it.target, it.authority, it.content_type, it.cmd, it.bridge, it.deadline]
}

fn of_texts(it: [&str; 7], body: [u8; 32]) -> Request<'_> {
    let [method, target, authority, content_type, cmd, bridge, deadline] = it;
    Request { method, target, authority, content_type, body, cmd, bridge, deadline, exporter: None }
}

#[test]
fn every_bit_of_a_request_counts() {
    for scene in [Scene::new(), Scene::opened()] {
        let signed = scene.sign();
        let words = other_request(|it| scene.verify_of(&signed.header, it).unwrap_err().refusal);
        assert!(words.len() > 900 && words.iter().all(|it| *it == Refusal::BadSeal));
        let said = scene.answer(&scene.verify(&signed.header).unwrap());
        scene.hear(&signed, &said).unwrap();
    }
}

#[test]
fn a_byte_moved_between_fields_counts() {
    let scene = Scene::opened();
    let signed = scene.sign();
    let moved = Request { method: "POS", target: "T/v1/boxes/list?x=1", ..REQUEST };
    assert_eq!(scene.verify_of(&signed.header, &moved).unwrap_err().refusal, Refusal::BadSeal);
}

#[test]
fn every_bit_of_an_answer_counts() {
    for scene in [Scene::new(), Scene::opened()] {
        let signed = scene.sign();
        let said = scene.answer(&scene.verify(&signed.header).unwrap());
        let now_ms = scene.now_ms.get();
        let refused = |toki: &str, key: &str, answer: &Answer<'_>| {
            scene.caller.verify(&signed.ticket, (toki, key), answer, now_ms).is_err()
        };
        for bit in 0..said.toki.len() * 8 {
            let Some(other) = flipped(&said.toki, bit) else { continue };
            assert!(refused(&other, &said.key, &ANSWER), "{other}");
        }
        for bit in 0..said.key.len() * 8 {
            let Some(other) = flipped(&said.key, bit) else { continue };
            assert!(refused(&said.toki, &other, &ANSWER), "{other}");
        }
        for bit in 0..16 {
            let status = ANSWER.status ^ (1 << bit);
            assert!(refused(&said.toki, &said.key, &Answer { status, ..ANSWER }));
        }
        for bit in 0..256 {
            let mut body = ANSWER.body;
            body[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(&said.toki, &said.key, &Answer { body, ..ANSWER }));
        }
        let other = Answer { content_type: "application/jsom", ..ANSWER };
        assert!(refused(&said.toki, &said.key, &other));
        scene.hear(&signed, &said).unwrap();
    }
}

#[test]
fn every_bit_of_a_refusal_counts() {
    let scene = Scene::opened();
    let signed = scene.sign();
    scene.sleep(31_000);
    let refused = scene.verify(&signed.header).unwrap_err();
    for bit in 0..refused.header.len() * 8 {
        let Some(other) = flipped(&refused.header, bit) else { continue };
        let advice = scene.caller.refused(&signed.ticket, &other, scene.now_ms.get());
        assert_eq!(advice, toki::Advice::Unproven, "{other}");
    }
    // Another request's refusal is not believed either.
    let next = scene.sign();
    let advice = scene.caller.refused(&next.ticket, &refused.header, scene.now_ms.get());
    assert_eq!(advice, toki::Advice::Unproven);
    let advice = scene.caller.refused(&signed.ticket, &refused.header, scene.now_ms.get());
    assert_eq!(advice, toki::Advice::Resend(Refusal::Stale));
}

#[test]
fn another_exporter_counts() {
    let scene = Scene::opened();
    let bound = Request { exporter: Some([5; 32]), ..REQUEST };
    let signed = scene.caller.sign(&bound, scene.now_ms.get(), &mut random::system());
    for exporter in [None, Some([6; 32])] {
        let other = Request { exporter, ..REQUEST };
        assert_eq!(scene.verify_of(&signed.header, &other).unwrap_err().refusal, Refusal::BadSeal);
    }
    assert!(scene.verify_of(&signed.header, &bound).is_ok());
}

#[test]
fn a_replay_is_refused_at_once() {
    let scene = Scene::new();
    for _ in 0..2 {
        let signed = scene.sign();
        let said = scene.answer(&scene.verify(&signed.header).unwrap());
        assert_eq!(refusal(&scene, &signed.header), Refusal::Replayed);
        let other = Request { body: other_body(), ..REQUEST };
        let word = scene.verify_of(&signed.header, &other).unwrap_err().refusal;
        assert_eq!(word, Refusal::Replayed);
        scene.hear(&signed, &said).unwrap();
    }
    scene.trip(&scene.caller).unwrap();
}

#[test]
fn a_replay_is_refused_on_the_twin_and_after_a_restart() {
    let scene = Scene::new();
    let opening = scene.sign();
    let said = scene.answer(&scene.verify(&opening.header).unwrap());
    scene.hear(&opening, &said).unwrap();
    let within = scene.sign();
    scene.verify(&within.header).unwrap();
    let now_ms = scene.now_ms.get();
    let twin = callee("aar-2", now_ms - 60_000);
    for toki in [&opening.header, &within.header] {
        let word = twin.verify(toki, &REQUEST, now_ms, &mut random::system()).unwrap_err().refusal;
        assert_eq!(word, Refusal::WrongAudience);
        // Without its `b`, which no seal covers as such, the seal itself is another's.
        let unnamed = toki.replace(";b=aar-1", "");
        let word =
            twin.verify(&unnamed, &REQUEST, now_ms, &mut random::system()).unwrap_err().refusal;
        assert!([Refusal::BadSeal, Refusal::UnknownSession].contains(&word), "{word}");
    }
    let again = callee("aar-1", now_ms);
    for later_ms in [0, 1, 9_999, 10_000, 10_001, 20_000, 20_001, 60_000] {
        for toki in [&opening.header, &within.header] {
            let judged = again.verify(toki, &REQUEST, now_ms + later_ms, &mut random::system());
            let word = judged.unwrap_err().refusal;
            let right = [Refusal::UnknownSession, Refusal::Stale].contains(&word);
            assert!(right, "{word} {later_ms} ms after the restart");
        }
    }
}

#[test]
fn an_opening_of_the_future_is_refused_after_a_restart() {
    let scene = Scene::new();
    let now_ms = scene.now_ms.get();
    let ahead = scene.caller.sign(&REQUEST, now_ms + 10_000, &mut random::system());
    scene.verify(&ahead.header).unwrap();
    let again = callee("aar-1", now_ms + 1);
    for later_ms in 1..=30 {
        let at_ms = now_ms + later_ms * 1000;
        assert!(again.verify(&ahead.header, &REQUEST, at_ms, &mut random::system()).is_err());
    }
}

#[test]
fn an_answer_is_no_request_and_a_request_no_answer() {
    let scene = Scene::opened();
    let signed = scene.sign();
    let said = scene.answer(&scene.verify(&signed.header).unwrap());
    assert_eq!(refusal(&scene, &said.toki), Refusal::Malformed);
    // Made into the form of a request, its seal is of the other direction.
    let session = said.toki.split(';').nth(1).unwrap();
    let seal = said.toki.rsplit(';').next().unwrap();
    let now_ms = scene.now_ms.get();
    let made = format!("v=1;k=7;a=pppx-1;b=aar-1;{session};g=1;n=10;t={now_ms};{seal}");
    assert_eq!(refusal(&scene, &made), Refusal::BadSeal);
    let headers = (signed.header.as_str(), said.key.as_str());
    assert!(scene.caller.verify(&signed.ticket, headers, &ANSWER, now_ms).is_err());
    scene.hear(&signed, &said).unwrap();
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let scene = Scene::opened();
    let (one, other) = (scene.sign(), scene.sign());
    let one_said = scene.answer(&scene.verify(&one.header).unwrap());
    let other_said = scene.answer(&scene.verify(&other.header).unwrap());
    assert!(scene.hear(&one, &other_said).is_err());
    scene.hear(&other, &other_said).unwrap();
    scene.hear(&one, &one_said).unwrap();
}

#[test]
fn requests_may_overtake_1023_others() {
    for (behind, word) in
        [(1023, None), (1024, Some(Refusal::Replayed)), (1025, Some(Refusal::Replayed))]
    {
        let scene = Scene::opened();
        let late = scene.sign();
        let overtaking: Vec<_> = (0..behind).map(|_| scene.sign()).collect();
        scene.verify(&overtaking.last().unwrap().header).unwrap();
        let judged = scene.verify(&late.header).map_err(|it| it.refusal);
        assert_eq!(judged.err(), word, "{behind} behind");
        scene.trip(&scene.caller).unwrap();
    }
}

#[test]
fn openings_may_be_10_s_off() {
    for (off_ms, word) in [
        (0, None),
        (9_000, None),
        (-9_000, None),
        (10_000, None),
        (-10_000, None),
        (10_001, Some(Refusal::Stale)),
        (-10_001, Some(Refusal::Stale)),
        (11_000, Some(Refusal::Stale)),
        (-11_000, Some(Refusal::Stale)),
        (315_360_000_000, Some(Refusal::Stale)),
    ] {
        let scene = Scene::new();
        let at_ms = scene.now_ms.get() + off_ms;
        let signed = scene.caller.sign(&REQUEST, at_ms, &mut random::system());
        assert_eq!(scene.verify(&signed.header).map_err(|it| it.refusal).err(), word, "{off_ms}");
    }
}

#[test]
fn requests_may_be_30_s_off() {
    let skew_ms = i64::try_from(REQUEST_SKEW_MS).unwrap();
    for (off_ms, word) in [
        (29_000, None),
        (-29_000, None),
        (skew_ms, None),
        (-skew_ms, None),
        (skew_ms + 1, Some(Refusal::Stale)),
        (-skew_ms - 1, Some(Refusal::Stale)),
        (31_000, Some(Refusal::Stale)),
        (-31_000, Some(Refusal::Stale)),
    ] {
        let scene = Scene::opened();
        let at_ms = scene.now_ms.get() + off_ms;
        let signed = scene.caller.sign(&REQUEST, at_ms, &mut random::system());
        assert_eq!(scene.verify(&signed.header).map_err(|it| it.refusal).err(), word, "{off_ms}");
        scene.trip(&scene.caller).unwrap();
    }
}

#[test]
fn another_key_or_name_is_refused() {
    let scene = Scene::opened();
    let signed = scene.sign();
    let other_key = signed.header.replace("k=7", "k=6");
    assert_eq!(refusal(&scene, &other_key), Refusal::UnknownSession);
    assert_eq!(refusal(&scene, &signed.header.replace("k=7", "k=8")), Refusal::UnknownKey);
    let other_name = signed.header.replace("a=pppx-1", "a=pppx-2");
    assert_eq!(refusal(&scene, &other_name), Refusal::UnknownSession);
    scene.verify(&signed.header).unwrap();
    let opening =
        caller("pppx-2", "aar-1").sign(&REQUEST, scene.now_ms.get(), &mut random::system());
    let taken = opening.header.replace("a=pppx-2", "a=pppx-1");
    assert_eq!(refusal(&scene, &taken), Refusal::BadSeal);
}

#[test]
fn a_share_of_low_order_opens_nothing() {
    let scene = Scene::new();
    let (name, to) = ("pppx-1".parse().unwrap(), "aar-1".parse().unwrap());
    let file = crate::scene::root().caller(&name, &[to]);
    let (key, shared) = file.callee(&to).unwrap().current();
    let mut header: toki::header::RequestHeader = scene.sign().header.parse().unwrap();
    assert_eq!(header.key, key);
    header.share = Some(toki::Share::new([0; 32]));
    let opening = toki::derive::opening(shared, &header.session);
    let canon = toki::canon::request(&REQUEST, &to, &header);
    header.seal = toki::derive::seal(&toki::derive::opening_seal_key(&opening), &canon);
    assert_eq!(refusal(&scene, &header.to_string()), Refusal::Malformed);
    assert!(scene.callee.sessions().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Any order within the window passes once, and only once.
    #[test]
    fn any_order_within_the_window_passes_once(order in Just((0..300_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let scene = Scene::opened();
        let signed: Vec<_> = order.iter().map(|_| scene.sign()).collect();
        for at in &order {
            prop_assert!(scene.verify(&signed[*at].header).is_ok());
        }
        for at in &order {
            let word = scene.verify(&signed[*at].header).map_err(|it| it.refusal).err();
            prop_assert_eq!(word, Some(Refusal::Replayed));
        }
    }
}
