use super::list::GOOD_MS;
use super::*;

const NOW_MS: i64 = 1_795_190_400_000;

fn shop(revoked: bool) -> Principal {
    let rights = Rights::of(&[Right::Sell]);
    Principal { name: name("akwa-1"), kind: Kind::Shop, rights, number: 1, revoked }
}

fn name(text: &str) -> PrincipalName {
    text.parse().unwrap()
}

fn list(changed: i64, as_of_ms: i64, revoked: bool) -> PrincipalList {
    PrincipalList::new(changed, as_of_ms, [shop(revoked)])
}

fn is_revoked(principals: &Principals, now_ms: i64) -> Option<bool> {
    match principals.get(&name("akwa-1"), now_ms) {
        Standing::Known(principal) => Some(principal.revoked),
        Standing::Unknown | Standing::NotYet => None,
    }
}

#[test]
fn before_the_first_list_nobody_is_known_and_nobody_unknown() {
    let principals = Principals::default();
    assert_eq!(principals.get(&name("akwa-1"), NOW_MS), Standing::NotYet);
    assert_eq!(*principals.watch().borrow(), -1);
    assert_eq!(principals.hear(list(0, NOW_MS, false), NOW_MS), Heard::Taken);
    assert_eq!(principals.get(&name("eve"), NOW_MS), Standing::Unknown);
    assert_eq!(is_revoked(&principals, NOW_MS), Some(false));
    assert_eq!(*principals.watch().borrow(), 0);
}

#[test]
fn a_twin_that_is_behind_does_not_bring_a_revoked_one_back() {
    let principals = Principals::default();
    principals.hear(list(5, NOW_MS, true), NOW_MS);
    for late_ms in [-500, 0, SKEW_MS] {
        let late = list(4, NOW_MS + late_ms, false);
        assert_eq!(principals.hear(late, NOW_MS + SKEW_MS), Heard::Older);
        assert_eq!(is_revoked(&principals, NOW_MS + SKEW_MS), Some(true));
    }
}

#[test]
fn a_database_that_was_restored_counts_after_a_while() {
    let principals = Principals::default();
    principals.hear(list(5, NOW_MS, true), NOW_MS);
    let now_ms = NOW_MS + SKEW_MS + 1;
    assert_eq!(principals.hear(list(4, now_ms, false), now_ms), Heard::Taken);
    assert_eq!(is_revoked(&principals, now_ms), Some(false));
}

#[test]
fn a_list_is_good_for_a_day_after_it_was_last_confirmed() {
    let principals = Principals::default();
    principals.hear(list(5, NOW_MS, false), NOW_MS);
    assert_eq!(is_revoked(&principals, NOW_MS + GOOD_MS), Some(false));
    assert_eq!(is_revoked(&principals, NOW_MS + GOOD_MS + 1), None);
    principals.confirm(4, NOW_MS + 1000);
    assert_eq!(is_revoked(&principals, NOW_MS + GOOD_MS + 1), None, "another number");
    principals.confirm(5, NOW_MS + 1000);
    principals.confirm(5, NOW_MS + 500);
    assert_eq!(is_revoked(&principals, NOW_MS + GOOD_MS + 1000), Some(false));
    let late_ms = NOW_MS + 2 * GOOD_MS;
    assert_eq!(principals.hear(list(4, late_ms, true), late_ms), Heard::Taken, "ours is none");
}

#[test]
fn a_module_that_was_revoked_stays_so_when_the_list_is_too_old() {
    let module = |number, revoked| Principal {
        name: name("pppx-2"),
        kind: Kind::Module,
        rights: Rights::of(&[Right::Module(Role::Pppx)]),
        number,
        revoked,
    };
    let principals = Principals::default();
    assert_eq!(principals.still(module(1, false)), module(1, false), "nothing is known");
    let old_ms = NOW_MS - GOOD_MS - 1;
    principals.recall(PrincipalList::new(7, old_ms, [module(3, true)]), NOW_MS);
    assert_eq!(principals.get(&name("pppx-2"), NOW_MS), Standing::NotYet);
    assert_eq!(*principals.watch().borrow(), -1, "it is no list to go by");
    assert_eq!(principals.still(module(1, false)), module(3, true));
    assert_eq!(principals.hear(list(2, NOW_MS, false), NOW_MS), Heard::Taken);
    assert_eq!(is_revoked(&principals, NOW_MS), Some(false));
}

#[test]
fn another_list_of_the_same_number_is_told_of_and_the_same_one_is_not() {
    let principals = Principals::default();
    principals.hear(list(5, NOW_MS, false), NOW_MS);
    let mut changed = principals.watch();
    principals.hear(list(5, NOW_MS + 1, false), NOW_MS + 1);
    assert!(!changed.has_changed().unwrap());
    principals.hear(list(5, NOW_MS + 2, true), NOW_MS + 2);
    assert!(changed.has_changed().unwrap());
    assert_eq!(*changed.borrow_and_update(), 5);
}
