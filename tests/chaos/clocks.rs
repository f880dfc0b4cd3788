//! Clocks that are four minutes apart, between boxes, the tool and servers.
//!
//! The servers run in this process: a program has the machine's clock, and nothing in it can say
//! otherwise.

use std::time::Duration;

use aar::Aar;
use chassis::{Clock, Service};
use lb::Lb;
use ngondo::door::Door;
use ngondo::sim::{SimDevice, Verdict};
use ngondo::site::{ADMIN, House, Place, Site, start};
use pppx::Pppx;
use protocol::{Command, Outcome, Pair, RequestId, TopUp};
use sr::Sr;
use tokio::time::{interval, timeout};
use topup::Topup;
use uuid::Uuid;

use super::load::LIMIT;
use super::{Broken, Length, rows};
use crate::{PACE, auth, enrol, lay, sell};

/// Half of four minutes.
const APART_MS: i64 = 120_000;

/// R15: whoever is two minutes early asks servers that are two minutes late, and the other way
/// round.
pub(super) async fn apart(length: Length) -> Broken {
    let mut broken = Broken { times: 10, ..Broken::default() };
    broken.note("all servers in one process, each with a clock of its own");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = lay(&folder, PACE).await;
    let [early, late] = [-APART_MS, APART_MS].map(|shift_ms| {
        let clock = Clock::default();
        clock.shift_ms(shift_ms);
        clock
    });
    let house = House {
        lb: both::<Lb>(&site, (&early, &late)).await,
        pppx: both::<Pppx>(&site, (&late, &early)).await,
        aar: both::<Aar>(&site, (&early, &late)).await,
        sr: both::<Sr>(&site, (&late, &early)).await,
        topup: both::<Topup>(&site, (&early, &late)).await,
    };
    for ctx in house.contexts() {
        ctx.know_principals().await;
    }
    let doors = [door(&site, &early), door(&site, &late)];
    let mut devices = Vec::new();
    for (seed, door) in (1..).zip(&doors) {
        devices.push(enrol(door, seed).await);
    }
    let rounds = if length.long { 40 } else { 5 };
    let mut codes = sell(&doors[0], rounds * 4).await.into_iter();
    for (door, device) in doors.iter().zip(&mut devices) {
        known(door, device).await;
    }
    for round in 0..rounds {
        for door in &doors {
            for device in &mut devices {
                let seed = u64::try_from(round).unwrap_or_default();
                let (verdict, answer) = auth(&door.unsigned(), device, seed).await;
                let good = matches!(verdict, Verdict::Surf { .. });
                tell(&mut broken, good, format_args!("AUTH: {}", answer.outcome()));
            }
            for _ in 0..2 {
                let code = codes.next().expect("a code");
                let request = Some(RequestId::from_uuid(Uuid::new_v4()));
                let command = Command::TopUp(TopUp { request, ..TopUp::new(code) });
                let answer = door.unsigned().command(command).await;
                let outcome = answer.map(|it| it.outcome());
                let good = matches!(outcome, Ok(Outcome::Ok));
                tell(&mut broken, good, format_args!("TOPUP: {outcome:?}"));
            }
        }
    }
    for (seed, door) in (100..).zip(&doors) {
        drop(enrol(door, seed).await);
        tell(&mut broken, true, "CRECORD and ACTIVATE");
    }
    Box::pin(house.stop()).await;
    broken.hold_rows(&rows::now(&site).await);
    broken.nothing_failed();
    broken
}

async fn both<S: Service>(
    site: &Site,
    (first, second): (&Clock, &Clock),
) -> Pair<Option<chassis::Running<S>>> {
    let first = Box::pin(start::<S>(site, Place::First, first)).await.expect("a server");
    let second = Box::pin(start::<S>(site, Place::Second, second)).await.expect("a server");
    Pair::new(Some(first), Some(second))
}

fn door(site: &Site, clock: &Clock) -> Door {
    crate::door_of(site, ADMIN, clock)
}

/// Asks until a box is known to whoever answers.
async fn known(door: &Door, device: &mut SimDevice) {
    let known = async {
        let mut tick = interval(Duration::from_millis(20));
        for seed in 0.. {
            if matches!(auth(&door.unsigned(), device, seed).await.0, Verdict::Surf { .. }) {
                return;
            }
            tick.tick().await;
        }
    };
    timeout(LIMIT, known).await.expect("the box is known");
}

fn tell(broken: &mut Broken, good: bool, what: impl std::fmt::Display) {
    broken.sent += 1;
    broken.answered += u64::from(good);
    broken.failed += u64::from(!good);
    broken.hold(good, what);
}
