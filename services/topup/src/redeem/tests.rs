use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::CryptoField;
use tokio::task::JoinSet;

use super::*;
use crate::scene::{Dongle, NOW_MS, Scene, asker, request, topped, unsold};

fn by_request(code: protocol::PurchaseCode, n: u16) -> TopUp {
    TopUp { request: Some(request(n)), ..TopUp::new(code) }
}

fn outcome(answered: &Answered) -> Outcome {
    answered.answer.outcome()
}

#[tokio::test]
async fn gives_the_recharge_code_and_what_to_dial() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let answered = scene.topup(&TopUp::new(code), &asker("b")).await;
    let answer = topped(&answered);
    let digits = answer.code2.unwrap().digits().to_owned();
    assert!(digits.starts_with('9') && digits.len() == 8);
    assert_eq!(answer.ussd.unwrap().as_str(), format!("*126*{digits}#"));
    assert_eq!(answer.operator.unwrap().as_str(), "MTN");
    assert_eq!(
        (answer.amount.unwrap().as_str(), answer.currency.unwrap().as_str()),
        ("500", "XAF")
    );
    assert_eq!(answer.expires, None);
}

#[tokio::test]
async fn the_twin_gives_the_same_answer_to_the_same_bridge() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let first = scene.topup(&TopUp::new(code), &asker("b")).await;
    let again = scene.twin().await.topup(&TopUp::new(code), &asker("b")).await;
    assert_eq!(first.answer, again.answer);
    let other = scene.topup(&TopUp::new(code), &asker("c")).await;
    assert_eq!(outcome(&other), Outcome::CodeUsed);
}

#[tokio::test]
async fn a_known_request_with_another_code_is_told_nothing() {
    let scene = Scene::new().await;
    scene.stock(3).await;
    let codes = scene.sell(1, 2).await;
    topped(&scene.topup(&by_request(codes[0], 7), &asker("a")).await);
    for code in [codes[1], unsold(5)] {
        let answered = scene.topup(&by_request(code, 7), &asker("b")).await;
        assert_eq!(outcome(&answered), Outcome::Malformed);
    }
}

#[tokio::test]
async fn a_mistyped_code_is_told_and_not_counted() {
    let scene = Scene::new().await;
    let mistyped = TopUp::new("1234567890123453".parse().unwrap());
    for _ in 0..60 {
        let answered = scene.topup(&mistyped, &asker("b")).await;
        assert_eq!(outcome(&answered), Outcome::CodeUnknown);
    }
}

#[tokio::test]
async fn who_guesses_waits_and_a_right_code_is_never_limited() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let guesser = Asker { client: Some("msisdn:a".parse().unwrap()), ..asker("b") };
    for n in 0..5 {
        let answered = scene.topup(&TopUp::new(unsold(n)), &guesser).await;
        assert_eq!(outcome(&answered), Outcome::CodeUnknown);
    }
    let answered = scene.topup(&TopUp::new(unsold(6)), &guesser).await;
    assert_eq!(outcome(&answered), Outcome::SlowDown);
    assert_eq!(answered.answer.retry_s(), Some(900));
    topped(&scene.topup(&TopUp::new(code), &guesser).await);
    let later = Asker { now_ms: NOW_MS + 900_000, ..guesser };
    let answered = scene.topup(&TopUp::new(unsold(6)), &later).await;
    assert_eq!(outcome(&answered), Outcome::CodeUnknown);
}

#[tokio::test]
async fn the_box_itself_gets_the_same_again_whatever_its_request() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let dongle = scene.dongle(1, State::Suspended).await;
    let first = scene.topup(&dongle.topup(code, None), &asker("a")).await;
    assert_eq!(first.note.device, Some(dongle.id));
    for n in [7, 8] {
        let again = scene.topup(&dongle.topup(code, Some(request(n))), &asker("b")).await;
        assert_eq!(topped(&first), topped(&again));
    }
    let other = scene.dongle(2, State::Active).await;
    let used = scene.topup(&other.topup(code, None), &asker("c")).await;
    assert_eq!(outcome(&used), Outcome::CodeUsed);
}

