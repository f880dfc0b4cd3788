//! P8: a town has power again. All its boxes come back within ten seconds, and in the middle one of
//! the two AAR dies.
//!
//! The servers are processes, as on a site; the boxes do as boxes do ([`crate::sim::fleet`]).

use std::sync::Arc;
use std::time::Duration;

use chassis::Clock;
use client::Endpoint;
use protocol::{PeerAddr, Role};
use report::{ReportDb, Span};

use super::auth::{AuthScript, auth};
use super::measure::{Better, Compare, Measure};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::sim::fleet::{self, Event, FleetScript, Summary};
use crate::site::{ADMIN, Pace, Place, Ports, Servers, Site};
use crate::text::cause;

/// Over what time the boxes come back.
const DUE: Duration = Duration::from_secs(10);
/// When a box gives up: far beyond the bar.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the spools may take to be empty.
const SHIPPING: Duration = Duration::from_mins(2);
/// What the servers can do is measured for so long, after a second to warm up.
const STEADY: Duration = Duration::from_secs(5);
/// The boxes and connections of that.
const STEADY_BOXES: u32 = 500;
const STEADY_CONNECTIONS: u32 = 64;
/// Where a key would be; none is asked.
const NO_KEY: &str = "127.0.0.2:80";
/// Times of the ideal within which all must be in.
const BAR: f64 = 2.0;
const AIM: f64 = 1.3;
/// Requests that no box may exceed.
const SENDS: f64 = 4.0;

/// What a storm came to.
#[derive(Debug, Clone)]
pub struct Storm {
    /// What became of the boxes.
    pub summary: Summary,
    /// AUTHs a second that the same servers take for as long as one likes.
    pub steady: f64,
    /// Rows in each REPORT database when all had been shipped.
    pub rows: u64,
    /// The rows of the table.
    pub measures: [Measure; 2],
}

/// What happens, for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// One more box is registered.
    Enrolled,
    /// All are; what the servers can do is being measured.
    Measuring,
    /// The boxes begin to come back.
    Began,
    /// One more is in.
    In,
}

/// What the databases say in the end.
struct Kept {
    rows: u64,
    equal: bool,
}

/// Plays a storm on a back office of its own, in a folder that is gone afterwards.
///
/// # Errors
///
/// The back office does not start, or a box cannot be registered. What goes wrong in the storm is
/// counted, not returned.
pub async fn storm(boxes: u32, seen: &mut (dyn FnMut(Blow) + Send)) -> Result<Storm, Failure> {
    let broken = |error: std::io::Error| failed!("bench-broken", cause = cause::any(&error));
    let folder = tempfile::tempdir().map_err(broken)?;
    let ports = Ports::free().map_err(broken)?;
    let key: PeerAddr =
        NO_KEY.parse().map_err(|error| failed!("bench-broken", cause = cause::any(&error)))?;
    let pace = Pace { init_s: 30, drain_s: 0 };
    let site = Box::pin(Site::lay(folder.path(), ports, key, pace)).await?;
    let mut servers = Servers::start(&site)?;
    let played = Box::pin(play(&site, &mut servers, boxes, seen)).await;
    let shipped = played.is_ok() && servers.shipped(SHIPPING).await;
    servers.stop().await;
    let (summary, steady, errors) = played?;
    let kept = kept(&site).await?;
    // At PPPX and at AAR; a registration is a CRECORD and an ACTIVATE.
    let known = 2 * summary.authenticated + 4 * u64::from(boxes);
    let lost = u64::from(!shipped) + u64::from(!kept.equal) + u64::from(kept.rows < known);
    let measures = measures(&summary, steady, errors + lost);
    Ok(Storm { summary, steady, rows: kept.rows, measures })
}

