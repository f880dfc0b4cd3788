//! A server hangs for a while: it takes connections and answers nothing.

use std::time::Duration;

use ngondo::site::Place;
use nix::sys::signal::{Signal, kill};
use protocol::Role;
use tokio::time::{interval, timeout};

use super::load::{Knows, LIMIT, keep_on};
use super::scene::Scene;
use super::{Broken, Length, rows};
use crate::PACE;

/// Traffic moves off a server that is paused, and comes back when it goes on.
pub(super) async fn server(length: Length) -> Broken {
    let mut broken = Broken { times: 1, ..Broken::default() };
    let mut scene = Scene::start(length, PACE).await;
    let load = scene.load(Knows::One);
    load.more(100).await;
    let pid = scene.programs.pid(Role::Aar, Place::First);
    let before = load.answered();
    kill(pid, Signal::SIGSTOP).expect("SIGSTOP");
    let paused = Duration::from_secs(if length.long { 10 } else { 2 });
    keep_on(paused).await;
    let meanwhile = load.answered() - before;
    kill(pid, Signal::SIGCONT).expect("SIGCONT");
    broken.note(format_args!("{meanwhile} answered within {paused:?} of pause"));
    broken.hold(0 < meanwhile, "nobody was answered during the pause");

    // What it is asked from now on.
    let now_us = scene.programs.door.clock().now_us();
    let url = scene.programs.site.report().expect("two databases").first;
    let again = format!("server = 'aar-1' and cmd = 'AUTH*' and result = 'OK' and at > {now_us}");
    let back = async {
        let mut tick = interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            let rows = rows::count(&url, &again).await;
            if 20 <= rows {
                return rows;
            }
        }
    };
    let back = timeout(LIMIT, back).await.unwrap_or_default();
    broken.hold(0 < back, "no traffic came back to AAR 1");
    let counts = load.stop().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed();
    broken
}
