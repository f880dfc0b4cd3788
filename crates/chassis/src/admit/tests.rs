#![expect(clippy::disallowed_methods, reason = "a test may spawn")]

use super::*;

fn door(limit: usize) -> Admission {
    Admission::new(Limit::fixed(limit))
}

async fn enter(door: &Admission, lane: Lane) -> Told {
    door.enter(lane, Instant::now() + Duration::from_secs(2)).await
}

/// Enters in the background; it waits when this returns.
async fn wait(door: &Admission, lane: Lane) -> tokio::task::JoinHandle<Told> {
    let before = door.load().waiting;
    let its = door.clone();
    let task = tokio::spawn(async move { enter(&its, lane).await });
    while door.load().waiting == before {
        tokio::task::yield_now().await;
    }
    task
}

fn shed(door: &Admission, lane: &str) -> u64 {
    door.load().shed.into_iter().find(|(name, _)| *name == lane).unwrap().1
}

#[tokio::test(start_paused = true)]
async fn one_more_than_the_limit_waits_for_the_place_of_one_who_leaves() {
    let door = door(1);
    let first = enter(&door, Lane::Auth).await.unwrap();
    assert_eq!(first.crowd, Crowd { inflight: 1, limit: 1 });
    let second = wait(&door, Lane::Auth).await;
    first.served(Verb::Auth);
    let second = second.await.unwrap().unwrap();
    assert_eq!((door.crowd().inflight, door.load().waiting), (1, 0));
    drop(second);
    assert_eq!(door.crowd().inflight, 0, "a place is given back however it ends");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_20_ms_and_each_is_told_when_to_come_back() {
    let door = door(1);
    let place = enter(&door, Lane::Auth).await.unwrap();
    let began = Instant::now();
    let turned = enter(&door, Lane::Auth).await.unwrap_err();
    assert!(matches!(turned, Turned::Busy { retry_s: 1..=10 }), "{turned:?}");
    assert!((20..=25).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!((shed(&door, "auth"), shed(&door, "money")), (1, 0));
    drop(place);
    assert!(enter(&door, Lane::Auth).await.is_ok(), "who waited in vain holds no place");
}

#[tokio::test(start_paused = true)]
async fn those_told_to_come_back_are_spread_over_what_the_backlog_needs() {
    let door = door(1);
    let _place = enter(&door, Lane::Auth).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..64 {
        waiting.push(wait(&door, Lane::Auth).await);
    }
    let mut drawn = Vec::new();
    for _ in 0..400 {
        let Turned::Busy { retry_s } = enter(&door, Lane::Auth).await.unwrap_err() else {
            panic!("its time is not over");
        };
        drawn.push(retry_s);
    }
    assert!(drawn.iter().all(|it| (1..=60).contains(it)), "{drawn:?}");
    assert!(drawn.iter().any(|it| 30 < *it), "one server cannot take 400 in 5 s: {drawn:?}");
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_while_he_waits_is_forgotten() {
    let door = door(1);
    let first = enter(&door, Lane::Auth).await.unwrap();
    let gone = wait(&door, Lane::Auth).await;
    let there = wait(&door, Lane::Auth).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert_eq!(door.load().waiting, 1);
    first.served(Verb::Auth);
    assert!(there.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_reaches_nobody_goes_to_the_next() {
    let door = door(1);
    let first = enter(&door, Lane::Auth).await.unwrap();
    let (gone, there) = (wait(&door, Lane::Auth).await, wait(&door, Lane::Auth).await);
    // Told, and dropped before it hears.
    first.served(Verb::Auth);
    gone.abort();
    drop(gone.await);
    assert!(there.await.unwrap().is_ok());
    assert_eq!(door.crowd().inflight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_the_place_back() {
    let door = door(1);
    let its = door.clone();
    let task = tokio::spawn(async move {
        let _place = enter(&its, Lane::Auth).await.unwrap();
        panic!("as the test asked");
    });
    task.await.unwrap_err();
    assert!(enter(&door, Lane::Auth).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn records_give_way_to_money_and_a_tenth_is_kept_for_init() {
    let door = door(10);
    let mut places = Vec::new();
    for _ in 0..9 {
        places.push(enter(&door, Lane::Money).await.unwrap());
    }
    let mut waiting = Vec::new();
    for _ in 0..64 {
        waiting.push(wait(&door, Lane::Rest).await);
    }
    let its = door.clone();
    let money = tokio::spawn(async move { enter(&its, Lane::Money).await });
    while shed(&door, "rest") == 0 {
        tokio::task::yield_now().await;
    }
    assert!(enter(&door, Lane::Reserved).await.is_ok());
    drop(places);
    assert!(money.await.unwrap().is_ok());
    assert_eq!((shed(&door, "money"), shed(&door, "rest")), (0, 1));
    let late = waiting.pop().unwrap().await.unwrap().unwrap_err();
    assert!(matches!(late, Turned::Busy { .. }), "the newest gave way: {late:?}");
}

#[tokio::test(start_paused = true)]
async fn whose_time_is_over_is_not_begun_also_after_it_waited() {
    let door = door(1);
    let soon = Instant::now() + Duration::from_millis(4);
    assert_eq!(door.enter(Lane::Auth, soon).await.unwrap_err(), Turned::Late);
    let place = enter(&door, Lane::Auth).await.unwrap();
    let its = door.clone();
    let soon = Instant::now() + Duration::from_millis(12);
    let late = tokio::spawn(async move { its.enter(Lane::Auth, soon).await });
    while door.load().waiting == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_millis(10)).await;
    place.served(Verb::Auth);
    assert_eq!(late.await.unwrap().unwrap_err(), Turned::Late);
}
