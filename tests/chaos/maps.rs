//! The address map without an LB, with an old one, and with one whose epoch ran away.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ngondo::site::{Place, Site, seats};
use protocol::{AddressMap, Bridge, Command, Epoch, Init, Request, Role};
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::load::{Counts, Knows, LIMIT, print};
use super::scene::Scene;
use super::{Broken, Length};
use crate::{PACE, door_of, numbers};

/// How far an epoch runs ahead: less than what is taken for a fault.
const AHEAD: u64 = 900_000;
/// Where a gateway is said to be; nobody asks one.
const ONE: &str = "127.0.0.1:9";
/// Where it is said to be afterwards.
const OTHER: &str = "127.0.0.1:19";

/// R15: both LB die, servers are restarted without them, and both come back from an old backup.
pub(super) async fn without_lb(length: Length) -> Broken {
    let mut broken = Broken { times: 4, ..Broken::default() };
    let mut scene = Scene::start(length, PACE).await;
    let load = scene.load(Knows::One);
    load.more(30).await;
    let site = scene.programs.site.clone();
    // What a backup has: the files of both LB before a change.
    let old: Vec<_> = Place::ALL.into_iter().flat_map(|place| backup(&site, place)).collect();
    gateway(&site, Place::First, ONE);
    let new = agreed(&site, &everybody(), |map| is_at(map, ONE)).await;
    let Some(epoch) = new else {
        broken.hold(false, "the change did not reach all modules");
        return broken;
    };
    for place in Place::ALL {
        scene.programs.kill(Role::Lb, place);
    }
    load.more(100).await;
    for role in [Role::Aar, Role::TopUp] {
        scene.programs.kill(role, Place::First);
        load.more(20).await;
        scene.programs.spawn(role, Place::First);
        scene.programs.ready(role, Place::First).await;
        load.more(20).await;
    }
    let kept = |broken: &mut Broken, when: &str| {
        for (seat, map) in maps(&site, &without(Role::Lb)) {
            let same = epoch <= map.epoch && is_at(&map, ONE);
            broken.hold(
                same,
                format_args!("{when} {seat} runs on epoch {}, after {epoch}", map.epoch),
            );
        }
    };
    kept(&mut broken, "without an LB");

    for (path, text) in old {
        fs::write(&path, text).expect("an old file");
    }
    for place in Place::ALL {
        scene.programs.spawn(Role::Lb, place);
        scene.programs.ready(Role::Lb, place).await;
    }
    let asked = timeout(LIMIT, asked_twice(&site)).await;
    broken.hold(asked.is_ok(), "not every module had an answer of the LB of yesterday");
    kept(&mut broken, "with both LB of yesterday");
    broken.note(format_args!("epoch {epoch} kept by all, through a restart and older maps"));
    let counts = load.stop().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed_but(inits_refused(&counts));
    broken
}

/// R15: LB 1's epoch runs far ahead while LB 2 is away; then LB 1 is gone for good, and LB 2's next
/// change reaches all.
pub(super) async fn ran_ahead(length: Length) -> Broken {
    let mut broken = Broken { times: 2, ..Broken::default() };
    let mut scene = Scene::start(length, PACE).await;
    let load = scene.load(Knows::One);
    load.more(30).await;
    let site = scene.programs.site.clone();
    let all = everybody();
    let now = agreed(&site, &all, |_| true).await.expect("one epoch");
    scene.programs.kill(Role::Lb, Place::Second);
    name(&scene, Epoch::new(now.get() + AHEAD)).await;
    gateway(&site, Place::First, ONE);
    let others: BTreeSet<_> =
        all.iter().copied().filter(|it| *it != (Role::Lb, Place::Second)).collect();
    let ahead = agreed(&site, &others, |map| is_at(map, ONE)).await;
    scene.programs.kill(Role::Lb, Place::First);
    let far = ahead.is_some_and(|it| now.get() + AHEAD < it.get());
    broken.hold(far, format_args!("the epoch did not run ahead: {ahead:?} after {now}"));
    load.more(50).await;

    scene.programs.spawn(Role::Lb, Place::Second);
    scene.programs.ready(Role::Lb, Place::Second).await;
    gateway(&site, Place::Second, OTHER);
    let others: BTreeSet<_> =
        all.iter().copied().filter(|it| *it != (Role::Lb, Place::First)).collect();
    let next = agreed(&site, &others, |map| is_at(map, OTHER)).await;
    broken.hold(
        ahead < next,
        format_args!("LB 2's change did not reach all: {next:?} after {ahead:?}"),
    );
    // What it had not shipped is on its disk alone: it comes back from the dead to ship that.
    scene.programs.spawn(Role::Lb, Place::First);
    scene.programs.ready(Role::Lb, Place::First).await;
    broken.note(format_args!("epochs {now}, {ahead:?} of LB 1, {next:?} of LB 2"));
    load.more(50).await;
    let counts = load.stop().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed_but(inits_refused(&counts));
    broken
}

