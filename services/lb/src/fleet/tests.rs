use protocol::{DbUrl, PeerAddr};
use report::{Newest, Passed, Second};

use super::*;

fn name(text: &str) -> Instance {
    text.parse().unwrap()
}

fn inventory() -> Inventory {
    let mut inventory = Inventory::default();
    let roles = [Role::Lb, Role::Pppx, Role::Aar, Role::TopUp];
    for (line, (role, place)) in
        roles.into_iter().flat_map(|role| [(role, Place::First), (role, Place::Second)]).enumerate()
    {
        let number = if place == Place::First { 1 } else { 2 };
        let addr: PeerAddr = format!("127.0.0.1:{}", 8000 + line).parse().unwrap();
        let name = name(&format!("{}-{number}", role.lower()));
        inventory.instances.push(Listed { name, role, addr, weight: Weight::ONE, place, line });
    }
    inventory
}

fn fleet() -> Fleet {
    Fleet::new(name("lb-1"), Rulings::default())
}

fn ruling(state: ServerState) -> Ruling {
    Ruling {
        state,
        version: 1,
        at_ms: 0,
        by: "admin".parse().unwrap(),
        request: "0197a1b2-0000-7000-8000-000000000001".parse().unwrap(),
        reason: Some("disk".parse().unwrap()),
    }
}

/// Ten seconds of a server that does 100 requests a second, so full.
fn seconds(server: &str, inflight: u64, until_s: i64) -> (Instance, Vec<Second>) {
    let of = |second| Second {
        second,
        rows: 100,
        service_us: 100_000,
        inflight: inflight * 100,
        limit: 10_000,
        ..Second::default()
    };
    (name(server), (until_s - 9..=until_s).map(of).collect())
}

fn state(fleet: &Fleet, server: &str) -> ServerState {
    fleet.state(&name(server))
}

fn fail(fleet: &mut Fleet, server: &str) {
    for _ in 0..3 {
        fleet.probed(&name(server), false, 0);
    }
}

#[test]
fn the_emptier_of_two_gets_the_greater_share_and_both_lbs_say_the_same() {
    let inventory = inventory();
    let (mut one, mut two) = (fleet(), Fleet::new(name("lb-2"), Rulings::default()));
    for now_s in 1_000..1_060 {
        let both = vec![seconds("aar-1", 80, now_s), seconds("aar-2", 20, now_s)];
        let sample = Sample { seconds: both, ..Sample::default() };
        for fleet in [&mut one, &mut two] {
            fleet.read(Place::First, &inventory, (&sample, now_s * 1000));
            fleet.tick(&inventory, now_s * 1000);
        }
    }
    let weight = |fleet: &Fleet, server| fleet.standing(&name(server)).unwrap().weight.to_string();
    assert_eq!((weight(&one, "aar-1"), weight(&one, "aar-2")), ("0.4".into(), "1.6".into()));
    assert_eq!(weight(&one, "aar-1"), weight(&two, "aar-1"));
    assert_eq!(weight(&one, "topup-1"), "1", "nothing is known of it");
}

#[test]
fn a_row_that_stands_in_both_databases_counts_once_and_odd_ones_are_set_aside() {
    let inventory = inventory();
    let mut fleet = fleet();
    let sample = Sample {
        seconds: vec![seconds("aar-1", 50, 1_000), seconds("aar-1", 50, 2_000)],
        newest: vec![
            Newest { server: "aar-1".to_owned(), at_us: Some(1_000_000_000), ahead: true },
            Newest { server: "aar-9".to_owned(), at_us: Some(1_000_000_000), ahead: false },
            Newest { server: "no name".to_owned(), at_us: None, ahead: false },
        ],
        ..Sample::default()
    };
    for place in [Place::First, Place::Second, Place::First] {
        fleet.read(place, &inventory, (&sample, 1_000_000));
    }
    let used = fleet.last(&name("aar-1"), 1_000_000).unwrap();
    assert!((used.rate - 100.0).abs() < 1e-9, "{used:?}");
    let reading = &fleet.readings().first;
    assert_eq!(reading.ahead(), ["aar-1"]);
    assert_eq!(reading.unlisted(), ["aar-9", "no name"]);
    assert_eq!(reading.newest_ms(&name("aar-1")), Some(1_000_000));
    fleet.tick(&inventory, 1_000_000);
    assert!(!fleet.watches.contains_key(&name("aar-9")));
}

#[test]
fn a_row_is_a_sign_of_life_and_old_news_is_none() {
    let inventory = inventory();
    let mut fleet = fleet();
    fleet.beat(&name("aar-1"), 50_000);
    let newest = |at_us| Sample {
        newest: vec![Newest { server: "aar-1".to_owned(), at_us, ahead: false }],
        ..Sample::default()
    };
    fleet.read(Place::First, &inventory, (&newest(Some(10_000_000)), 140_000));
    fleet.tick(&inventory, 140_000);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Dead);
    fleet.read(Place::Second, &inventory, (&newest(Some(139_000_000)), 140_000));
    fleet.tick(&inventory, 141_000);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Ready);
}

#[test]
fn yesterdays_rows_do_not_bury_who_is_about_to_start() {
    let inventory = inventory();
    let mut fleet = fleet();
    let newest = vec![Newest { server: "aar-1".to_owned(), at_us: Some(1_000_000), ahead: false }];
    let sample = Sample { newest, ..Sample::default() };
    fleet.read(Place::First, &inventory, (&sample, 86_400_000));
    fleet.tick(&inventory, 86_400_000);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Ready);
}

