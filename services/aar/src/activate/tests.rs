use protocol::ActivationCode;
use store::State;

use super::*;
use crate::scene::*;

fn by_code(n: u8, code: &str) -> Activate {
    Activate { device: Some(id(n)), code: Some(code.parse().unwrap()), ..Activate::default() }
}

fn by_operator(n: u8) -> Activate {
    Activate { device: Some(id(n)), ..Activate::default() }
}

async fn ask(scene: &Scene, memory: &Memory, ask: &Activate) -> Activated {
    activate(&scene.desk(memory), &head(), ask, NOBODY).await.unwrap()
}

fn code(n: u64) -> String {
    let digits = format!("{n:015}");
    let code = ActivationCode::complete(digits.as_bytes().try_into().unwrap()).unwrap();
    code.digits().to_owned()
}

#[tokio::test]
async fn the_right_code_activates_and_memory_knows_at_once() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let subscriber = Some("Awa".parse().unwrap());
    let first = Activate { subscriber, ..by_code(1, CODE) };
    assert_eq!(ask(&scene, &memory, &first).await, Activated::Ok(device.id));
    let row = scene.row(device.id).await;
    assert_eq!((row.state, row.activation.as_ref()), (State::Active, None));
    let place = Place::Subscriber.of(row.id);
    let kept = scene.desk(&memory).vault().text(&place, &row.subscriber.clone().unwrap()).unwrap();
    assert_eq!(kept, "Awa");
    let aad = aad::auth("ngondo-box", "1.0");
    let heard = memory.fleet.auth(&crypto_of(1, 1), &aad, TERMS, NOW_MS);
    assert_eq!(heard.outcome, Outcome::Ok);
    let history = scene.store.history(&[row.id], None, 9).await.unwrap();
    assert_eq!(history.iter().map(|it| it.who.as_str()).collect::<Vec<_>>(), ["code"]);
}

#[tokio::test]
async fn the_right_code_on_an_active_box_changes_nothing() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let before = scene.store.last_device_change().await.unwrap();
    let again = Activate { subscriber: Some("Ngo".parse().unwrap()), ..by_code(1, CODE) };
    assert_eq!(ask(&scene, &memory, &again).await, Activated::Ok(id(1)));
    assert_eq!(scene.store.last_device_change().await.unwrap(), before);
}

#[tokio::test]
async fn an_unknown_box_and_a_wrong_code_are_told_alike() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let wrong = ask(&scene, &memory, &by_code(1, &code(5))).await;
    let nobody = ask(&scene, &memory, &by_code(9, CODE)).await;
    let no_mac = Activate { macaddr: Some(mac(9)), device: None, ..by_code(9, CODE) };
    let no_mac = ask(&scene, &memory, &no_mac).await;
    let answers = [wrong, nobody, no_mac].map(|it| it.answered().answer);
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    assert_eq!(answers[0].outcome(), Outcome::CodeUnknown);
    assert_eq!(scene.row(id(1)).await.state, State::Registered);
}

#[tokio::test]
async fn a_typing_error_is_told_and_not_counted() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    for _ in 0..60 {
        let told = ask(&scene, &memory, &by_code(1, "1234567890123453")).await;
        assert_eq!(told, Activated::Mistyped);
    }
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_the_right_code_never_does() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let mut told = Activated::Mistyped;
    for n in 0..60 {
        told = ask(&scene, &memory, &by_code(1, &code(n))).await;
    }
    let Activated::Wait { seconds } = told else { panic!("{told:?}") };
    assert_eq!(seconds, 900);
    assert_eq!(told.answered().answer.retry_s(), Some(900));
    assert_eq!(ask(&scene, &memory, &by_code(1, CODE)).await, Activated::Ok(id(1)));
}

#[tokio::test]
async fn a_shut_box_gets_its_state() {
    for (state, outcome) in [
        (State::Suspended, Outcome::Suspended),
        (State::Retired, Outcome::Retired),
        (State::Stolen, Outcome::Stolen),
    ] {
        let scene = Scene::new().await;
        scene.add(1, state).await;
        let memory = scene.memory().await;
        for asked in [by_code(1, CODE), by_operator(1)] {
            assert_eq!(ask(&scene, &memory, &asked).await, Activated::Refused(id(1), outcome));
        }
        assert_eq!(scene.row(id(1)).await.state, state);
    }
}

#[tokio::test]
async fn an_operator_sets_and_changes_what_a_code_cannot() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let until = |text: &str| Some(text.parse().unwrap());
    let first = Activate { until: until("2026-11-20"), ..by_operator(1) };
    assert_eq!(ask(&scene, &memory, &first).await, Activated::Ok(id(1)));
    let second = Activate { until: until("2027-01-31"), ..by_operator(1) };
    assert_eq!(ask(&scene, &memory, &second).await, Activated::Ok(id(1)));
    assert_eq!(scene.row(id(1)).await.until, until("2027-01-31"));
    let forbidden = Activate { until: until("2030-01-01"), ..by_code(1, CODE) };
    assert_eq!(ask(&scene, &memory, &forbidden).await, Activated::Forbidden);
}

