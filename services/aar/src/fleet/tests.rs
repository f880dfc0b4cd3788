use std::sync::Arc;

use crypto::aad;
use crypto::authenticator::Opened;
use protocol::Outcome::{BadCrypto, NotActivated, Ok as Good, Replayed, Stale};
use store::State;

use super::*;
use crate::scene::*;

fn ask(memory: &Memory, crypto: &Authenticator, now_ms: i64) -> Heard {
    memory.fleet.auth(crypto, &aad::auth("ngondo-box", "1.0"), TERMS, now_ms)
}

fn outcome(memory: &Memory, n: u8, counter: u64) -> Outcome {
    ask(memory, &crypto_of(n, counter), NOW_MS).outcome
}

fn said(n: u8) -> Opened {
    Opened { macaddr: mac(n).octets(), unix_ms: NOW, counter: 1 }
}

#[tokio::test]
async fn what_proves_nothing_is_bad_crypto_and_the_report_keeps_why() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let other_macaddr = Opened { macaddr: mac(2).octets(), ..said(1) };
    for (crypto, device, opened, cause) in [
        (crypto_of(2, 1), None, false, Some("UNKNOWN_BOX")),
        (crypto_under(1, &key(2), said(1)), Some(id(1)), false, None),
        (crypto_under(1, &key(1), other_macaddr), Some(id(1)), true, Some("OTHER_MACADDR")),
        (crypto_of(1, NOW + 300_001), Some(id(1)), true, Some("COUNTER_AHEAD")),
    ] {
        let heard = ask(&memory, &crypto, NOW_MS);
        assert_eq!(heard.outcome, BadCrypto);
        assert_eq!((heard.device, heard.proof_key.is_some(), heard.cause), (device, opened, cause));
        assert_eq!(heard.last, None);
    }
    assert!(memory.fleet.take_dirty().is_empty());
}

#[tokio::test]
async fn another_app_or_version_does_not_open() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let aad = aad::auth("ngondo-box", "1.1");
    let heard = memory.fleet.auth(&crypto_of(1, 1), &aad, TERMS, NOW_MS);
    assert_eq!(heard.outcome, BadCrypto);
}

#[tokio::test]
async fn the_counter_moves_whatever_the_state() {
    let scene = Scene::new().await;
    scene.add(1, State::Registered).await;
    let memory = scene.memory().await;
    assert_eq!(outcome(&memory, 1, 2), NotActivated);
    assert_eq!(outcome(&memory, 1, 1), Replayed);
    let [guard] = <[Guard; 1]>::try_from(memory.fleet.take_dirty()).unwrap();
    assert_eq!((guard.device, guard.counter, guard.lease_s), (id(1), 2, 0));
}

#[tokio::test]
async fn what_is_stale_leaves_nothing() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    let late = ask(&memory, &crypto_of(1, 5), NOW_MS + 300_001);
    assert_eq!((late.outcome, late.last), (Stale, None));
    assert!(late.proof_key.is_some());
    assert_eq!(outcome(&memory, 1, 5), Good, "its counter was not taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_with_one_counter_one_alone_passes() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = Arc::new(scene.memory().await);
    let aad = aad::auth("ngondo-box", "1.0");
    let threads: Vec<_> = (0..16_u8)
        .map(|nonce| {
            let (memory, aad) = (Arc::clone(&memory), aad.clone());
            let auth_key = key(1).auth_key();
            std::thread::spawn(move || {
                let bytes = authenticator::make([1; 16], [nonce; 12], &auth_key, &said(1), &aad);
                memory.fleet.auth(&Authenticator::from_bytes(bytes), &aad, TERMS, NOW_MS).outcome
            })
        })
        .collect();
    let outcomes: Vec<_> = threads.into_iter().map(|it| it.join().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|it| **it == Good).count(), 1);
    assert_eq!(outcomes.iter().filter(|it| **it == Replayed).count(), 15);
}

#[tokio::test]
async fn the_first_auth_under_a_new_key_ends_the_old_one() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let pending = Some(scene.pending(device.id, &key(7)));
    scene.change(device.id, |device| device.pending = pending.clone()).await;
    let memory = scene.memory().await;
    assert_eq!(outcome(&memory, 1, 1), Good, "the old key is good until then");
    let new = crypto_under(1, &key(7), Opened { counter: 2, ..said(1) });
    assert_eq!(ask(&memory, &new, NOW_MS).outcome, Good);
    assert_eq!(outcome(&memory, 1, 3), BadCrypto, "the old key is dead");
    let settle = Settle { device: id(1), promoted: pending, ended: true };
    assert_eq!(memory.fleet.take_settle(), [settle]);
}

#[tokio::test]
async fn an_auth_under_the_old_key_does_not_end_the_answer_of_a_rekey() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let pending = Some(scene.pending(device.id, &key(7)));
    scene.change(device.id, |device| device.pending = pending).await;
    let memory = scene.memory().await;
    assert_eq!(outcome(&memory, 1, 1), Good);
    assert!(memory.fleet.take_settle().is_empty());
}

#[tokio::test]
async fn finds_by_what_people_know() {
    let scene = Scene::new().await;
    for n in [1, 2, 18] {
        scene.add(n, State::Active).await;
    }
    let memory = scene.memory().await;
    assert_eq!(memory.fleet.find_tail(*b"9502"), [id(2)]);
    assert_eq!(memory.fleet.find_tail(*b"3677"), [id(1), id(2), id(18)]);
    let end = DeviceId::from_bytes([2; 16]);
    assert_eq!(memory.fleet.find_between(DeviceId::from_bytes([1; 16]), end), [id(1), id(2)]);
    assert_eq!(memory.fleet.len(), 3);
}

#[tokio::test]
async fn a_box_is_listed_by_the_labels_that_it_has_now() {
    let scene = Scene::new().await;
    let tag = |text: &str| text.parse::<DeviceTag>().unwrap();
    let labels = |group: &str, tags: &[&str]| {
        let mut labels = store::Labels::in_group(Some(tag(group)));
        for text in tags {
            labels.add(tag(text));
        }
        labels
    };
    for n in [1, 2, 3] {
        scene.add(n, State::Active).await;
        scene.change(id(n), |it| it.labels = labels("akwa", &["nord"])).await;
    }
    let memory = scene.memory().await;
    let fleet = &memory.fleet;
    let nord = Filter { tags: vec![tag("nord")], ..Filter::default() };
    let akwa = Filter { group: Some(tag("akwa")), ..nord.clone() };
    let page = |filter: &Filter| fleet.page(filter, DeviceId::from_bytes([0; 16]), 10);
    assert_eq!((page(&akwa), fleet.count(&akwa)), (vec![id(1), id(2), id(3)], 3));
    assert_eq!(fleet.page(&akwa, id(1), 1), [id(2)], "behind an id, and no more than wished");

    let moved = scene.change(id(2), |it| it.labels = labels("bali", &["nord"])).await;
    scene.sync(fleet).put(&moved);
    fleet.remove(id(3));
    assert_eq!((page(&akwa), page(&nord)), (vec![id(1)], vec![id(1), id(2)]));
    let (groups, tags) = fleet.labels();
    assert_eq!(groups, BTreeMap::from([(tag("akwa"), 1), (tag("bali"), 1)]));
    assert_eq!(tags, BTreeMap::from([(tag("nord"), 2)]));
    let suspended = Filter { state: Some(State::Suspended), ..nord };
    assert_eq!(fleet.count(&suspended), 0, "a label alone is not enough");
}
