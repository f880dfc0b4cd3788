//! The disk of a server is full: it says so before it would accept what it cannot keep.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ngondo::site::Place;
use protocol::{Outcome, Role};
use tokio::time::{Duration, interval, timeout};

use super::load::{Knows, LIMIT};
use super::rows::Locked;
use super::scene::Scene;
use super::torn::Hop;
use super::{Broken, Length};
use crate::{PACE, lay};

/// Size of the disk.
const DISK: &str = "size=12m";
/// What somebody else has on it, in bytes.
const OTHERS: usize = 8 * 1024 * 1024;
/// Requests after which the disk must be full.
const MOST: u64 = 40_000;

/// A small disk of its own, until it is dropped.
struct Disk(PathBuf);

// === impl Disk ===

impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "ngondo-chaos"]).arg(at).stderr(Stdio::null());
        mount.status().is_ok_and(|it| it.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A process that still has files open there holds it until it ends.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// R7: AAR 1's disk fills up while no database takes rows; its twin serves meanwhile.
pub(super) async fn disk(length: Length) -> Broken {
    let mut broken = Broken { times: 1, ..Broken::default() };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = lay(&folder, PACE).await;
    let state = site.folder(Role::Aar, Place::First).join("state");
    let Some(_disk) = Disk::mount(&state) else {
        return Broken::skipped("a small disk needs the right to mount one (root)");
    };
    let others = state.join("others");
    fs::write(&others, vec![1; OTHERS]).expect("somebody else's file");
    let mut scene = Scene::on(site, folder, length).await;
    let mut hop = Hop::to(&scene.programs, Place::First).await;
    let urls = scene.programs.site.report().expect("two databases");
    let locks = [Locked::take(&urls.first).await, Locked::take(&urls.second).await];

    let mut kept = BTreeSet::new();
    let mut asked = 0;
    let refusal = loop {
        let (outcome, bridge) = hop.ask().await;
        asked += 1;
        match outcome {
            Some(Outcome::Ok) => kept.insert((bridge, true)),
            other => break other,
        };
        if MOST < asked {
            break Some(Outcome::Ok);
        }
    };
    broken.note(format_args!("{} answered before the disk was full, then {refusal:?}", kept.len()));
    broken.hold(
        refusal == Some(Outcome::Busy),
        format_args!("a full disk says {refusal:?}, not BUSY"),
    );

    // Whoever comes through the door is served by the twin.
    let load = scene.load(Knows::One);
    load.more(if length.long { 600 } else { 100 }).await;
    // Room is made as an operator makes it, and the databases are back.
    fs::remove_file(&others).expect("somebody else's file goes");
    for lock in locks {
        lock.give().await;
    }
    let again = async {
        let mut tick = interval(Duration::from_millis(50));
        while hop.ask().await.0 != Some(Outcome::Ok) {
            tick.tick().await;
        }
    };
    broken.hold(timeout(LIMIT, again).await.is_ok(), "it does not go on when there is room");
    load.more(100).await;
    let mut counts = load.stop().await;
    // What AAR answered itself has no row of a PPPX.
    let missing = super::rows::behind(&scene.programs.site, &kept).await;
    broken.hold(
        missing == 0,
        format_args!("{missing} requests that a full server answered are lost"),
    );
    counts.bridges.retain(|(_, behind)| *behind);
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed();
    broken
}