#[tokio::test]
async fn a_crypto_that_proves_nothing_gets_nothing_and_uses_nothing() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let dongle = scene.dongle(1, State::Active).await;
    let of_another_code = dongle.crypto("TOPUP", unsold(1).digits(), None);
    let of_another_command = dongle.crypto("CREDIT", code.digits(), None);
    let of_another_request = dongle.crypto("TOPUP", code.digits(), Some(request(1)));
    let of_nobody = Dongle::unknown().crypto("TOPUP", code.digits(), None);
    let all = [
        CryptoField::Unreadable,
        of_another_code,
        of_another_command,
        of_another_request,
        of_nobody,
    ];
    for crypto in all {
        let answered = scene.topup(&TopUp { crypto, ..TopUp::new(code) }, &asker("a")).await;
        assert_eq!(outcome(&answered), Outcome::BadCrypto);
    }
    let answered = scene.topup(&TopUp { crypto: of_nobody, ..TopUp::new(code) }, &asker("a")).await;
    assert_eq!(answered.note.cause, Some("UNKNOWN_BOX"));
    topped(&scene.topup(&dongle.topup(code, None), &asker("b")).await);
}

#[tokio::test]
async fn a_stale_crypto_gets_the_time_and_nothing_else() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let dongle = scene.dongle(1, State::Active).await;
    for (unix_ms, fresh) in [
        (NOW_MS - 300_001, false),
        (NOW_MS + 300_001, false),
        (NOW_MS - 300_000, true),
        (NOW_MS + 300_000, true),
    ] {
        let dongle = dongle.at(unix_ms);
        let answered = scene.topup(&dongle.topup(code, None), &asker("a")).await;
        let answer = topped(&answered);
        let expected = if fresh { (Outcome::Ok, None) } else { (Outcome::Stale, Some(NOW_MS)) };
        assert_eq!((answer.outcome, answer.now_ms), expected);
        assert_eq!(answer.code2.is_some(), fresh);
    }
}

#[tokio::test]
async fn a_stolen_box_is_refused() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let dongle = scene.dongle(1, State::Stolen).await;
    let answered = scene.topup(&dongle.topup(code, None), &asker("a")).await;
    assert_eq!((outcome(&answered), answered.note.device), (Outcome::Stolen, Some(dongle.id)));
    topped(&scene.topup(&TopUp::new(code), &asker("b")).await);
}

#[tokio::test]
async fn an_unavailable_registry_is_busy_and_a_fault_is_failed() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    scene.store.close().await;
    let topup = TopUp::new(code);
    let error = redeem(&scene.desk, &scene.store, &topup, &asker("a")).await.unwrap_err();
    assert_eq!(Outcome::from(&error), Outcome::Busy);
    let Error::Store(source) = error else { panic!("{error:?}") };
    assert_eq!(Outcome::from(&Error::Commit(source)), Outcome::Failed);
}

/// Two hundred TOPUPs of one code at once, on both twins.
async fn crowd(topup: impl Fn(u16) -> TopUp) -> Vec<Answer> {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let twins = [Arc::new(scene.twin().await), Arc::new(scene)];
    let mut crowd = JoinSet::new();
    for n in 0..200 {
        let scene = Arc::clone(&twins[usize::from(n % 2)]);
        let topup = TopUp { code, ..topup(n) };
        crowd.spawn(async move { scene.topup(&topup, &asker(&format!("b{n}"))).await.answer });
    }
    crowd.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_with_different_requests_get_one_code() {
    let answers = crowd(|n| by_request(unsold(1), n)).await;
    let count = |outcome| answers.iter().filter(|it| it.outcome() == outcome).count();
    assert_eq!((count(Outcome::Ok), count(Outcome::CodeUsed)), (1, 199));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_with_the_same_request_get_the_same_answer() {
    let answers = crowd(|_| by_request(unsold(1), 7)).await;
    let codes: BTreeSet<String> = answers.iter().map(|it| format!("{:?}", digits(it))).collect();
    assert_eq!((answers.len(), codes.len()), (200, 1));
    assert!(answers.iter().all(|it| it.outcome() == Outcome::Ok));
}

fn digits(answer: &Answer) -> String {
    match answer {
        Answer::TopUp(answer) => answer.code2.unwrap().digits().to_owned(),
        other => panic!("{other:?}"),
    }
}
