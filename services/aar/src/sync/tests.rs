use crypto::aad;
use crypto::authenticator::Opened;
use protocol::Outcome;
use store::State;

use super::*;
use crate::scene::*;

fn outcome(memory: &Memory, n: u8, counter: u64) -> Outcome {
    let aad = aad::auth("ngondo-box", "1.0");
    memory.fleet.auth(&crypto_of(n, counter), &aad, TERMS, NOW_MS).outcome
}

#[tokio::test]
async fn a_change_of_state_reaches_the_twin_with_its_next_reading() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let mut twin = scene.memory().await;
    scene.change(device.id, |device| device.state = State::Suspended).await;
    scene.pull(&mut twin).await;
    assert_eq!(outcome(&twin, 1, 1), Outcome::Suspended);
}

#[tokio::test]
async fn the_twin_serves_a_retry_and_refuses_a_replay() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let (here, mut twin) = (scene.memory().await, scene.memory().await);
    assert_eq!(outcome(&here, 1, 5), Outcome::Ok);
    scene.flush(&here).await;
    scene.pull(&mut twin).await;
    assert_eq!(twin.fleet.last(id(1)), here.fleet.last(id(1)));
    assert_eq!(outcome(&twin, 1, 5), Outcome::Ok, "a retry");
    assert_eq!(outcome(&twin, 1, 4), Outcome::Replayed);
}

#[tokio::test]
async fn hears_of_a_new_box_and_its_counter_at_once() {
    let scene = Scene::new().await;
    let (mut here, mut twin) = (scene.memory().await, scene.memory().await);
    scene.add(1, State::Active).await;
    scene.pull(&mut here).await;
    outcome(&here, 1, 5);
    scene.flush(&here).await;
    scene.pull(&mut twin).await;
    assert_eq!(outcome(&twin, 1, 4), Outcome::Replayed);
}

#[tokio::test]
async fn a_restart_remembers_the_counter_of_crypto_and_of_the_spool() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let before = scene.memory().await;
    outcome(&before, 1, 5);
    scene.flush(&before).await;
    outcome(&before, 1, 6);
    let in_spool = mark::write(id(1), &before.fleet.last(id(1)).unwrap());

    let after = scene.memory().await;
    scene.sync(&after.fleet).recall(&[in_spool]);
    assert_eq!(outcome(&after, 1, 6), Outcome::Ok, "a retry");
    assert_eq!(outcome(&after, 1, 5), Outcome::Replayed);
    scene.flush(&after).await;
    let third = scene.memory().await;
    assert_eq!(outcome(&third, 1, 5), Outcome::Replayed, "CRYPTO has learned of it");
}

#[tokio::test]
async fn an_old_mark_of_the_spool_does_not_turn_a_counter_back() {
    let scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let old = scene.memory().await;
    outcome(&old, 1, 5);
    let in_spool = mark::write(id(1), &old.fleet.last(id(1)).unwrap());
    outcome(&old, 1, 9);
    scene.flush(&old).await;
    let after = scene.memory().await;
    scene.sync(&after.fleet).recall(&[in_spool]);
    assert_eq!(outcome(&after, 1, 8), Outcome::Replayed);
    assert!(after.fleet.take_dirty().iter().all(|guard| guard.counter == 9));
}

#[tokio::test]
async fn while_crypto_is_away_auth_goes_on_and_nothing_is_forgotten() {
    let mut scene = Scene::new().await;
    scene.add(1, State::Active).await;
    let memory = scene.memory().await;
    scene.store.close().await;
    assert_eq!(outcome(&memory, 1, 5), Outcome::Ok);
    let sync = scene.sync(&memory.fleet);
    assert!(sync.flush(&scene.store).await.is_err());
    assert!(sync.settle(&scene.store, &mut random::system(), NOW_MS).await.is_err());
    assert_eq!(outcome(&memory, 1, 6), Outcome::Ok);

    scene.reopen().await;
    scene.flush(&memory).await;
    let twin = scene.memory().await;
    assert_eq!(twin.fleet.last(id(1)).unwrap().counter, 6);
    assert!(!scene.row(id(1)).await.fresh);
}

#[tokio::test]
async fn the_first_good_auth_ends_the_full_answer_of_the_registration() {
    let scene = Scene::new().await;
    let (good, waits) = (scene.add(1, State::Active).await, scene.add(2, State::Registered).await);
    let memory = scene.memory().await;
    outcome(&memory, 1, 1);
    outcome(&memory, 2, 1);
    scene.flush(&memory).await;
    assert!(!scene.has_answer(&good).await);
    assert!(!scene.row(good.id).await.fresh);
    assert!(scene.has_answer(&waits).await, "it was not answered OK");
}