#[test]
fn two_callers_of_whose_requests_half_fail_make_a_server_suspect() {
    let inventory = inventory();
    let row = |upstream: &str, again, rows| Passed {
        cmd: "AUTH".to_owned(),
        upstream: Some(name(upstream)),
        again,
        rows,
    };
    let sample = |callers: &[&str]| Sample {
        passed: callers
            .iter()
            .map(|caller| (name(caller), vec![row("aar-1", false, 5), row("aar-2", true, 6)]))
            .collect(),
        ..Sample::default()
    };
    let mut fleet = fleet();
    fleet.read(Place::First, &inventory, (&sample(&["pppx-1"]), 0));
    fleet.tick(&inventory, 0);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Ready, "one caller may be cut off itself");
    fleet.read(Place::First, &inventory, (&sample(&["pppx-1", "pppx-2"]), 0));
    let turns = fleet.tick(&inventory, 1);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Suspect);
    assert_eq!(state(&fleet, "aar-2"), ServerState::Ready);
    assert_eq!(turns[0].why, "its callers complain");
}

#[test]
fn what_nobody_answered_is_a_complaint_of_both() {
    let inventory = inventory();
    let row = |cmd: &str| Passed { cmd: cmd.to_owned(), upstream: None, again: false, rows: 9 };
    let passed = |cmd| ["pppx-1", "pppx-2"].map(|it| (name(it), vec![row(cmd)])).to_vec();
    let complained = |cmd| {
        let all = complaint::all(&inventory, &passed(cmd));
        all.into_iter().map(|(callee, _)| callee.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(complained("TOPUP"), ["topup-1", "topup-1", "topup-2", "topup-2"]);
    assert_eq!(complained("vouchers/sell"), ["topup-1", "topup-1", "topup-2", "topup-2"]);
    assert!(complained("-").is_empty());
}

#[test]
fn three_probes_take_a_server_down_and_a_role_is_never_empty() {
    let inventory = inventory();
    let mut fleet = fleet();
    fleet.tick(&inventory, 0);
    fail(&mut fleet, "aar-1");
    let turns = fleet.tick(&inventory, 1);
    let (from, to) = (ServerState::Ready, ServerState::Dead);
    let why = "does not answer probes".to_owned();
    assert_eq!(turns, [Turn { name: name("aar-1"), from, to, why }]);
    fail(&mut fleet, "aar-2");
    fleet.tick(&inventory, 2);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Panic);
    assert_eq!(state(&fleet, "aar-2"), ServerState::Panic);
    assert_eq!(fleet.causes(), [(Cause::Role(Role::Aar), 2)]);
}

#[test]
fn an_operators_word_stands_over_what_is_seen() {
    let inventory = inventory();
    let mut fleet = fleet();
    fleet.rule(name("aar-1"), ruling(ServerState::Maintenance));
    fleet.tick(&inventory, 0);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Maintenance);
    assert_eq!(fleet.why(&name("aar-1"), 0), "admin said so: disk");
    fail(&mut fleet, "aar-1");
    fail(&mut fleet, "aar-2");
    fleet.tick(&inventory, 1);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Maintenance);
    assert_eq!(state(&fleet, "aar-2"), ServerState::Panic, "nobody else is left");
    fleet.rule(name("aar-1"), Ruling { version: 2, ..ruling(ServerState::Ready) });
    fleet.tick(&inventory, 2);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Panic);
}

#[test]
fn too_many_at_once_are_not_believed_until_an_operator_says_so() {
    let inventory = inventory();
    let mut fleet = fleet();
    fleet.tick(&inventory, 0);
    for server in ["aar-1", "topup-1", "pppx-1"] {
        fail(&mut fleet, server);
    }
    fleet.tick(&inventory, 1);
    assert_eq!(fleet.causes(), [(Cause::Many, 1)]);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Ready);
    let why = fleet.why(&name("aar-1"), 1);
    assert_eq!(why, "does not answer probes; not believed, the map is frozen");
    let mut twins = Rulings::default();
    twins.thaw();
    assert!(fleet.merge(&twins).thawed);
    fleet.tick(&inventory, 2);
    assert_eq!(state(&fleet, "aar-1"), ServerState::Dead);
}

#[test]
fn the_map_is_frozen_where_neither_database_can_be_read() {
    let mut inventory = inventory();
    let url: DbUrl = "sqlite:///var/lib/report.db".parse().unwrap();
    inventory.report = Pair::new(Some(url.clone()), Some(url));
    let mut fleet = fleet();
    fleet.tick(&inventory, 0);
    assert!(fleet.unread(Place::First, "gone".to_owned()));
    assert!(!fleet.unread(Place::First, "gone".to_owned()), "told once");
    fleet.tick(&inventory, 9_000);
    assert!(fleet.causes().is_empty());
    fleet.tick(&inventory, 11_000);
    assert_eq!(fleet.causes(), [(Cause::Reports, 11_000)]);
    fleet.read(Place::Second, &inventory, (&Sample::default(), 12_000));
    fleet.tick(&inventory, 12_000);
    assert!(fleet.causes().is_empty());
}
