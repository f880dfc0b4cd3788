//! Headers of any form: what parses prints the same again, and nothing panics.

use crypto::random;
use proptest::prelude::*;
use toki::header::{AnswerHeader, ErrorHeader, RequestHeader};
use toki::legacy::LegacyKey;
use toki::{Malformed, Refusal};

use crate::scene::{ANSWER, REQUEST, START_MS, Scene};

/// A request's header within a session, an opening's, an answer's, and a refusal's.
fn real() -> [String; 4] {
    let scene = Scene::new();
    let opening = scene.sign();
    let admitted = scene.verify(&opening.header).unwrap();
    let said = scene.answer(&admitted);
    scene.hear(&opening, &said).unwrap();
    let within = scene.sign();
    let refused = scene.verify(&opening.header).unwrap_err();
    [within.header, opening.header, said.toki, refused.header]
}

fn check(text: &str) {
    for printed in [
        text.parse::<RequestHeader>().map(|it| it.to_string()),
        text.parse::<AnswerHeader>().map(|it| it.to_string()),
        text.parse::<ErrorHeader>().map(|it| it.to_string()),
    ] {
        assert!(printed == Err(Malformed) || printed.as_deref() == Ok(text), "{text}");
    }
}

#[test]
fn each_cut_is_malformed() {
    for header in real() {
        for at in 0..header.len() {
            let cut = &header[..at];
            let word = cut.parse::<Refusal>().is_ok();
            assert_eq!(cut.parse::<RequestHeader>(), Err(Malformed), "{cut}");
            assert_eq!(cut.parse::<AnswerHeader>(), Err(Malformed), "{cut}");
            assert_eq!(cut.parse::<ErrorHeader>().is_ok(), word, "{cut}");
        }
    }
}

#[test]
fn fields_have_one_order_and_no_others() {
    let [within, ..] = real();
    let fields: Vec<&str> = within.split(';').collect();
    for at in 1..fields.len() {
        let mut swapped = fields.clone();
        swapped.swap(at - 1, at);
        assert!(swapped.join(";").parse::<RequestHeader>().is_err());
        let mut doubled = fields.clone();
        doubled.insert(at, fields[at]);
        assert!(doubled.join(";").parse::<RequestHeader>().is_err());
        let mut more = fields.clone();
        more.insert(at, "z=1");
        assert!(more.join(";").parse::<RequestHeader>().is_err());
        let mut less = fields.clone();
        let gone = less.remove(at);
        // Without `b` it is one still; then the seal says whether it is for this callee.
        let taken = less.join(";").parse::<RequestHeader>().is_ok();
        assert_eq!(taken, gone.starts_with("b="), "without {gone}");
    }
    for wrong in ["v=2", " v=1", "v=1;", "v=01", "", ";", "="] {
        assert!(within.replacen("v=1", wrong, 1).parse::<RequestHeader>().is_err(), "{wrong}");
    }
}

#[test]
fn every_length_is_answered() {
    let scene = Scene::opened();
    for length in (0..2000).chain([16_384, 1 << 20]) {
        for unit in ["a", ";", "=", "v=1;", "\u{e9}", "0"] {
            let text: String = unit.chars().cycle().take(length).collect();
            let refused = scene.verify(&text).unwrap_err();
            assert_eq!(
                (refused.refusal, refused.header.as_str()),
                (Refusal::Malformed, "malformed")
            );
        }
    }
    scene.trip(&scene.caller).unwrap();
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        check(&text);
        let scene = Scene::new();
        prop_assert!(scene.verify(&text).is_err());
        let signed = scene.sign();
        let advice = scene.caller.refused(&signed.ticket, &text, START_MS);
        prop_assert_eq!(advice, toki::Advice::Unproven);
        let headers = (text.as_str(), text.as_str());
        prop_assert!(scene.caller.verify(&signed.ticket, headers, &ANSWER, START_MS).is_err());
        let key = LegacyKey::new("a key of the original").unwrap();
        prop_assert!(!key.check(&text, START_MS) && !key.check_key(&text, &text, START_MS));
    }

    #[test]
    fn any_fields_are_answered(
        fields in proptest::collection::vec(("[vkabsgntqpecxmr]?=?", "[A-Za-z0-9_.=-]{0,44}"), 0..16)
    ) {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
        check(&fields.join(";"));
    }

    #[test]
    fn a_changed_header_parses_to_itself_or_not(
        which in 0_usize..4, at in any::<prop::sample::Index>(), with in any::<char>()
    ) {
        let header = &real()[which];
        let at = at.index(header.len());
        check(&format!("{}{with}{}", &header[..at], &header[at + 1..]));
        check(&format!("{}{with}{}", &header[..at], &header[at..]));
    }

    #[test]
    fn any_time_is_signed_and_judged(caller_ms in any::<i64>(), callee_ms in any::<i64>()) {
        let scene = Scene::new();
        let signed = scene.caller.sign(&REQUEST, caller_ms, &mut random::system());
        let judged = scene.callee.verify(&signed.header, &REQUEST, callee_ms, &mut random::system());
        if let Err(refused) = judged {
            let _ = scene.caller.refused(&signed.ticket, &refused.header, caller_ms);
        }
    }
}
