use super::*;
use crate::{scene::Scene, till::NOW_MS};

fn client(text: &str) -> Subject {
    Subject::Client(text.parse().unwrap())
}

async fn wrong(store: &Store, subject: &Subject, now_ms: i64) -> Wrong {
    let mut tx = store.begin().await.unwrap();
    let wrong = tx.wrong_code(subject, now_ms).await.unwrap();
    tx.commit().await.unwrap();
    wrong
}

/// Sends `n` wrong codes at once, all of which must be counted.
async fn counted(store: &Store, subject: &Subject, n: i64, now_ms: i64) {
    for _ in 0..n {
        assert!(matches!(wrong(store, subject, now_ms).await, Wrong::Counted { .. }));
    }
}

#[test]
fn the_waits_grow_and_are_forgiven_after_a_day() {
    let mut attempt = Attempt::default();
    let mut now_ms = NOW_MS;
    for minutes in [15, 60, 24 * 60, 24 * 60] {
        for _ in 0..FEW {
            assert_eq!(attempt.waits_ms(now_ms), None);
            attempt = attempt.counted(FEW, now_ms);
        }
        assert_eq!(attempt.waits_ms(now_ms), Some(minutes * MINUTE_MS));
        now_ms += minutes * MINUTE_MS;
        assert_eq!(attempt.waits_ms(now_ms), None);
    }
    now_ms += FORGIVEN_MS;
    for _ in 0..FEW {
        attempt = attempt.counted(FEW, now_ms);
    }
    assert_eq!(attempt.waits_ms(now_ms), Some(15 * MINUTE_MS));
}

#[test]
fn a_window_ends_after_its_time_and_when_the_clock_goes_back() {
    let first = Attempt::default().within(WINDOW_MS, NOW_MS);
    assert_eq!(first.within(WINDOW_MS, NOW_MS + WINDOW_MS - 1).wrong, 2);
    assert_eq!(first.within(WINDOW_MS, NOW_MS + WINDOW_MS).wrong, 1);
    assert_eq!(first.within(WINDOW_MS, NOW_MS - 1).wrong, 1);
}

#[tokio::test]
async fn five_wrong_codes_make_a_person_wait_and_fifty_an_address() {
    let scene = Scene::new().await;
    let subjects = [
        (client("msisdn:a"), 5),
        (client("box:a"), 5),
        (client("address:a"), 50),
        (Subject::Nobody, 50),
        (Subject::Device(DeviceId::from_bytes([1; 16])), 5),
        (Subject::Principal("shop-1".parse().unwrap()), 5),
    ];
    for (subject, limit) in subjects {
        counted(&scene.store, &subject, limit, NOW_MS).await;
        let waits = Wrong::Waits { ms: 15 * MINUTE_MS };
        assert_eq!(wrong(&scene.store, &subject, NOW_MS).await, waits);
        let left = scene.store.waits_ms(&subject, NOW_MS + 1).await.unwrap();
        assert_eq!(left, Some(15 * MINUTE_MS - 1));
    }
}

#[tokio::test]
async fn the_twins_count_together_and_everybody_is_counted_by_the_minute() {
    let scene = Scene::new().await;
    let twin = scene.twin().await;
    let subject = client("msisdn:a");
    counted(&scene.store, &subject, 3, NOW_MS).await;
    counted(&twin, &subject, 2, NOW_MS).await;
    assert!(matches!(wrong(&scene.store, &subject, NOW_MS).await, Wrong::Waits { .. }));
    let other = wrong(&twin, &client("address:b"), NOW_MS + 20_000).await;
    assert_eq!(other, Wrong::Counted { all: 6, rest_ms: 40_000 });
    let next = wrong(&twin, &client("address:b"), NOW_MS + MINUTE_MS).await;
    assert_eq!(next, Wrong::Counted { all: 1, rest_ms: MINUTE_MS });
}

#[tokio::test]
async fn sweeps_what_ended_a_day_ago() {
    let scene = Scene::new().await;
    counted(&scene.store, &client("msisdn:a"), 5, NOW_MS).await;
    let mut tx = scene.store.begin().await.unwrap();
    assert_eq!(tx.sweep_attempts(NOW_MS + FORGIVEN_MS).await.unwrap(), 0);
    assert_eq!(tx.sweep_attempts(NOW_MS + 2 * FORGIVEN_MS).await.unwrap(), 2);
}

#[test]
fn wrong_codes_are_the_box_s_the_principal_s_or_the_client_s() {
    let device = DeviceId::from_bytes([1; 16]);
    let principal = "shop-1".parse().unwrap();
    let address: Client = "address:a".parse().unwrap();
    let msisdn: Client = "msisdn:a".parse().unwrap();
    let all = Subject::of(Some(device), Some(principal), Some(address));
    assert_eq!(all, Subject::Device(device));
    assert_eq!(Subject::of(None, Some(principal), Some(address)), Subject::Principal(principal));
    assert_eq!(Subject::of(None, Some(principal), Some(msisdn)), Subject::Client(msisdn));
    assert_eq!(Subject::of(None, None, Some(address)), Subject::Client(address));
    assert_eq!(Subject::of(None, None, None), Subject::Nobody);
}