/// Registers, measures, lets them come: what became of them, the steady rate, and its errors.
async fn play(
    site: &Site,
    servers: &mut Servers,
    boxes: u32,
    seen: &mut (dyn FnMut(Blow) + Send),
) -> Result<(Summary, f64, u64), Failure> {
    servers.ready().await?;
    let clock = Clock::default();
    let keys = site.keys(ADMIN, &clock)?;
    let door = Arc::new(Door::signed(site.doors(), keys, clock));
    let first_draw = rand::random();
    let devices = fleet::enrol_all(&door, boxes, first_draw, &mut || seen(Blow::Enrolled)).await?;
    seen(Blow::Measuring);
    let script = AuthScript {
        to: Endpoint::from(site.addr(Role::Pppx, Place::First)).addr,
        connections: STEADY_CONNECTIONS,
        warm_up: Duration::from_secs(1),
        duration: STEADY,
        boxes: STEADY_BOXES,
        rate: None,
        seed: None,
    };
    let steady = auth(&door, &script, &mut |_| {}).await?;
    seen(Blow::Began);
    let script = FleetScript { spread: DUE, rounds: 1, patience: PATIENCE, seed: first_draw };
    let (anyone, mut left) = (Arc::new(door.unsigned()), boxes / 2);
    let summary = fleet::run(&anyone, devices, script, &mut |event| {
        if matches!(event, Event::Authenticated(_)) {
            seen(Blow::In);
            left = left.saturating_sub(1);
            if left == 0 {
                servers.kill(Role::Aar, Place::First);
            }
        }
    })
    .await;
    // What the dead one had not shipped waits on its disk.
    servers.start_one(Role::Aar, Place::First)?;
    servers.ready().await?;
    let rate = f64::from(u32::try_from(steady.authenticated).unwrap_or(u32::MAX)) / steady.seconds;
    Ok((summary, rate, steady.error_count()))
}

async fn kept(site: &Site) -> Result<Kept, Failure> {
    let broken = |error: report::DbError| failed!("bench-broken", cause = cause::any(&error));
    let urls = site.report()?;
    let first = ReportDb::open(&urls.first).await.map_err(broken)?;
    let second = ReportDb::open(&urls.second).await.map_err(broken)?;
    let compared = first.compare(&second, Span::default()).await.map_err(broken)?;
    Ok(Kept { rows: compared.rows.first, equal: compared.is_equal() })
}

/// The two rows of P8; whoever was refused without being told when to come back is an error.
fn measures(summary: &Summary, steady: f64, errors: u64) -> [Measure; 2] {
    let float = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let boxes = float(summary.boxes);
    let ideal_s = DUE.as_secs_f64().max(boxes / steady.max(1.0));
    let refused = summary.failed + summary.refused + summary.told_nothing;
    let time = Measure {
        id: "P8".to_owned(),
        name: format!("storm: {boxes} boxes, AAR 1 killed: all are in"),
        unit: "s".to_owned(),
        better: Better::Less,
        compare: Compare::Ratio,
        reference: "ideal".to_owned(),
        bar: BAR,
        aim: AIM,
        errors: errors + refused,
        ours_rounds: vec![float(summary.last_ms) / 1_000.0],
        reference_rounds: vec![ideal_s],
    };
    let sends = Measure {
        id: "P8s".to_owned(),
        name: format!("storm: {boxes} boxes, AAR 1 killed: requests of one box at most"),
        unit: "requests".to_owned(),
        reference: "one".to_owned(),
        bar: SENDS,
        aim: 2.0,
        ours_rounds: vec![float(summary.most_sent)],
        reference_rounds: vec![1.0],
        ..time.clone()
    };
    [time, sends]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Met;

    fn summary() -> Summary {
        Summary {
            boxes: 10_000,
            authenticated: 10_000,
            last_ms: 12_000,
            most_sent: 2,
            ..Summary::default()
        }
    }

    #[test]
    fn a_storm_is_held_against_what_the_servers_could_do() {
        let [time, sends] = measures(&summary(), 4_000.0, 0);
        assert_eq!((time.figure(), time.met()), (Some(1.2), Met::Aim));
        assert_eq!((sends.figure(), sends.met()), (Some(2.0), Met::Aim));
        let [slow, _] = measures(&summary(), 500.0, 0);
        assert_eq!(slow.figure(), Some(0.6), "500 a second need 20 s");
    }

    #[test]
    fn whoever_is_refused_without_a_time_to_come_back_leaves_no_figure() {
        let refused = Summary { told_nothing: 1, ..summary() };
        let [time, sends] = measures(&refused, 4_000.0, 0);
        assert_eq!((time.met(), sends.met()), (Met::Unknown, Met::Unknown));
        let told = Summary { told_to_wait: 500, most_sent: 5, ..summary() };
        let [time, sends] = measures(&told, 4_000.0, 0);
        assert_eq!((time.met(), sends.met()), (Met::Aim, Met::No));
    }
}
