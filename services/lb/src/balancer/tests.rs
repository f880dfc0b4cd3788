use config::inventory::{Listed, Place};
use protocol::{Ruling, ServerState, Weight};

use super::*;
use crate::chart::Origin;

const PLACES: [(&str, Role, &str); 7] = [
    ("lb-1", Role::Lb, "127.0.0.1:8401"),
    ("lb-2", Role::Lb, "127.0.0.1:8411"),
    ("pppx-1", Role::Pppx, "127.0.0.1:8400"),
    ("aar-1", Role::Aar, "127.0.0.1:8402"),
    ("aar-2", Role::Aar, "127.0.0.1:8412"),
    ("topup-1", Role::TopUp, "127.0.0.1:8404"),
    ("topup-2", Role::TopUp, "127.0.0.1:8414"),
];

fn inventory(topup_1: &str) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.crypto.first = Some("sqlite:///var/lib/ngondo/crypto.db".parse().unwrap());
    for (line, (name, role, addr)) in PLACES.into_iter().enumerate() {
        let addr = if name == "topup-1" { topup_1 } else { addr }.parse().unwrap();
        let place = if name.ends_with('1') { Place::First } else { Place::Second };
        let (name, weight) = (name.parse().unwrap(), Weight::ONE);
        inventory.instances.push(Listed { name, role, addr, weight, place, line });
    }
    inventory
}

fn balancer(me: &str) -> Balancer {
    let inventory = inventory("127.0.0.1:8404");
    let chart = Chart::new(&inventory.map(Epoch::default()), Epoch::new(7), Origin::Settled);
    Balancer::new((me.parse().unwrap(), 30), chart, inventory, Rulings::default())
}

fn ask(role: Role, name: &str) -> Init {
    Init { role: Some(role), instance: Some(name.parse().unwrap()), ..Init::default() }
}

fn full(answer: InitAnswer) -> AddressMap {
    match answer.map {
        MapAnswer::Full(map) => map,
        MapAnswer::Unchanged { .. } => panic!("a brief answer"),
    }
}

fn map(balancer: &mut Balancer, role: Role, name: &str, now_ms: i64) -> AddressMap {
    balancer.tick(now_ms);
    full(balancer.init(&ask(role, name), now_ms).0)
}

/// One of a pair by its name: a caller is told in an order of its own.
fn find<'a>(map: &'a AddressMap, role: Role, name: &str) -> &'a Server {
    let name = Some(name.parse().unwrap());
    map.servers(role).present().find(|server| server.name == name).unwrap()
}

fn state(map: &AddressMap, role: Role, name: &str) -> ServerState {
    find(map, role, name).state.unwrap()
}

#[test]
fn says_who_it_is_how_long_and_which_epoch() {
    let map = map(&mut balancer("lb-1"), Role::Aar, "aar-1", 0);
    assert_eq!((map.epoch, map.ttl_s), (Epoch::new(7), Some(30)));
    assert_eq!(map.from, Some("lb-1".parse().unwrap()));
    assert_eq!(find(&map, Role::TopUp, "topup-2").addr, "127.0.0.1:8414".parse().unwrap());
}

#[test]
fn crypto_is_for_those_that_use_it_and_for_the_listed_twin() {
    let mut balancer = balancer("lb-1");
    let mut filled = |role, name| !map(&mut balancer, role, name, 0).crypto.is_empty();
    for (role, name) in [(Role::Sr, "sr-1"), (Role::Aar, "aar-1"), (Role::TopUp, "topup-1")] {
        assert!(filled(role, name), "{role}");
    }
    assert!(filled(Role::Lb, "lb-2"));
    assert!(!filled(Role::Lb, "lb-3"));
    assert!(!filled(Role::Lb, "pppx-1"));
    for role in [Role::Pppx, Role::Gateway, Role::Console] {
        assert!(!filled(role, "pppx-1"), "{role}");
    }
}

#[test]
fn silence_is_seen_in_the_map() {
    let mut balancer = balancer("lb-1");
    map(&mut balancer, Role::Aar, "aar-1", 0);
    map(&mut balancer, Role::Aar, "aar-2", 60_000);
    let later = map(&mut balancer, Role::Pppx, "pppx-1", 80_000);
    assert_eq!(state(&later, Role::Aar, "aar-1"), ServerState::Suspect);
    assert_eq!(state(&later, Role::Aar, "aar-2"), ServerState::Ready);
    assert_eq!(state(&later, Role::TopUp, "topup-1"), ServerState::Ready, "never heard");
    assert_eq!(later.aar.first.as_ref(), Some(find(&later, Role::Aar, "aar-2")));
    let later = map(&mut balancer, Role::Pppx, "pppx-1", 90_000);
    assert_eq!(state(&later, Role::Aar, "aar-1"), ServerState::Dead);
    assert_eq!(later.epoch, Epoch::new(7), "a state raises no epoch");
}

