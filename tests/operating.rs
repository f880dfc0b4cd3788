//! What docs/operating.md promises to whoever is called at night.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chassis::Clock;
use ngondo::door::Door;
use ngondo::sim::Verdict;
use ngondo::site::{ADMIN, House, Place, Site, start};
use pppx::Pppx;
use protocol::{Pair, Role};
use stack::{PACE, Stack, lay};

/// Takes from an ini what it knows of a role.
fn forget(ini: &Path, role: Role) {
    let text = fs::read_to_string(ini).unwrap();
    let head = format!("[{}]\n", role.lower());
    let (before, section) = text.split_once(&head).unwrap();
    let (section, after) = section.split_once("\n\n").unwrap();
    let emptied: Vec<String> =
        section.lines().map(|line| format!("{} =", line.split(" =").next().unwrap())).collect();
    fs::write(ini, format!("{before}{head}{}\n\n{after}", emptied.join("\n"))).unwrap();
}

/// Waits until an ini holds a text.
async fn holds(ini: &Path, text: &str) {
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    while !fs::read_to_string(ini).unwrap().contains(text) {
        tick.tick().await;
    }
}

async fn stop_both_lbs(house: &mut House) {
    for lb in [house.lb.first.take(), house.lb.second.take()] {
        Box::pin(lb.unwrap().stop()).await;
    }
}

fn first_door(site: &Site, clock: &Clock) -> Arc<Door> {
    let keys = site.keys(ADMIN, clock).unwrap();
    Arc::new(Door::signed(Pair::new(site.doors().first, None), keys, clock.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_lbs_gone_a_restarted_server_lives_on_its_last_map() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let ini = site.ini(Role::Pppx, Place::First);
    forget(&ini, Role::Aar);
    let aar = site.addr(Role::Aar, Place::First).to_string();
    assert!(!fs::read_to_string(&ini).unwrap().contains(&aar));
    let clock = Clock::default();
    let mut house = Box::pin(House::start(&site, &clock)).await.unwrap();
    holds(&ini, &aar).await;
    let door = first_door(&site, &clock);
    let mut device = stack::enrol(&door, 1).await;
    Box::pin(stop_both_lbs(&mut house)).await;
    Box::pin(house.pppx.first.take().unwrap().stop()).await;
    house.pppx.first = Some(Box::pin(start::<Pppx>(&site, Place::First, &clock)).await.unwrap());
    let (verdict, answer) = stack::auth(&door, &mut device, 2).await;
    assert!(matches!(verdict, Verdict::Surf { .. }), "{answer:?}");
    Box::pin(house.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_finds_a_request_on_every_server_that_had_it() {
    let stack = Box::pin(Stack::start()).await;
    let mut device = stack.enrol(1).await;
    let (verdict, _) = stack::auth(&stack.door, &mut device, 2).await;
    assert!(matches!(verdict, Verdict::Surf { .. }));
    let bridge = *stack.door.trail().last().unwrap();
    let reports = Box::pin(stack.stop()).await;
    for database in &reports.both {
        let rows = database.trace(&bridge).await.unwrap();
        let mut way: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.role.as_str(), row.cmd.as_ref())).collect();
        way.sort_unstable();
        assert_eq!(way, [("AAR", "AUTH*"), ("PPPX", "AUTH")]);
        assert!(
            rows.iter().all(|row| row.device == Some(device.device()) || row.role == Role::Pppx)
        );
    }
}
