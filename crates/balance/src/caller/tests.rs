use super::*;

const BOTH: [&str; 2] = ["one", "two"];

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn pair() -> Vec<Candidate<&'static str>> {
    BOTH.map(|key| Candidate { key, weight: 1.0, standing: Standing::Good }).to_vec()
}

fn first(
    caller: &mut Caller<&'static str>,
    pair: &[Candidate<&'static str>],
    now: Instant,
) -> &'static str {
    caller.pick(pair, now, 0.0).order[0]
}

fn serve(
    caller: &mut Caller<&'static str>,
    key: &'static str,
    seen: Seen,
    (now, took): (Instant, Duration),
) {
    caller.begin(&key, now);
    caller.end(&key, seen, took, (now, 0.5));
}

/// Probes whoever is due once a second, for so long.
fn probe(
    caller: &mut Caller<&'static str>,
    mut now: Instant,
    seconds: u64,
    took: Duration,
) -> Instant {
    for _ in 0..seconds {
        now += Duration::from_secs(1);
        for key in caller.probes_due(now, || 0.0) {
            caller.probed(&key, Probe::Good, took, now);
        }
    }
    now
}

#[test]
fn asks_the_first_where_nothing_is_known_and_then_the_less_loaded() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    assert_eq!(first(&mut caller, &pair(), now), "one");
    caller.begin(&"one", now);
    assert_eq!(first(&mut caller, &pair(), now), "two");
}

#[test]
fn a_share_counts() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    let mut pair = pair();
    pair[1].weight = 4.0;
    let mut got = [0, 0];
    for _ in 0..10 {
        let key = first(&mut caller, &pair, now);
        caller.begin(&key, now);
        got[usize::from(key == "two")] += 1;
    }
    assert_eq!(got, [2, 8]);
}

#[test]
fn whoever_fails_fast_gets_no_more() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    first(&mut caller, &pair(), now);
    serve(&mut caller, "one", Seen::Failed, (now, ms(0)));
    for _ in 0..20 {
        assert_eq!(first(&mut caller, &pair(), now), "two");
        caller.begin(&"two", now);
    }
}

#[test]
fn one_that_the_map_avoids_is_asked_after_its_twin_and_one_that_leaves_too() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    let mut avoided = pair();
    avoided[0].standing = Standing::Avoid;
    assert_eq!(caller.pick(&avoided, now, 0.0).order, ["two", "one"]);
    caller.leaving(&"two", now);
    assert_eq!(first(&mut caller, &pair(), now), "one");
    assert_eq!(first(&mut caller, &pair(), now + Duration::from_secs(5)), "one", "first again");
    caller.leaving(&"one", now);
    assert_eq!(first(&mut caller, &avoided, now), "one", "both leave: by load");
}

#[test]
fn an_open_breaker_is_worse_than_what_the_map_says() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    let mut avoided = pair();
    avoided[1].standing = Standing::Avoid;
    first(&mut caller, &avoided, now);
    for _ in 0..5 {
        serve(&mut caller, "one", Seen::Failed, (now, ms(1)));
    }
    assert_eq!(first(&mut caller, &avoided, now), "two");
    assert!(!caller.pick(&avoided, now, 0.0).panic);
}

#[test]
fn where_both_are_open_both_are_asked_and_too_many_are_refused() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    first(&mut caller, &pair(), now);
    for key in BOTH {
        for _ in 0..5 {
            serve(&mut caller, key, Seen::Failed, (now, ms(1)));
        }
    }
    let pick = caller.pick(&pair(), now, 0.0);
    assert!(pick.panic && !pick.refused);
    assert_eq!(pick.order.len(), 2);
    for _ in 0..100 {
        caller.pick(&pair(), now, 1.0);
    }
    assert!(caller.pick(&pair(), now, 0.0).refused);
    assert!(!caller.pick(&pair(), now, 0.99).refused, "some try");
}

