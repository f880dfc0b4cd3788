//! `bench`: measures.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Run;
use crate::bench::{
    self, AuthReport, AuthScript, Blow, Filled, HopCost, Machine, Measure, Phase, Table,
};
use crate::cli::{BenchAuthArgs, BenchVerb};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::said;
use crate::site::{ADMIN, House, Pace, Ports, Site};
use crate::text::cause;

/// What the help of `bench auth` promises.
const WARM_UP: Duration = Duration::from_secs(1);

/// Pages are timed with so many rows too, to show how they grow.
const FEW: usize = 10_000;

/// Where a key of the bench would be; none is asked.
const NO_KEY: &str = "127.0.0.2:80";

/// Runs one bench, or shows what all of them wrote.
pub(super) async fn run(run: &Run<'_>, verb: BenchVerb) -> Result<(), Failure> {
    match verb {
        BenchVerb::Auth(args) => auth(run, args).await,
        BenchVerb::Toki { out } => toki(run, &out).await,
        BenchVerb::Pages { boxes, vouchers, dir } => {
            pages(run, (boxes, vouchers), dir.as_deref()).await
        }
        BenchVerb::Storm { boxes, dir } => storm(run, boxes, dir.as_deref()).await,
        BenchVerb::Overload { duration, dir } => overload(run, duration, dir.as_deref()).await,
        BenchVerb::Init { rows, dir } => init(run, rows, dir.as_deref()).await,
        BenchVerb::Report { dir } => report(run, &dir),
    }
}

async fn auth(run: &Run<'_>, args: BenchAuthArgs) -> Result<(), Failure> {
    let door = Arc::new(run.door()?);
    let to = door.pppx().present().next().cloned();
    let to = to.ok_or_else(|| failed!("unreachable", addr = "-", cause = "-"))?;
    let script = AuthScript {
        to,
        connections: args.connections,
        warm_up: WARM_UP,
        duration: Duration::from_secs(u64::from(args.duration)),
        boxes: args.boxes,
        rate: args.rate,
        seed: args.seed,
    };
    let bar = run.out.bar(u64::from(args.boxes), &said!("fleet-enrolling"));
    let mut seen = |phase| match phase {
        Phase::Enrolled => bar.inc(1),
        Phase::Started => bar.finish_and_clear(),
    };
    let report = bench::auth(&door, &script, &mut seen).await?;
    run.out.json(&serde_json::to_value(&report).unwrap_or_default());
    say(run, &report);
    match report.error_count() {
        0 => Ok(()),
        count => Err(failed!("bench-errors", count = count)),
    }
}

/// Times pages on a back office of its own, in a folder that is gone afterwards.
async fn pages(
    run: &Run<'_>,
    (boxes, vouchers): (u32, u32),
    dir: Option<&Path>,
) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(|error| unusable(&std::env::temp_dir(), &error))?;
    let ports =
        Ports::free().map_err(|error| failed!("no-free-port", cause = cause::any(&error)))?;
    let key = NO_KEY.parse().map_err(|_| failed!("no-free-port", cause = NO_KEY))?;
    let site = Site::lay(folder.path(), ports, key, Pace { init_s: 30, drain_s: 0 }).await?;
    let house = Box::pin(House::start(&site, &run.clock)).await?;
    let door = Door::signed(site.doors(), site.keys(ADMIN, &run.clock)?, run.clock.clone());
    let bar = run.out.bar(u64::from(boxes), &said!("fleet-enrolling"));
    let mut seen = |filled| match filled {
        Filled::Rows(count) => bar.inc(count),
        Filled::Timing => {}
    };
    let boxes_timed = bench::pages(&door, sizes(boxes), &mut seen).await;
    bar.finish_and_clear();
    let bar = run.out.bar(u64::from(vouchers), &said!("batch-drawing"));
    let mut seen = |filled| match filled {
        Filled::Rows(count) => bar.inc(count),
        Filled::Timing => {}
    };
    let vouchers_timed = match &boxes_timed {
        Ok(_) => bench::vouchers(&door, sizes(vouchers), &mut seen).await,
        Err(_) => Ok(Vec::new()),
    };
    bar.finish_and_clear();
    Box::pin(house.stop()).await;
    let mut measures = boxes_timed?;
    measures.extend(vouchers_timed?);
    show(run, measures, (dir, "pages"))
}

