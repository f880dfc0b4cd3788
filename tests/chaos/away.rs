//! A REPORT database is away for a while; the power fails for all at once.

use std::time::Duration;

use ngondo::site::{Place, seats};
use protocol::Role;
use tokio::time::Instant;

use super::load::{Knows, keep_on};
use super::rows::Locked;
use super::scene::Scene;
use super::{Broken, Length, rows};
use crate::PACE;

/// R2: the second REPORT takes no row for a while; AAR 1 is killed in the middle of it.
pub(super) async fn database(length: Length) -> Broken {
    let mut broken = Broken { times: 1, ..Broken::default() };
    let mut scene = Scene::start(length, PACE).await;
    let urls = scene.programs.site.report().expect("two databases");
    let load = scene.load(Knows::One);
    load.more(50).await;
    let locked = Locked::take(&urls.second).await;
    let half = Duration::from_secs(length.seconds) / 2;
    keep_on(half).await;
    scene.programs.kill(Role::Aar, Place::First);
    load.more(20).await;
    scene.programs.spawn(Role::Aar, Place::First);
    scene.programs.ready(Role::Aar, Place::First).await;
    keep_on(half).await;
    let held = [rows::count(&urls.first, "true").await, rows::count(&urls.second, "true").await];
    let behind = held[0].saturating_sub(held[1]);
    broken.note(format_args!("{behind} rows behind when it came back"));
    broken.hold(0 < behind, "the second database was never behind: it was not away");
    locked.give().await;
    load.more(50).await;
    let counts = load.stop().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed();
    broken
}

/// R3: all ten processes are killed at once at load, and start again.
///
/// Who is answered nothing then is not counted as failed: nobody is there. What was answered must
/// be in both databases.
pub(super) async fn power(length: Length) -> Broken {
    let mut broken = Broken::default();
    let mut scene = Scene::start(length, PACE).await;
    let load = scene.load(Knows::One);
    let until = Instant::now() + Duration::from_secs(length.seconds);
    while broken.times == 0 || Instant::now() < until {
        load.more(150).await;
        for (role, place) in seats() {
            scene.programs.kill(role, place);
        }
        for (role, place) in seats() {
            scene.programs.spawn(role, place);
        }
        for (role, place) in seats() {
            scene.programs.ready(role, place).await;
        }
        broken.times += 1;
    }
    load.more(50).await;
    let counts = load.stop().await;
    broken.hold(!counts.bridges.is_empty(), "nobody was answered");
    broken.note(format_args!("{} bridges looked for in both REPORT", counts.bridges.len()));
    scene.end(&counts, &mut broken).await;
    broken
        .note("who asked while the power was off got no answer, which is what failed counts here");
    broken
}