#[tokio::test]
async fn a_rekey_ends_with_the_first_auth_under_the_new_key() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let pending = Some(scene.pending(device.id, &key(7)));
    scene.change(device.id, |device| device.pending = pending).await;
    let memory = scene.memory().await;
    let plain = Opened { macaddr: mac(1).octets(), unix_ms: NOW, counter: 1 };
    let crypto = crypto_under(1, &key(7), plain);
    let aad = aad::auth("ngondo-box", "1.0");
    assert_eq!(memory.fleet.auth(&crypto, &aad, TERMS, NOW_MS).outcome, Outcome::Ok);
    scene.flush(&memory).await;

    let row = scene.row(device.id).await;
    let vault = Vault::new(&scene.keys);
    assert_eq!((row.pending.as_ref(), row.fresh), (None, false));
    assert_eq!(vault.key(&row).unwrap().expose(), key(7).expose());
    let infos = crate::vault::Infos::open(&row, &key(7)).unwrap();
    assert_eq!(infos.macaddr, mac(1).to_string(), "INFOS moved under the new key");
    let [event] =
        <[Event; 1]>::try_from(scene.store.history(&[row.id], None, 9).await.unwrap()).unwrap();
    assert_eq!((event.act, event.who.as_str()), (Act::Rekeyed, "box"));

    let twin = scene.memory().await;
    assert_eq!(outcome(&twin, 1, 2), Outcome::BadCrypto, "the old key is dead everywhere");
    assert_eq!(outcome(&memory, 1, 2), Outcome::BadCrypto);
}

#[tokio::test]
async fn a_change_of_another_kind_does_not_bring_an_old_key_back() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let pending = Some(scene.pending(device.id, &key(7)));
    scene.change(device.id, |device| device.pending = pending).await;
    let mut memory = scene.memory().await;
    let plain = Opened { macaddr: mac(1).octets(), unix_ms: NOW, counter: 1 };
    let aad = aad::auth("ngondo-box", "1.0");
    memory.fleet.auth(&crypto_under(1, &key(7), plain), &aad, TERMS, NOW_MS);
    // CRYPTO has not heard of it when somebody suspends the box.
    scene.change(device.id, |device| device.state = State::Suspended).await;
    scene.pull(&mut memory).await;
    assert_eq!(outcome(&memory, 1, 2), Outcome::BadCrypto);
    scene.flush(&memory).await;
    let row = scene.row(device.id).await;
    assert_eq!((row.state, row.pending), (State::Suspended, None));
}

#[tokio::test]
async fn a_box_that_does_not_open_is_unknown_and_the_others_serve() {
    let scene = Scene::new().await;
    let spoiled = scene.add(1, State::Active).await;
    scene.add(2, State::Active).await;
    scene.change(spoiled.id, |device| device.key = vec![0; 61]).await;
    let memory = scene.memory().await;
    assert_eq!(outcome(&memory, 1, 1), Outcome::BadCrypto);
    assert_eq!(outcome(&memory, 2, 1), Outcome::Ok);
}

#[tokio::test]
async fn a_reading_before_crypto_knows_does_not_undo_the_first_good_auth() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Registered).await;
    let mut memory = scene.memory().await;
    scene.change(device.id, |device| device.state = State::Active).await;
    scene.pull(&mut memory).await;
    assert_eq!(outcome(&memory, 1, 1), Outcome::Ok);
    scene.change(device.id, |device| device.until = Some("2099-12-31".parse().unwrap())).await;
    scene.pull(&mut memory).await;
    scene.flush(&memory).await;
    assert!(!scene.has_answer(&device).await, "the credential is given to nobody any more");
}

#[tokio::test]
async fn a_box_whose_row_no_longer_opens_still_takes_its_state_from_it() {
    let scene = Scene::new().await;
    let device = scene.add(1, State::Active).await;
    let mut memory = scene.memory().await;
    let spoil = |device: &mut Device| {
        device.state = State::Stolen;
        device.infos.truncate(20);
    };
    scene.change(device.id, spoil).await;
    scene.pull(&mut memory).await;
    assert_eq!(outcome(&memory, 1, 1), Outcome::Stolen);
}

#[tokio::test]
async fn a_rekey_that_does_not_open_holds_up_no_other_box() {
    let scene = Scene::new().await;
    let (bad, good) = (scene.add(1, State::Active).await, scene.add(2, State::Active).await);
    let pending = Some(scene.pending(bad.id, &key(7)));
    scene.change(bad.id, |device| device.pending = pending).await;
    let memory = scene.memory().await;
    let plain = Opened { macaddr: mac(1).octets(), unix_ms: NOW, counter: 1 };
    let aad = aad::auth("ngondo-box", "1.0");
    memory.fleet.auth(&crypto_under(1, &key(7), plain), &aad, TERMS, NOW_MS);
    scene.change(bad.id, |device| device.infos.truncate(20)).await;
    outcome(&memory, 2, 1);
    scene.flush(&memory).await;
    assert!(!scene.has_answer(&good).await);
}
