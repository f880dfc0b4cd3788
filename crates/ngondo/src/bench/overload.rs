//! R14: five times as many requests as the servers can take.
//!
//! The servers are real but for one thing: each AUTH takes a while in which nothing is computed. So
//! `[limits] inflight` alone sets what they can take, and whoever makes the load has the processor.

use std::sync::Arc;
use std::time::Duration;

use aar::Aar;
use chassis::{Answered, Call, Clock, Context, ManageCall, Managed, Service, StartError};
use lb::Lb;
use pppx::Pppx;
use protocol::{AddressMap, PeerAddr, Role, Verb};
use sr::Sr;

use super::auth::{AuthScript, auth};
use super::measure::{Better, Compare, Measure};
use super::tally::AuthReport;
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::site::{ADMIN, Pace, Place, Ports, Site, start};
use crate::text::cause;

/// What an AUTH takes.
const WORK: Duration = Duration::from_millis(200);
/// Requests at once, at each of two AAR; one in ten places is kept for INIT.
const INFLIGHT: u32 = 20;
const PLACES: u32 = 2 * (INFLIGHT - INFLIGHT / 10);
/// What both can take, a second.
const CAPACITY: u32 = PLACES * 5;
/// Times as much is sent.
const TIMES: u32 = 5;
/// Connections of the load: for what is served, and what waits and is refused.
const CONNECTIONS: u32 = 128;
const BOXES: u32 = 128;
/// Where a key would be; none is asked.
const NO_KEY: &str = "127.0.0.2:80";
/// Within what time whoever is refused must be told so.
const TOLD_MS: f64 = 100.0;

/// An AAR whose AUTHs take a while.
struct Slow(Arc<Aar>);

// === impl Slow ===

impl Service for Slow {
    const ROLE: Role = Aar::ROLE;

    async fn build(ctx: Arc<Context>) -> Result<Self, StartError> {
        Ok(Self(Arc::new(Aar::build(ctx).await?)))
    }

    async fn answer(&self, call: Call) -> Answered {
        if call.verb() == Verb::Auth {
            tokio::time::sleep(WORK).await;
        }
        self.0.answer(call).await
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        self.0.manage(call).await
    }

    async fn run(self: Arc<Self>, ctx: Arc<Context>) {
        Arc::clone(&self.0).run(ctx).await;
    }

    async fn map_changed(&self, map: &AddressMap) {
        self.0.map_changed(map).await;
    }

    async fn drained(&self) {
        self.0.drained().await;
    }
}

/// Measures what two AAR serve when they are asked for as much as they can, then for five times as
/// much, for so long each.
///
/// # Errors
///
/// The back office does not start. What goes wrong under load is counted, not returned.
pub async fn overload(time: Duration) -> Result<[Measure; 2], Failure> {
    let broken = |error: std::io::Error| failed!("bench-broken", cause = cause::any(&error));
    let folder = tempfile::tempdir().map_err(broken)?;
    let ports = Ports::free().map_err(broken)?;
    let key: PeerAddr =
        NO_KEY.parse().map_err(|error| failed!("bench-broken", cause = cause::any(&error)))?;
    // PPPX begins before the AAR: it is to hear soon that both are there.
    let pace = Pace { init_s: 1, drain_s: 0 };
    let site = Box::pin(Site::lay(folder.path(), ports, key, pace)).await?;
    for place in Place::ALL {
        limit(&site, place).map_err(broken)?;
    }
    let clock = Clock::default();
    let lb = Box::pin(start::<Lb>(&site, Place::First, &clock)).await?;
    let pppx = Box::pin(start::<Pppx>(&site, Place::First, &clock)).await?;
    let first = Box::pin(start::<Slow>(&site, Place::First, &clock)).await?;
    let second = Box::pin(start::<Slow>(&site, Place::Second, &clock)).await?;
    let sr = Box::pin(start::<Sr>(&site, Place::First, &clock)).await?;
    for ctx in [&lb.ctx, &pppx.ctx, &first.ctx, &second.ctx, &sr.ctx] {
        ctx.know_principals().await;
    }
    let loaded = Box::pin(load(&site, &clock, time)).await;
    Box::pin(pppx.stop()).await;
    Box::pin(first.stop()).await;
    Box::pin(second.stop()).await;
    Box::pin(sr.stop()).await;
    Box::pin(lb.stop()).await;
    let (peak, over) = loaded?;
    Ok(measures(&peak, &over))
}

fn limit(site: &Site, place: Place) -> std::io::Result<()> {
    let ini = site.ini(Role::Aar, place);
    let text = std::fs::read_to_string(&ini)?;
    let limited = format!("[limits]\ninflight = {INFLIGHT}\n");
    std::fs::write(&ini, text.replace("[limits]\n", &limited))
}

/// As much as they can take, then too much.
async fn load(
    site: &Site,
    clock: &Clock,
    time: Duration,
) -> Result<(AuthReport, AuthReport), Failure> {
    let keys = site.keys(ADMIN, clock)?;
    let door = Arc::new(Door::signed(site.doors(), keys, clock.clone()));
    let script = |connections, rate| AuthScript {
        to: site.addr(Role::Pppx, Place::First),
        connections,
        warm_up: Duration::from_secs(1),
        duration: time,
        boxes: BOXES,
        rate,
        seed: None,
    };
    let peak = auth(&door, &script(PLACES, None), &mut |_| {}).await?;
    let over = auth(&door, &script(CONNECTIONS, Some(TIMES * CAPACITY)), &mut |_| {}).await?;
    Ok((peak, over))
}

/// The two rows of R14. Whatever was not served must have been told when to come back, and not all
/// the same.
fn measures(peak: &AuthReport, over: &AuthReport) -> [Measure; 2] {
    let rate = |report: &AuthReport| {
        f64::from(u32::try_from(report.authenticated).unwrap_or(u32::MAX)) / report.seconds
    };
    let turned = &over.turned;
    let other = over.error_count() - turned.count;
    let alike = u64::from(turned.retries_s.len() < 2);
    let goodput = Measure {
        id: "R14".to_owned(),
        name: format!("overload: served at {TIMES} times the capacity"),
        unit: "1/s".to_owned(),
        better: Better::More,
        compare: Compare::Ratio,
        reference: "at the peak".to_owned(),
        bar: 0.8,
        aim: 0.95,
        errors: other + turned.told_nothing + alike,
        ours_rounds: vec![rate(over)],
        reference_rounds: vec![rate(peak)],
    };
    let told = Measure {
        id: "R14b".to_owned(),
        name: format!("overload: BUSY at {TIMES} times the capacity, p99"),
        unit: "ms".to_owned(),
        better: Better::Less,
        reference: "the bar".to_owned(),
        bar: 1.0,
        aim: 0.5,
        ours_rounds: vec![Duration::from_micros(turned.latency_us.p99).as_secs_f64() * 1e3],
        reference_rounds: vec![TOLD_MS],
        ..goodput.clone()
    };
    [goodput, told]
}