#[tokio::test]
async fn the_same_request_changes_nothing_again() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let request = Some("0192f0c1-2b3c-7d4e-8f50-123456789abc".parse().unwrap());
    let first = Activate { until: Some("2026-12-01".parse().unwrap()), request, ..by_operator(1) };
    ask(&scene, &memory, &first).await;
    let other = Activate { until: Some("2027-12-01".parse().unwrap()), ..by_operator(1) };
    ask(&scene, &memory, &other).await;
    assert_eq!(ask(&scene, &memory, &first).await, Activated::Ok(id(1)));
    assert_eq!(scene.row(id(1)).await.until, other.until, "the late retry did not turn it back");
}

#[tokio::test]
async fn a_request_that_did_something_else_does_not_activate() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let request: protocol::RequestId = "0192f0c1-2b3c-7d4e-8f50-123456789abc".parse().unwrap();
    let desk = scene.desk(&memory);
    let event = desk.event(&device, Act::Record, "local".to_owned(), &mut random::system());
    let mut tx = scene.store.begin().await.unwrap();
    tx.add_event(&Event { request: Some(request.uuid()), ..event }).await.unwrap();
    tx.commit().await.unwrap();
    let activate = Activate { request: Some(request), ..by_operator(1) };
    assert_eq!(ask(&scene, &memory, &activate).await, Activated::Reused);
    assert_eq!(scene.row(device.id).await.state, State::Registered);
}

#[tokio::test]
async fn who_guesses_and_has_to_wait_does_not_queue_with_those_who_write() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let mut n = 0;
    while !matches!(ask(&scene, &memory, &by_code(1, &code(n))).await, Activated::Wait { .. }) {
        n += 1;
    }
    let _somebody_buys = scene.store.begin().await.unwrap();
    let told = ask(&scene, &memory, &by_code(1, &code(n))).await;
    assert!(matches!(told, Activated::Wait { .. }), "{told:?}");
}

#[tokio::test]
async fn an_end_date_is_judged_by_the_next_auth() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let ended = Activate { until: Some("2026-11-20".parse().unwrap()), ..by_operator(1) };
    ask(&scene, &memory, &ended).await;
    let aad = aad::auth("ngondo-box", "1.0");
    let auth = |counter, now_ms: i64| {
        let unix_ms = u64::try_from(now_ms).unwrap();
        let plain = authenticator::Opened { macaddr: mac(1).octets(), unix_ms, counter };
        memory.fleet.auth(&crypto_under(1, &key(1), plain), &aad, TERMS, now_ms).outcome
    };
    assert_eq!(auth(1, NOW_MS), Outcome::Ok, "a day is good to its end");
    assert_eq!(auth(2, NOW_MS + 86_400_000), Outcome::Expired);
}

#[tokio::test]
async fn an_end_date_that_is_over_is_refused_and_changes_nothing() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let over = Activate { until: Some("2026-11-19".parse().unwrap()), ..by_operator(1) };
    assert_eq!(ask(&scene, &memory, &over).await, Activated::Over);
    assert_eq!(Activated::Over.outcome(), Outcome::Malformed);
    assert_eq!(scene.row(device.id).await, device);
}

#[tokio::test]
async fn a_macaddr_of_several_boxes_is_not_unique() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    let by_mac = Activate { device: None, macaddr: Some(mac(1)), ..by_code(1, CODE) };
    scene.add_with_mac(2, 1).await;
    assert_eq!(ask(&scene, &memory, &by_mac).await, Activated::NotUnique);
    assert_eq!(ask(&scene, &memory, &by_code(1, CODE)).await, Activated::Ok(id(1)));
}

#[tokio::test]
async fn a_box_proves_itself_for_its_own_code_alone() {
    let scene = Scene::new().await;
    for n in [1, 2] {
        scene.add(n, State::Registered).await;
    }
    let memory = scene.memory().await;
    let with = |crypto| Activate { crypto, ..by_code(1, CODE) };
    let other = with(crypto_for_code(2, NOW));
    assert_eq!(ask(&scene, &memory, &other).await, Activated::BadCrypto);
    let stale = with(crypto_for_code(1, NOW - 300_001));
    assert_eq!(ask(&scene, &memory, &stale).await, Activated::Stale { now_ms: NOW_MS });
    let unreadable = with(CryptoField::Unreadable);
    assert_eq!(ask(&scene, &memory, &unreadable).await, Activated::BadCrypto);
    assert_eq!(scene.row(id(1)).await.state, State::Registered);
    let own = with(crypto_for_code(1, NOW));
    assert_eq!(ask(&scene, &memory, &own).await, Activated::Ok(id(1)));
}

#[tokio::test]
async fn a_database_that_is_gone_is_busy() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    scene.store.close().await;
    let done = activate(&scene.desk(&memory), &head(), &by_code(1, CODE), NOBODY).await;
    assert_eq!(Outcome::from(&done.unwrap_err()), Outcome::Busy);
}

#[tokio::test]
async fn nothing_that_names_a_box_is_malformed() {
    let scene = Scene::new().await;
    let memory = scene.memory().await;
    assert_eq!(ask(&scene, &memory, &Activate::default()).await, Activated::Nameless);
}
