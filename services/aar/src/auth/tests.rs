use store::State;

use super::*;
use crate::scene::*;

fn ask(memory: &Memory, crypto: CryptoField, now_ms: i64) -> (AuthAnswer, Note) {
    let answered = answer(&memory.fleet, &head(), &Auth { crypto }, TERMS, now_ms);
    let Answer::Auth(answer) = answered.answer else { panic!("{:?}", answered.answer) };
    (answer, answered.note)
}

fn given(n: u8, counter: u64) -> CryptoField {
    CryptoField::Given(crypto_of(n, counter))
}

fn proves(n: u8, counter: u64, answer: &AuthAnswer, x: &str) -> bool {
    let nonce = authenticator::box_nonce([9; 4], counter);
    let proof = answer.proof.unwrap();
    proof::verify(&key(n).proof_key(), answer.outcome.as_str(), x, &nonce, proof.as_bytes())
}

#[tokio::test]
async fn a_good_box_gets_its_lease_and_a_proof_of_it() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let (answer, note) = ask(&scene.memory().await, given(1, 42), NOW_MS);
    assert_eq!(answer.outcome, Outcome::Ok);
    assert_eq!((answer.lease_s, answer.spread_s, answer.now_ms), (Some(14_400), Some(30), None));
    assert!(proves(1, 42, &answer, "14400"));
    let (device, last) = mark::read(&note.mark.unwrap()).unwrap();
    assert_eq!((note.device, device, last.counter), (Some(id(1)), id(1), 42));
}

#[tokio::test]
async fn a_refused_box_gets_a_proof_and_no_lease() {
    let scene = Scene::new().await;
    scene.add(1, State::Suspended).await;
    let (answer, note) = ask(&scene.memory().await, given(1, 42), NOW_MS);
    assert_eq!((answer.outcome, answer.lease_s, answer.spread_s), (Outcome::Suspended, None, None));
    assert!(proves(1, 42, &answer, ""));
    assert!(note.mark.is_some(), "its counter moved");
}

#[tokio::test]
async fn a_stale_box_gets_the_time_with_a_proof_and_leaves_no_mark() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let now_ms = NOW_MS + 400_000;
    let (answer, note) = ask(&scene.memory().await, given(1, 42), now_ms);
    assert_eq!((answer.outcome, answer.now_ms), (Outcome::Stale, Some(now_ms)));
    assert!(proves(1, 42, &answer, &now_ms.to_string()));
    assert!(note.mark.is_none());
}

#[tokio::test]
async fn a_retry_gets_the_same_answer_and_the_same_mark() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let (first, first_note) = ask(&memory, given(1, 42), NOW_MS);
    let (again, again_note) = ask(&memory, given(1, 42), NOW_MS + 30_000);
    assert_eq!(first, again);
    assert_eq!(first_note.mark, again_note.mark);
}

#[tokio::test]
async fn what_does_not_open_gets_no_proof() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    for (crypto, cause) in [
        (CryptoField::Missing, "MISSING"),
        (CryptoField::Unreadable, "UNREADABLE"),
        (given(1, 42), "UNKNOWN_BOX"),
    ] {
        let (answer, note) = ask(&memory, crypto, NOW_MS);
        assert_eq!(answer, AuthAnswer::new(Outcome::BadCrypto));
        assert_eq!((note.cause, note.device), (Some(cause), None));
    }
}