#[test]
fn two_quick_probes_forgive_and_one_slow_does_not() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    first(&mut caller, &pair(), now);
    serve(&mut caller, "two", Seen::Answer, (now, ms(5)));
    for _ in 0..5 {
        serve(&mut caller, "one", Seen::Failed, (now, ms(1)));
    }
    first(&mut caller, &pair(), now);
    let later = probe(&mut caller, now, 5, ms(100));
    assert!(caller.resting(later).next().is_some(), "slow probes forgive nothing");
    first(&mut caller, &pair(), later);
    let later = probe(&mut caller, later, 20, ms(2));
    assert!(caller.resting(later).next().is_none());
    let pick = caller.pick(&pair(), later, 0.0);
    assert_eq!(pick.order.len(), 2);
    let slow = caller.explain().last().unwrap().weighed.iter().find(|it| it.key == "one").unwrap();
    assert!(slow.peak_ms < 10.0, "{slow:?}");
    assert!(slow.slow_start <= 10.0, "{slow:?}");
}

#[test]
fn who_is_busy_and_well_is_not_probed() {
    let mut now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    for _ in 0..100 {
        now += ms(50);
        first(&mut caller, &pair(), now);
        serve(&mut caller, "one", Seen::Answer, (now, ms(1)));
        let due = caller.probes_due(now, || 0.5);
        assert!(!due.contains(&"one"), "{due:?}");
    }
}

#[test]
fn who_is_asked_by_nobody_is_forgotten() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    first(&mut caller, &pair(), now);
    assert_eq!(caller.probes_due(now + Duration::from_secs(2), || 0.5).len(), 2);
    assert!(caller.probes_due(now + Duration::from_mins(1), || 0.5).is_empty());
    assert!(caller.peers.is_empty());
}

#[test]
fn a_newcomer_beside_one_that_serves_starts_slowly() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    let alone = [pair().remove(0)];
    first(&mut caller, &alone, now);
    serve(&mut caller, "one", Seen::Answer, (now, ms(5)));
    caller.begin(&"one", now);
    assert_eq!(first(&mut caller, &pair(), now), "one", "the newcomer's load counts ten times");
    assert_eq!(first(&mut caller, &pair(), now + Duration::from_secs(10)), "two");
}

#[test]
fn without_probes_one_request_at_a_time_tries_an_open_one() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Trials, now);
    first(&mut caller, &pair(), now);
    for _ in 0..5 {
        serve(&mut caller, "one", Seen::Failed, (now, ms(1)));
    }
    caller.leaving(&"two", now + ms(1100));
    let later = now + ms(1100);
    assert_eq!(first(&mut caller, &pair(), later), "one", "a trial");
    caller.begin(&"one", later);
    assert_eq!(first(&mut caller, &pair(), later), "two", "one at a time");
    caller.end(&"one", Seen::Answer, ms(5), (later, 0.5));
    assert!(caller.resting(later).next().is_none());
}

#[test]
fn whoever_a_probe_found_well_has_four_times_its_usual_time_still() {
    let mut now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    first(&mut caller, &pair(), now);
    serve(&mut caller, "one", Seen::Answer, (now, ms(200)));
    for _ in 0..5 {
        serve(&mut caller, "one", Seen::Failed, (now, ms(1)));
    }
    for _ in 0..3 {
        now += Duration::from_secs(2);
        caller.probed(&"one", Probe::Good, ms(1), now);
    }
    assert!(caller.resting(now).next().is_none(), "it is well again");
    assert_eq!(caller.patience(&"one", now), ms(800), "not four times the probe's time");
}

#[test]
fn a_try_has_four_times_what_is_usual_within_bounds() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    first(&mut caller, &pair(), now);
    assert_eq!(caller.patience(&"one", now), ms(250));
    serve(&mut caller, "one", Seen::Answer, (now, ms(100)));
    assert_eq!(caller.patience(&"one", now), ms(400));
    serve(&mut caller, "one", Seen::Answer, (now, ms(900)));
    assert_eq!(caller.patience(&"one", now), ms(1000));
}

#[test]
fn explains_the_last_hundred() {
    let now = Instant::now();
    let mut caller = Caller::new(Recovery::Probes, now);
    for _ in 0..150 {
        first(&mut caller, &pair(), now);
    }
    assert_eq!(caller.explain().count(), 100);
    let last = caller.explain().last().unwrap();
    assert_eq!(last.weighed.len(), 2);
    assert!(last.weighed[0].load <= last.weighed[1].load);
}