/// Shows what was measured, and keeps it for the table where a folder is given.
fn show(
    run: &Run<'_>,
    measures: Vec<Measure>,
    (dir, name): (Option<&Path>, &str),
) -> Result<(), Failure> {
    if let Some(dir) = dir {
        std::fs::create_dir_all(dir).map_err(|error| unusable(dir, &error))?;
    }
    for measure in &measures {
        let Some(dir) = dir else { break };
        let file = dir.join(format!("{name}-{}.json", measure.id));
        let text = serde_json::to_string(measure).unwrap_or_default();
        std::fs::write(&file, text).map_err(|error| unusable(&file, &error))?;
    }
    let table = Table { measures, machine: Machine::here() };
    run.out.json(&table.to_json());
    for line in table.lines() {
        run.out.line(&line);
    }
    if table.has_errors() {
        return Err(failed!("bench-no-ratio"));
    }
    Ok(())
}

fn unusable(file: &Path, error: &std::io::Error) -> Failure {
    failed!("bench-unusable", file = file.display().to_string(), cause = cause::any(error))
}

/// Lets a town's boxes come back at once; what they met stands above the table.
async fn storm(run: &Run<'_>, boxes: u32, dir: Option<&Path>) -> Result<(), Failure> {
    let enrolling = run.out.bar(u64::from(boxes), &said!("fleet-enrolling"));
    let coming = run.out.bar(u64::from(boxes), &said!("fleet-authenticating"));
    let mut seen = |blow| match blow {
        Blow::Enrolled => enrolling.inc(1),
        Blow::Measuring => enrolling.finish_and_clear(),
        Blow::Began => coming.reset(),
        Blow::In => coming.inc(1),
    };
    // Its servers end with it.
    let storm = tokio::select! {
        storm = Box::pin(bench::storm(boxes, &mut seen)) => storm?,
        () = crate::stop::asked() => return Err(failed!("demo-interrupted")),
    };
    coming.finish_and_clear();
    let curve: Vec<_> = storm.summary.curve.iter().map(u64::to_string).collect();
    run.out.say(&said!(
        "bench-storm",
        rate = format!("{:.0}", storm.steady),
        curve = curve.join(" "),
        rows = storm.rows,
    ));
    super::sim::say(run, &storm.summary);
    show(run, storm.measures.into(), (dir, "storm"))
}

async fn overload(run: &Run<'_>, duration: u32, dir: Option<&Path>) -> Result<(), Failure> {
    let time = Duration::from_secs(u64::from(duration));
    let measures = Box::pin(bench::overload(time)).await?;
    show(run, measures.into(), (dir, "overload"))
}

/// How many rows there are when pages are timed: few, then all.
fn sizes(all: u32) -> [usize; 2] {
    let all = usize::try_from(all).unwrap_or(usize::MAX);
    [FEW.min(all / 10), all]
}

fn say(run: &Run<'_>, report: &AuthReport) {
    let latency = report.latency_us;
    run.out.say(&said!(
        "bench-auth",
        authenticated = report.authenticated,
        seconds = format!("{:.1}", report.seconds),
        rate = report.per_second.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}")),
        connections = report.connections,
        boxes = report.boxes,
    ));
    run.out.say(&said!(
        "bench-latency",
        p50 = latency.p50,
        p90 = latency.p90,
        p99 = latency.p99,
        p999 = latency.p999,
        max = latency.max,
    ));
    for (kind, count) in &report.errors {
        run.out.line(&format!("{count:>8} {kind}"));
    }
    if 0 < report.made_late {
        run.out.say(&said!("bench-late", count = report.made_late));
    }
}

async fn toki(run: &Run<'_>, out: &Path) -> Result<(), Failure> {
    let HopCost { processor, clock } = Box::pin(bench::toki()).await?;
    let text = serde_json::to_string(&processor).unwrap_or_default();
    std::fs::write(out, text).map_err(|error| unusable(out, &error))?;
    run.out.json(&json!({ "processor": processor, "clock": clock }));
    let number = |it: Option<f64>| it.map_or_else(|| "-".to_owned(), |it| format!("{it:.1}"));
    run.out.say(&said!(
        "bench-toki",
        added = number(processor.figure()),
        ours = number(processor.ours()),
        reference = number(processor.reference()),
        clock = number(clock.figure()),
    ));
    match processor.errors {
        0 => Ok(()),
        count => Err(failed!("bench-errors", count = count)),
    }
}

async fn init(run: &Run<'_>, rows: u64, dir: Option<&Path>) -> Result<(), Failure> {
    let bar = run.out.spinner(&said!("report-filling"));
    let measure = Box::pin(bench::init(rows)).await;
    bar.finish_and_clear();
    show(run, vec![measure?], (dir, "init"))
}

fn report(run: &Run<'_>, dir: &Path) -> Result<(), Failure> {
    let table = Table::read(dir, Machine::here()).map_err(|error| unusable(dir, &error))?;
    table.write(dir).map_err(|error| unusable(dir, &error))?;
    run.out.json(&table.to_json());
    for line in table.lines() {
        run.out.line(&line);
    }
    if table.has_errors() {
        return Err(failed!("bench-no-ratio"));
    }
    Ok(())
}
