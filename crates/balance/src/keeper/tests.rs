use super::*;

const NAMES: [(&str, Role); 6] = [
    ("aar-1", Role::Aar),
    ("aar-2", Role::Aar),
    ("sr-1", Role::Sr),
    ("sr-2", Role::Sr),
    ("topup-1", Role::TopUp),
    ("topup-2", Role::TopUp),
];

fn listed(dead: &[&str]) -> Vec<Listed> {
    NAMES
        .iter()
        .map(|(name, role)| {
            let health = if dead.contains(name) { Health::Dead } else { Health::Alive };
            Listed { name: name.parse().unwrap(), role: *role, health }
        })
        .collect()
}

fn published(keeper: &Keeper) -> Vec<&'static str> {
    let dead = NAMES.iter().map(|(name, _)| *name);
    dead.filter(|name| keeper.health(&name.parse().unwrap()) == Health::Dead).collect()
}

#[test]
fn one_or_two_may_die() {
    let mut keeper = Keeper::default();
    keeper.learn(&listed(&[]), true, 0);
    keeper.learn(&listed(&["aar-1"]), true, 1_000);
    keeper.learn(&listed(&["aar-1", "sr-2"]), true, 2_000);
    assert_eq!(published(&keeper), ["aar-1", "sr-2"]);
    assert!(!keeper.is_frozen());
}

#[test]
fn a_third_within_a_minute_is_not_believed_and_later_is() {
    let mut keeper = Keeper::default();
    keeper.learn(&listed(&["aar-1", "sr-2"]), true, 0);
    keeper.learn(&listed(&["aar-1", "sr-2", "topup-1"]), true, 30_000);
    assert_eq!(published(&keeper), ["aar-1", "sr-2"]);
    assert_eq!(keeper.seen(&"topup-1".parse().unwrap()), Health::Dead);
    let mut keeper = Keeper::default();
    keeper.learn(&listed(&["aar-1", "sr-2"]), true, 0);
    keeper.learn(&listed(&["aar-1", "sr-2", "topup-1"]), true, 60_000);
    assert_eq!(published(&keeper), ["aar-1", "sr-2", "topup-1"]);
}

#[test]
fn a_whole_role_is_not_believed_to_have_died() {
    let mut keeper = Keeper::default();
    keeper.learn(&listed(&["aar-1"]), true, 0);
    keeper.learn(&listed(&["aar-1", "aar-2"]), true, 500_000);
    assert_eq!(published(&keeper), ["aar-1"], "the last that was believed");
    assert_eq!(keeper.causes().collect::<Vec<_>>(), [(Cause::Role(Role::Aar), 500_000)]);
    keeper.learn(&listed(&["aar-1", "sr-1"]), true, 501_000);
    assert_eq!(published(&keeper), ["aar-1", "sr-1"], "heard again: what is seen counts again");
}

#[test]
fn a_cause_holds_ten_minutes_and_no_longer_until_it_is_over() {
    let mut keeper = Keeper::default();
    let mut now_ms = 0;
    let mut frozen = 0;
    keeper.learn(&listed(&[]), true, now_ms);
    for _ in 0..2_000 {
        now_ms += 1_000;
        keeper.learn(&listed(&["aar-1", "aar-2"]), true, now_ms);
        frozen += u32::from(keeper.is_frozen());
    }
    assert_eq!(frozen, 600);
    assert_eq!(published(&keeper), ["aar-1", "aar-2"]);
    keeper.learn(&listed(&[]), true, now_ms);
    keeper.learn(&listed(&["aar-1", "aar-2"]), true, now_ms + 1_000);
    assert!(keeper.is_frozen(), "it was over, and is a new one");
}

#[test]
fn an_operator_ends_it() {
    let mut keeper = Keeper::default();
    keeper.learn(&listed(&[]), true, 0);
    keeper.learn(&listed(&["aar-1", "aar-2"]), true, 1_000);
    keeper.believe();
    keeper.learn(&listed(&["aar-1", "aar-2"]), true, 2_000);
    assert_eq!(published(&keeper), ["aar-1", "aar-2"]);
    assert!(!keeper.is_frozen());
}

#[test]
fn without_reports_nobody_is_taken_down() {
    let mut keeper = Keeper::default();
    keeper.learn(&listed(&[]), true, 0);
    keeper.learn(&listed(&["aar-1"]), false, 1_000);
    assert!(published(&keeper).is_empty());
    keeper.learn(&listed(&["aar-1"]), true, 2_000);
    assert_eq!(published(&keeper), ["aar-1"]);
}
