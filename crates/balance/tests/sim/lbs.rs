//! Two LBs over half an hour: servers die and come back, an LB is cut off, databases go away.

use std::collections::BTreeMap;

use balance::{Cell, Health, Keeper, Listed, Scorer, Watch, order};
use protocol::{Instance, Role};

use crate::draw::Draw;

const ROLES: [(Role, &str); 3] = [(Role::Aar, "aar"), (Role::Sr, "sr"), (Role::TopUp, "topup")];
const SECONDS: i64 = 1_800;

struct Lb {
    watches: BTreeMap<Instance, Watch>,
    keeper: Keeper,
    scorer: Scorer<Instance>,
    /// It hears nobody until then.
    deaf_until: i64,
    /// For how many seconds all of each role have looked dead.
    looked_dead_s: [u32; 3],
}

struct Host {
    name: Instance,
    role: Role,
    dead_until: i64,
    next_beat: i64,
}

/// Plays one seed, and holds what must hold.
pub(crate) fn hold(seed: u64) {
    let mut draw = Draw::new(seed ^ 0x001b_0b05);
    let mut hosts = hosts(&mut draw);
    let mut lbs = [lb(&hosts), lb(&hosts)];
    let mut frozen_s = [0, 0];
    for now_s in 0..SECONDS {
        break_something(&mut hosts, &mut lbs, now_s, &mut draw);
        for host in &mut hosts {
            let alive = now_s >= host.dead_until;
            let beats = alive && now_s >= host.next_beat;
            if beats {
                host.next_beat = now_s + 21 + (draw.next() % 8).cast_signed();
            }
            for lb in &mut lbs {
                hear(lb, host, (alive, beats), now_s);
            }
        }
        for (lb, frozen_s) in lbs.iter_mut().zip(&mut frozen_s) {
            learn(lb, &hosts, now_s);
            *frozen_s = if lb.keeper.is_frozen() { *frozen_s + 1 } else { 0 };
            let longest = lb.keeper.causes().map(|(_, since_ms)| now_s - since_ms / 1000).max();
            assert!(longest.unwrap_or(0) <= 600, "seed {seed}: a freeze of over ten minutes");
        }
        let deaf = lbs.iter().any(|lb| now_s < lb.deaf_until + 120);
        if !deaf && now_s > 120 {
            agree(&lbs, &hosts, now_s, seed);
        }
        hold_published(&mut lbs, &hosts, now_s, seed);
    }
}

fn hosts(draw: &mut Draw) -> Vec<Host> {
    let names = ROLES.iter().flat_map(|(role, name)| [(*role, name, 1), (*role, name, 2)]);
    names
        .map(|(role, name, number)| Host {
            name: format!("{name}-{number}").parse().unwrap(),
            role,
            dead_until: 0,
            next_beat: (draw.next() % 30).cast_signed(),
        })
        .collect()
}

fn lb(hosts: &[Host]) -> Lb {
    let watches = hosts.iter().map(|host| (host.name, Watch::default())).collect();
    Lb {
        watches,
        keeper: Keeper::default(),
        scorer: Scorer::default(),
        deaf_until: 0,
        looked_dead_s: [0; 3],
    }
}

/// Once in two minutes one dies; seldom a whole half, seldom an LB is cut off.
fn break_something(hosts: &mut [Host], lbs: &mut [Lb; 2], now_s: i64, draw: &mut Draw) {
    let until = now_s + 20 + (draw.next() % 280).cast_signed();
    if draw.chance(1.0 / 120.0) {
        let host = draw.next() as usize % hosts.len();
        hosts[host].dead_until = until;
    }
    if draw.chance(1.0 / 1200.0) {
        let half = draw.next() as usize % 2;
        for host in hosts.iter_mut().skip(half).step_by(2) {
            host.dead_until = until;
        }
    }
    if draw.chance(1.0 / 1200.0) {
        lbs[draw.next() as usize % 2].deaf_until = now_s + 30 + (draw.next() % 900).cast_signed();
    }
}

fn hear(lb: &mut Lb, host: &Host, (alive, beats): (bool, bool), now_s: i64) {
    let hears = now_s >= lb.deaf_until;
    let watch = lb.watches.get_mut(&host.name).unwrap();
    if beats && hears {
        watch.beat(now_s * 1000);
    }
    if now_s % 2 == 0 {
        if alive && hears { watch.answered(now_s * 1000) } else { watch.missed() }
    }
    let rows = if host.name.as_str().ends_with('1') { 100 } else { 50 };
    if alive && hears {
        let cell = Cell {
            rows,
            inflight: rows * 30,
            limit: rows * 100,
            service_us: rows * 5_000,
            ..Cell::default()
        };
        lb.scorer.learn(&host.name, now_s, cell, now_s);
    }
}

fn learn(lb: &mut Lb, hosts: &[Host], now_s: i64) {
    let listed: Vec<Listed> = hosts
        .iter()
        .map(|host| {
            let health = lb.watches[&host.name].health(now_s * 1000);
            Listed { name: host.name, role: host.role, health }
        })
        .collect();
    lb.keeper.learn(&listed, now_s >= lb.deaf_until, now_s * 1000);
    for pair in hosts.chunks(2) {
        lb.scorer.step([&pair[0].name, &pair[1].name], now_s);
    }
}

/// Two that hear the same publish the same: states at once, weights and order soon.
fn agree(lbs: &[Lb; 2], hosts: &[Host], now_s: i64, seed: u64) {
    let [one, two] = lbs;
    if one.keeper.is_frozen() || two.keeper.is_frozen() {
        return;
    }
    for host in hosts {
        let both = [one, two].map(|lb| lb.watches[&host.name].health(now_s * 1000));
        // Who is brought back once a minute may be held by one alone for so long.
        let settled = now_s > host.dead_until + 75;
        assert!(!settled || both[0] == both[1], "seed {seed}, {now_s} s: {} {both:?}", host.name);
    }
    let caller: Instance = "pppx-1".parse().unwrap();
    for pair in hosts.chunks(2) {
        let settled = pair.iter().all(|host| now_s > host.dead_until + 120);
        let orders = [one, two].map(|lb| {
            let weights = [&pair[0].name, &pair[1].name].map(|it| (it, lb.scorer.weight(it)));
            order(&caller, weights, now_s)
        });
        assert!(!settled || orders[0] == orders[1], "seed {seed}, {now_s} s: orders differ");
    }
}

/// A role is published as dead as a whole only after ten minutes in which it looked so.
fn hold_published(lbs: &mut [Lb; 2], hosts: &[Host], now_s: i64, seed: u64) {
    for lb in lbs {
        let Lb { keeper, looked_dead_s, .. } = lb;
        for (pair, looked_dead_s) in hosts.chunks(2).zip(looked_dead_s) {
            let looks = pair.iter().all(|host| keeper.seen(&host.name) == Health::Dead);
            *looked_dead_s = if looks { *looked_dead_s + 1 } else { 0 };
            let gone = pair.iter().all(|host| keeper.health(&host.name) == Health::Dead);
            let (name, long) = (pair[0].name, *looked_dead_s >= 600);
            assert!(!gone || long, "seed {seed}, {now_s} s: {name} and its twin are taken away");
        }
    }
}
