use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn gate(limit: usize, now: Instant) -> Gate<u32> {
    Gate::new(Limit::fixed(limit), now)
}

fn enter(gate: &mut Gate<u32>, ticket: u32, lane: Lane, now: Instant) -> Entry<u32> {
    gate.enter(ticket, lane, now + Duration::from_secs(2), now)
}

#[test]
fn the_place_of_one_who_left_goes_to_one_who_waits() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    assert_eq!(enter(&mut gate, 1, Lane::Auth, now), Entry::Go(1));
    assert_eq!(enter(&mut gate, 2, Lane::Auth, now), Entry::Wait { out: None });
    let freed = gate.leave(Some((Verb::Auth, ms(5))), now + ms(5));
    assert_eq!(freed.go, [2]);
    assert_eq!((gate.inflight(), gate.waiting()), (1, 0));
    assert!(gate.leave(Some((Verb::Auth, ms(5))), now + ms(10)).go.is_empty());
    assert_eq!(gate.inflight(), 0);
}

#[test]
fn one_more_than_can_wait_is_sent_away() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    for ticket in 0..65 {
        assert!(!matches!(enter(&mut gate, ticket, Lane::Auth, now), Entry::Shed(_)));
    }
    assert_eq!(enter(&mut gate, 65, Lane::Auth, now), Entry::Shed(65));
}

#[test]
fn what_can_wait_gives_way_to_what_cannot() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    enter(&mut gate, 0, Lane::Auth, now);
    for ticket in 1..=63 {
        enter(&mut gate, ticket, Lane::Auth, now);
    }
    enter(&mut gate, 64, Lane::Rest, now);
    assert_eq!(enter(&mut gate, 65, Lane::Rest, now), Entry::Shed(65));
    assert_eq!(enter(&mut gate, 66, Lane::Money, now), Entry::Wait { out: Some(64) });
    assert_eq!(enter(&mut gate, 67, Lane::Money, now), Entry::Wait { out: Some(63) });
    assert_eq!(gate.leave(Some((Verb::Auth, ms(1))), now + ms(1)).go, [66], "money first");
}

#[test]
fn a_tenth_is_kept_for_what_holds_all_together() {
    let now = Instant::now();
    let mut gate = gate(10, now);
    for ticket in 0..9 {
        assert_eq!(enter(&mut gate, ticket, Lane::Money, now), Entry::Go(ticket));
    }
    assert_eq!(enter(&mut gate, 9, Lane::Money, now), Entry::Wait { out: None });
    assert_eq!(enter(&mut gate, 10, Lane::Reserved, now), Entry::Go(10));
}

#[test]
fn whoever_has_no_time_left_is_not_begun() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    assert_eq!(gate.enter(1, Lane::Auth, now + ms(4), now), Entry::Late(1));
    enter(&mut gate, 2, Lane::Auth, now);
    gate.enter(3, Lane::Auth, now + ms(12), now);
    let freed = gate.leave(Some((Verb::Auth, ms(10))), now + ms(10));
    assert_eq!((freed.go, freed.late), (vec![], vec![3]));
}

#[test]
fn nobody_is_served_who_waited_for_too_long() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    enter(&mut gate, 1, Lane::Auth, now);
    enter(&mut gate, 2, Lane::Auth, now);
    enter(&mut gate, 3, Lane::Auth, now + ms(10));
    let freed = gate.leave(Some((Verb::Auth, ms(25))), now + ms(25));
    assert_eq!((freed.shed, freed.go), (vec![2], vec![3]));
}

#[test]
fn where_the_queue_never_empties_the_newest_goes_first() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    enter(&mut gate, 0, Lane::Auth, now);
    enter(&mut gate, 1, Lane::Auth, now);
    for tick in 1..=11 {
        let now = now + ms(tick * 10);
        enter(&mut gate, 100 + u32::try_from(tick).unwrap(), Lane::Auth, now);
        enter(&mut gate, 200 + u32::try_from(tick).unwrap(), Lane::Auth, now);
        let freed = gate.leave(Some((Verb::Auth, ms(10))), now + ms(1));
        if tick == 11 {
            assert_eq!(freed.go, [211], "the newest");
        }
    }
}

#[test]
fn who_withdraws_waits_no_more() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    enter(&mut gate, 1, Lane::Auth, now);
    enter(&mut gate, 2, Lane::Auth, now);
    assert_eq!(gate.withdraw(now, |ticket| *ticket == 2), Some(2));
    assert_eq!(gate.withdraw(now, |ticket| *ticket == 2), None);
    assert!(gate.leave(Some((Verb::Auth, ms(5))), now + ms(5)).go.is_empty());
}

#[test]
fn those_sent_away_come_back_over_the_time_that_they_need() {
    let now = Instant::now();
    let mut gate = gate(1, now);
    assert_eq!(gate.retry_s(now, 0.0), 1);
    assert_eq!(gate.retry_s(now, 0.999), 5);
    for ticket in 0..265 {
        enter(&mut gate, ticket, Lane::Auth, now);
    }
    for _ in 0..100 {
        gate.leave(Some((Verb::Auth, ms(1))), now + ms(1));
    }
    assert_eq!(gate.retry_s(now, 0.999), 20, "200 sent away, 10 a second served");
    for ticket in 0..10_000 {
        enter(&mut gate, ticket, Lane::Auth, now);
    }
    assert_eq!(gate.retry_s(now, 0.999), 60);
}