#[test]
fn a_role_that_looks_dead_is_published_as_panic() {
    let mut balancer = balancer("lb-1");
    map(&mut balancer, Role::Aar, "aar-1", 0);
    map(&mut balancer, Role::Aar, "aar-2", 0);
    let later = map(&mut balancer, Role::Pppx, "pppx-1", 200_000);
    assert_eq!(state(&later, Role::Aar, "aar-1"), ServerState::Panic);
    assert_eq!(state(&later, Role::Aar, "aar-2"), ServerState::Panic);
    assert_eq!(state(&later, Role::Lb, "lb-1"), ServerState::Ready, "it lives: it answers");
    assert_eq!(later.gateway, Pair::default());
}

#[test]
fn one_that_is_not_listed_gets_no_place() {
    let mut balancer = balancer("lb-1");
    let before = map(&mut balancer, Role::Pppx, "pppx-1", 0);
    let stranger = ask(Role::Aar, "aar-9");
    let (_, notices) = balancer.init(&stranger, 0);
    let instance = "aar-9".parse().unwrap();
    assert_eq!(notices, [Notice::Unlisted { instance, news: News::First }]);
    let (_, notices) = balancer.init(&stranger, 1);
    assert_eq!(notices, [Notice::Unlisted { instance, news: News::Again }]);
    assert_eq!(map(&mut balancer, Role::Pppx, "pppx-1", 0), before);
}

#[test]
fn the_inventorys_address_stands_over_the_one_in_init() {
    let mut balancer = balancer("lb-1");
    let said: PeerAddr = "127.0.0.1:9999".parse().unwrap();
    let init = Init { addr: Some(said.clone()), ..ask(Role::Aar, "aar-1") };
    let notice = |news| Notice::OtherAddr {
        instance: "aar-1".parse().unwrap(),
        said: said.clone(),
        listed: "127.0.0.1:8402".parse().unwrap(),
        news,
    };
    let (answer, notices) = balancer.init(&init, 0);
    assert_eq!(notices, [notice(News::First)]);
    let map = full(answer);
    assert_eq!(find(&map, Role::Aar, "aar-1").addr, "127.0.0.1:8402".parse().unwrap());
    assert_eq!(balancer.init(&init, 1).1, [notice(News::Again)]);
}

#[test]
fn a_beat_under_another_role_is_no_beat() {
    let mut balancer = balancer("lb-1");
    let (_, notices) = balancer.init(&ask(Role::Sr, "aar-1"), 0);
    let instance = "aar-1".parse().unwrap();
    assert_eq!(notices, [Notice::OtherRole { instance, said: Role::Sr, listed: Role::Aar }]);
    assert!(balancer.last_beat(&instance).is_none());
}

#[test]
fn is_brief_to_one_that_has_this_very_map() {
    let mut balancer = balancer("lb-1");
    let brief = Init { brief: true, epoch: Some(Epoch::new(7)), ..ask(Role::Pppx, "pppx-1") };
    let mut is_brief =
        |now_ms| matches!(balancer.init(&brief, now_ms).0.map, MapAnswer::Unchanged { .. });
    assert!(!is_brief(0), "it was given nothing yet");
    assert!(is_brief(1));
    balancer.init(&ask(Role::Aar, "aar-1"), 2);
    balancer.init(&ask(Role::Pppx, "pppx-1"), 80_000);
    let mut is_brief = |now_ms| {
        balancer.tick(now_ms);
        matches!(balancer.init(&brief, now_ms).0.map, MapAnswer::Unchanged { .. })
    };
    assert!(!is_brief(90_002), "aar-1 is dead");
    assert!(is_brief(90_003));
}

#[test]
fn is_not_brief_to_one_on_another_epoch() {
    let init = Init { brief: true, epoch: Some(Epoch::new(6)), ..Init::default() };
    assert_eq!(full(balancer("lb-1").init(&init, 0).0).epoch, Epoch::new(7));
}

#[test]
fn an_edit_moves_the_address_and_raises_the_epoch() {
    let mut balancer = balancer("lb-1");
    assert_eq!(balancer.edit(inventory("127.0.0.1:9404")), Edit::Changed);
    let map = map(&mut balancer, Role::Pppx, "pppx-1", 0);
    assert_eq!(find(&map, Role::TopUp, "topup-1").addr, "127.0.0.1:9404".parse().unwrap());
    assert_eq!(map.epoch, Epoch::new(8));
}

