//! One process after the other dies, or is asked to leave, and starts again.

use ngondo::site::{Pace, Place, ROLES, instance_name};
use protocol::Role;
use tokio::time::{Duration, Instant, interval, timeout};

use super::load::{Knows, LIMIT, Load};
use super::scene::Scene;
use super::{Broken, Length, rows};
use crate::{PACE, Programs};

/// Answers between two blows.
const BETWEEN: u64 = 30;

/// How a process ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// As in a power cut.
    Kill,
    /// As an operator asks it to.
    Leave,
}

/// R1: every server behind the door is killed; clients know one PPPX each.
pub(super) async fn servers(length: Length) -> Broken {
    let behind = [Role::Lb, Role::Aar, Role::Sr, Role::TopUp];
    turns(length, PACE, (&behind, Knows::One, End::Kill)).await
}

/// R1: the door itself is killed; clients know both.
pub(super) async fn doors(length: Length) -> Broken {
    turns(length, PACE, (&[Role::Pppx], Knows::Both, End::Kill)).await
}

/// R8: every server leaves and comes back; clients know both PPPX, for these leave too.
pub(super) async fn rolling(length: Length) -> Broken {
    let pace = Pace { drain_s: 1, ..PACE };
    turns(length, pace, (&ROLES, Knows::Both, End::Leave)).await
}

/// Ends each server of the roles in turn at load, and starts it again, until the time is over.
async fn turns(length: Length, pace: Pace, (roles, knows, end): (&[Role], Knows, End)) -> Broken {
    let mut broken = Broken::default();
    let mut scene = Scene::start(length, pace).await;
    let load = scene.load(knows);
    load.more(BETWEEN).await;
    // A caller that knows both may still leave one alone while the other dies; the long form lets
    // each heal everywhere, so that there is one fault at a time.
    let heals = length.long || knows == Knows::Both && end == End::Kill;
    let until = Instant::now() + Duration::from_secs(length.seconds);
    loop {
        for role in roles {
            for place in Place::ALL {
                turn(&mut scene, &load, (*role, place), end).await;
                broken.times += 1;
                if heals {
                    let healed = serves(&scene.programs, (*role, place)).await;
                    let name = instance_name(*role, place).expect("an instance");
                    broken.hold(healed, format_args!("{name} is asked nothing after its restart"));
                    // Whoever failed at it pauses for up to 275 ms before the twin is asked.
                    load.more(4 * BETWEEN).await;
                }
            }
        }
        if until < Instant::now() {
            break;
        }
    }
    let counts = load.stop().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed();
    broken
}

/// Waits until a server that was started again answers the load; whether it did within a minute.
async fn serves(programs: &Programs, (role, place): (Role, Place)) -> bool {
    let now_us = programs.door.clock().now_us();
    let name = instance_name(role, place).expect("an instance");
    let url = programs.site.report().expect("two databases").first;
    let answers = format!(
        "server = '{name}' and result = 'OK' and app in ('ngondo-chaos', 'ngondo-sim') and at > {now_us}"
    );
    let asked = async {
        let mut tick = interval(Duration::from_millis(100));
        while rows::count(&url, &answers).await < 3 {
            tick.tick().await;
        }
    };
    timeout(LIMIT, asked).await.is_ok()
}

async fn turn(scene: &mut Scene, load: &Load, (role, place): (Role, Place), end: End) {
    let programs = &mut scene.programs;
    match end {
        End::Kill => {
            programs.kill(role, place);
            load.more(BETWEEN).await;
        }
        End::Leave => programs.terminate(role, place).await,
    }
    programs.spawn(role, place);
    programs.ready(role, place).await;
    load.more(BETWEEN).await;
}