/// INIT while no LB lives: told to come back, and whoever asked stays on the map that it has.
fn inits_refused(counts: &Counts) -> u64 {
    counts.refused.get("INIT").copied().unwrap_or_default()
}

fn everybody() -> BTreeSet<(Role, Place)> {
    seats().collect()
}

fn without(role: Role) -> BTreeSet<(Role, Place)> {
    seats().filter(|(it, _)| *it != role).collect()
}

/// The maps in the inis of modules; one that is being written is read again.
fn maps(site: &Site, of: &BTreeSet<(Role, Place)>) -> Vec<(String, AddressMap)> {
    let map = |seat: &(Role, Place)| {
        let module = site.module(seat.0, seat.1).expect("an ini");
        (module.instance.to_string(), module.map)
    };
    of.iter().map(map).collect()
}

/// Waits until modules have the same epoch, and a map as it should be; nothing after a minute.
async fn agreed(
    site: &Site,
    of: &BTreeSet<(Role, Place)>,
    good: impl Fn(&AddressMap) -> bool,
) -> Option<Epoch> {
    let agreed = async {
        let mut tick = interval(Duration::from_millis(50));
        loop {
            tick.tick().await;
            let maps = maps(site, of);
            let epochs: BTreeSet<_> = maps.iter().map(|(_, map)| map.epoch).collect();
            if let (1, true) = (epochs.len(), maps.iter().all(|(_, map)| good(map)))
                && let Some(epoch) = epochs.first().filter(|it| Epoch::new(0) < **it)
            {
                return *epoch;
            }
        }
    };
    timeout(LIMIT, agreed).await.ok()
}

/// Whether the gateway of a map is at an address.
fn is_at(map: &AddressMap, addr: &str) -> bool {
    map.gateway.first.as_ref().is_some_and(|it| it.addr.as_str() == addr)
}

/// Puts a gateway into one inventory, as an operator does, or at another address.
fn gateway(site: &Site, place: Place, addr: &str) {
    let path = site.inventory(place);
    let text = fs::read_to_string(&path).expect("an inventory");
    let (before, _) = text.split_once("\n[gateway-9]").unwrap_or((&text, ""));
    let section = format!("\n[gateway-9]\nrole = GATEWAY\naddr = {addr}\nplace = first\n");
    fs::write(&path, before.to_owned() + &section).expect("an inventory");
}

/// The files in which an LB keeps what it knows of the map.
fn backup(site: &Site, place: Place) -> Vec<(PathBuf, String)> {
    let state = site.folder(Role::Lb, place).join("state/lb.epoch");
    let files = [site.inventory(place), site.ini(Role::Lb, place), state];
    files.map(|path| (path.clone(), fs::read_to_string(&path).unwrap_or_default())).into()
}

/// Tells LB 1 of an epoch, as a PPPX that runs on it does.
async fn name(scene: &Scene, epoch: Epoch) {
    let programs = &scene.programs;
    let door = door_of(&programs.site, "pppx-1", programs.door.clock());
    let init = Init {
        role: Some(Role::Pppx),
        instance: "pppx-1".parse().ok(),
        addr: Some(programs.site.addr(Role::Pppx, Place::First)),
        epoch: Some(epoch),
        ..Init::default()
    };
    let document = print(door.clock().now_ms(), Command::Init(init));
    let request = Request::parse(&document).expect("an INIT");
    let mut starred = String::new();
    request.star(Bridge::from_uuid(Uuid::new_v4()), None, None).print(&mut starred);
    let to = programs.site.endpoint(Role::Lb, Place::First);
    door.document_to(&to, starred.into()).await.expect("an answer");
}

/// Waits until each module was answered two more INIT.
async fn asked_twice(site: &Site) {
    let modules = without(Role::Lb);
    let before: Vec<_> = modules.iter().map(|seat| inits(site, *seat)).collect();
    let mut tick = interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
        if modules.iter().zip(&before).all(|(seat, before)| before + 2 <= inits(site, *seat)) {
            return;
        }
    }
}

/// INIT of a module that were answered, as its numbers say.
fn inits(site: &Site, (role, place): (Role, Place)) -> u64 {
    let numbers = numbers(&site.admin(role, place));
    let line =
        numbers.lines().find(|it| it.starts_with("ngondo_init_total") && it.contains("\"ok\""));
    line.and_then(|it| it.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}