#[test]
fn a_change_that_a_module_took_from_us_keeps_its_epoch() {
    let mut balancer = balancer("lb-1");
    balancer.edit(inventory("127.0.0.1:9404"));
    assert_eq!(map(&mut balancer, Role::Aar, "aar-1", 0).epoch, Epoch::new(8));
    let again = Init { epoch: Some(Epoch::new(8)), ..ask(Role::Aar, "aar-1") };
    assert_eq!(full(balancer.init(&again, 1).0).epoch, Epoch::new(8));
}

#[test]
fn twins_edited_on_either_side_converge() {
    let (mut first, mut second) = (balancer("lb-1"), balancer("lb-2"));
    let exchange = |first: &mut Balancer, second: &mut Balancer| {
        let given = map(first, Role::Lb, "lb-2", 0);
        second.offered(&given);
        let given = map(second, Role::Lb, "lb-1", 0);
        first.offered(&given);
        assert_eq!(first.chart().content(), second.chart().content());
        first.chart().epoch()
    };
    first.edit(inventory("127.0.0.1:9404"));
    assert_eq!(exchange(&mut first, &mut second), Epoch::new(8));
    second.edit(inventory("127.0.0.1:9405"));
    assert_eq!(exchange(&mut first, &mut second), Epoch::new(9));
    first.edit(inventory("127.0.0.1:9406"));
    second.edit(inventory("127.0.0.1:9407"));
    assert_eq!(exchange(&mut first, &mut second), Epoch::new(11));
    let topup = first.chart().content().topup.first.clone().unwrap();
    assert_eq!(topup.addr, "127.0.0.1:9406".parse().unwrap(), "lb-1 sorts first");
}

#[test]
fn the_twin_may_only_say_that_it_is_ahead() {
    let mut balancer = balancer("lb-1");
    let init = Init { epoch: Some(Epoch::new(9)), ..ask(Role::Lb, "lb-2") };
    let (answer, notices) = balancer.init(&init, 0);
    assert_eq!(notices, [Notice::Behind { epoch: Epoch::new(9) }]);
    assert_eq!(full(answer).epoch, Epoch::new(7));
}

#[test]
fn a_leap_is_refused_and_told() {
    let epoch = Epoch::new(2_000_000);
    let init = Init { epoch: Some(epoch), ..ask(Role::Aar, "aar-1") };
    assert_eq!(balancer("lb-1").init(&init, 0).1, [Notice::Leap { epoch }]);
}

#[test]
fn an_operators_word_reaches_the_twin_and_raises_no_epoch() {
    let (mut first, mut second) = (balancer("lb-1"), balancer("lb-2"));
    let drained = Ruling {
        state: ServerState::Drain,
        version: first.fleet().rulings().next(),
        at_ms: 0,
        by: "admin".parse().unwrap(),
        request: "0197a1b2-0000-7000-8000-000000000001".parse().unwrap(),
        reason: None,
    };
    first.fleet_mut().rule("aar-1".parse().unwrap(), drained);
    let rulings = Some(Box::new(first.fleet().rulings().clone()));
    let init = Init { rulings: rulings.clone(), ..ask(Role::Lb, "lb-1") };
    let (answer, notices) = second.init(&init, 0);
    assert_eq!(answer.rulings, rulings, "it answers with what it knows now");
    assert_eq!(notices, [Notice::Ruled { servers: vec!["aar-1".parse().unwrap()] }]);
    let told = map(&mut second, Role::Pppx, "pppx-1", 1);
    assert_eq!(state(&told, Role::Aar, "aar-1"), ServerState::Drain);
    assert_eq!(told.aar.first.as_ref(), Some(find(&told, Role::Aar, "aar-2")));
    assert_eq!(told.epoch, Epoch::new(7));
    let ini = map(&mut second, Role::Lb, "lb-1", 2);
    assert_eq!(ini.aar.first.as_ref(), Some(find(&ini, Role::Aar, "aar-1")), "not turned round");
}

#[test]
fn a_module_cannot_speak_for_an_operator() {
    let mut balancer = balancer("lb-1");
    let text = "aar-1 drain 1 0 admin 0197a1b2-0000-7000-8000-000000000001";
    let rulings = Some(Box::new(text.parse().unwrap()));
    let (answer, notices) = balancer.init(&Init { rulings, ..ask(Role::Aar, "aar-2") }, 0);
    assert_eq!((answer.rulings, notices), (None, Vec::new()));
    assert!(balancer.fleet().rulings().is_empty());
}
