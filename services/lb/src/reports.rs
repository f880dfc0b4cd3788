//! Reads both REPORT databases, each by itself: one that is away or slow delays neither the other
//! nor any answer.
//!
//! Each pass reads the last seconds alone, by index, so it begins near the end and its cost does
//! not grow with what is stored. A row that comes late is found by every fifth pass, which reads
//! the whole ten seconds that are judged; both databases hold the same rows, and of each second
//! the fuller of the two counts.

use std::time::Duration;

use config::inventory::Place;
use protocol::{DbUrl, Role};
use report::{DbError, ReportDb};
use tokio::time::{Instant, MissedTickBehavior, timeout};

use crate::Lb;
use crate::fleet::Sample;

const EVERY: Duration = Duration::from_secs(1);
/// A pass takes milliseconds; a database that needs longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// A file may have been put in the place of the one that is open.
const REOPEN: Duration = Duration::from_mins(1);
/// After a failure it is tried again so much later.
const REST: Duration = Duration::from_secs(5);
/// Seconds that a pass reads, and that every fifth does.
const SHORT_S: i64 = 3;
const WHOLE_S: i64 = 10;
const WHOLE_EVERY: u32 = 5;
/// What arrives so much later than now is from the future.
const AHEAD_S: i64 = 10;

/// A database that is open.
struct Open {
    db: ReportDb,
    since: Instant,
    passes: u32,
}

/// Reads for as long as the LB runs.
pub(crate) async fn run(lb: &Lb) {
    tokio::join!(follow(lb, Place::First), follow(lb, Place::Second));
}

async fn follow(lb: &Lb, place: Place) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut open: Option<Open> = None;
    loop {
        tick.tick().await;
        let Some(url) = url(lb, place) else {
            open = None;
            continue;
        };
        let is_good = |open: &Open| *open.db.url() == url && open.since.elapsed() < REOPEN;
        let kept = open.take().filter(is_good);
        let read = timeout(PATIENCE, pass(lb, kept, &url)).await;
        let read = read.unwrap_or(Err(DbError::Timeout("read")));
        metrics::gauge!("ngondo_lb_report_readable", "database" => place.as_str())
            .set(if read.is_ok() { 1.0 } else { 0.0 });
        match read {
            Ok((now_open, sample)) => {
                open = Some(now_open);
                learn(lb, place, &sample);
            }
            Err(error) => {
                fail(lb, place, &error);
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn url(lb: &Lb, place: Place) -> Option<DbUrl> {
    let balancer = lb.balancer();
    let report = &balancer.chart().content().report;
    match place {
        Place::First => report.first.clone(),
        Place::Second => report.second.clone(),
        Place::None => None,
    }
}

async fn pass(lb: &Lb, open: Option<Open>, url: &DbUrl) -> Result<(Open, Sample), DbError> {
    let mut open = match open {
        Some(open) => open,
        None => Open { db: ReportDb::open_to_read(url).await?, since: Instant::now(), passes: 0 },
    };
    let now_s = lb.ctx.clock.now_ms().div_euclid(1000);
    let is_whole = open.passes % WHOLE_EVERY == 0;
    open.passes = open.passes.wrapping_add(1);
    let from_s = now_s - if is_whole { WHOLE_S } else { SHORT_S };
    let until_s = now_s + AHEAD_S;
    let listed: Vec<_> = {
        let balancer = lb.balancer();
        balancer.inventory().instances.iter().map(|it| (it.name, it.role)).collect()
    };
    let mut sample =
        Sample { newest: open.db.newest(until_s * 1_000_000).await?, ..Sample::default() };
    for (name, role) in listed {
        if !sample.newest.iter().any(|newest| newest.server == name.as_str()) {
            continue;
        }
        sample.seconds.push((name, open.db.seconds(&name, from_s, until_s).await?));
        if is_whole && role == Role::Pppx {
            sample.passed.push((name, open.db.passed(&name, from_s, until_s).await?));
        }
    }
    Ok((open, sample))
}

fn learn(lb: &Lb, place: Place, sample: &Sample) {
    let now_ms = lb.ctx.clock.now_ms();
    let mut balancer = lb.balancer();
    let (inventory, fleet) = balancer.listed();
    let before = reading(fleet.readings(), place).and_then(|it| it.problem()).is_some();
    fleet.read(place, inventory, (sample, now_ms));
    let Some(reading) = reading(fleet.readings(), place) else { return };
    if before {
        tracing::info!(database = place.as_str(), "REPORT can be read again");
    }
    for (why, servers) in [("unlisted", reading.unlisted()), ("future", reading.ahead())] {
        let count = u32::try_from(servers.len()).unwrap_or(u32::MAX);
        let labels = [("database", place.as_str()), ("why", why)];
        metrics::gauge!("ngondo_lb_report_set_aside_servers", &labels).set(f64::from(count));
    }
}

fn fail(lb: &Lb, place: Place, error: &DbError) {
    let problem = text(error);
    metrics::counter!("ngondo_lb_report_failures_total", "database" => place.as_str()).increment(1);
    let is_news = lb.balancer().fleet_mut().unread(place, problem.clone());
    if is_news {
        tracing::error!(database = place.as_str(), %problem,
            "REPORT cannot be read: the other database serves; nothing else waits for it");
    }
}

/// An error and its causes in one line.
fn text(error: &DbError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// What is known of the database at a place.
pub(crate) fn reading(
    readings: &protocol::Pair<crate::fleet::Reading>,
    place: Place,
) -> Option<&crate::fleet::Reading> {
    match place {
        Place::First => Some(&readings.first),
        Place::Second => Some(&readings.second),
        Place::None => None,
    }
}
