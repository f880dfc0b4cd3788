//! `sim`: simulators.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crypto::PrivateKey;
use protocol::{KeyIdentity, MacAddr};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Deserialize;

use super::Run;
use crate::cli::{FleetArgs, KeyArgs, SimVerb};
use crate::error::{Failure, failed};
use crate::said;
use crate::sim::fleet::{self, Event, FleetScript, Summary};
use crate::sim::key::{KeyScript, SimKey};
use crate::sim::{SimDevice, made_identity};
use crate::text::cause;

/// Runs one simulator.
pub(super) async fn run(run: &Run<'_>, verb: SimVerb) -> Result<(), Failure> {
    match verb {
        SimVerb::Key(args) => key(run, args).await,
        SimVerb::Fleet(args) => fleet(run, args).await,
    }
}

async fn key(run: &Run<'_>, args: KeyArgs) -> Result<(), Failure> {
    let made = made_identity(&mut StdRng::seed_from_u64(args.seed));
    let identity = KeyIdentity {
        macaddr: args.macaddr.unwrap_or(made.macaddr),
        imei: args.imei.or(made.imei),
        serial: args.serial.or(made.serial),
        imsi: args.imsi,
        iccid: args.iccid,
        model: args.model,
        fw: args.fw,
        pubkey: None,
    };
    let private = if args.rsa { Some(private_key()?) } else { None };
    let script = KeyScript { identity, private, cut_percent: args.cut_answers, seed: args.seed };
    let key = SimKey::start(args.listen, script, run.clock.clone()).await.map_err(|error| {
        failed!("unlistenable", addr = args.listen.to_string(), cause = cause::any(&error))
    })?;
    let addr = key.addr().to_string();
    run.out.json(&serde_json::json!({ "addr": addr }));
    run.out.say(&said!("sim-key-listens", addr = addr));
    crate::stop::asked().await;
    key.stop().await;
    Ok(())
}

fn private_key() -> Result<PrivateKey, Failure> {
    PrivateKey::generate().map_err(|error| failed!("no-private-key", cause = cause::any(&error)))
}

async fn fleet(run: &Run<'_>, args: FleetArgs) -> Result<(), Failure> {
    let door = Arc::new(run.door()?);
    let seed = args.seed.unwrap_or_else(rand::random);
    let devices = if let Some(file) = &args.credentials {
        read_credentials(file, run.clock.now_ms())?
    } else {
        let bar = run.out.bar(u64::from(args.boxes), &said!("fleet-enrolling"));
        let devices = fleet::enrol_all(&door, args.boxes, seed, &mut || bar.inc(1)).await?;
        bar.finish_and_clear();
        devices
    };
    let script = FleetScript {
        spread: Duration::from_secs(u64::from(args.spread)),
        rounds: args.rounds,
        patience: Duration::from_secs(u64::from(args.within.unwrap_or(args.patience))),
        seed,
    };
    let total = u64::try_from(devices.len()).unwrap_or_default() * u64::from(args.rounds);
    let bar = run.out.bar(total, &said!("fleet-authenticating"));
    let mut count = |event| {
        if matches!(event, Event::Authenticated(_) | Event::Refused | Event::Failed) {
            bar.inc(1);
        }
    };
    let open = Arc::new(door.unsigned());
    let summary = fleet::run(&open, devices, script, &mut count).await;
    bar.finish_and_clear();
    run.out.json(&serde_json::to_value(&summary).unwrap_or_default());
    say(run, &summary);
    if 0 < summary.failed + summary.refused {
        return Err(failed!("fleet-failed", count = summary.failed + summary.refused));
    }
    match args.within {
        Some(within) if u64::from(within) * 1_000 < summary.last_ms => Err(failed!(
            "fleet-late",
            seconds = seconds(summary.last_ms),
            within = u64::from(within)
        )),
        _ => Ok(()),
    }
}

/// Says what became of a fleet.
pub(super) fn say(run: &Run<'_>, summary: &Summary) {
    run.out.say(&said!(
        "fleet-summary",
        authenticated = summary.authenticated,
        refused = summary.refused,
        failed = summary.failed,
        attempts = summary.attempts,
        ms = summary.elapsed_ms,
    ));
    run.out.say(&said!(
        "fleet-times",
        last = seconds(summary.last_ms),
        p50 = summary.p50_ms,
        p99 = summary.p99_ms,
        longest = summary.longest_ms,
    ));
    run.out.say(&said!(
        "fleet-sends",
        most = summary.most_sent,
        told = summary.told_to_wait,
        nothing = summary.told_nothing,
        unanswered = summary.unanswered,
    ));
}

/// Seconds with one digit after the point.
fn seconds(ms: u64) -> String {
    format!("{}.{}", ms / 1_000, ms % 1_000 / 100)
}

/// One line of a file of credentials.
#[derive(Deserialize)]
struct Kept {
    macaddr: String,
    credential: serde_json::Value,
}

/// Reads boxes from a file of one JSON object a line: `macaddr` and `credential`.
fn read_credentials(file: &Path, now_ms: i64) -> Result<Vec<SimDevice>, Failure> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file)
        .map_err(|error| failed!("unreadable", file = name.as_str(), cause = cause::any(&error)))?;
    let device = |line: &str| {
        let kept: Kept = serde_json::from_str(line).ok()?;
        let macaddr: MacAddr = kept.macaddr.parse().ok()?;
        let credential =
            kept.credential.as_str().map_or(kept.credential.to_string(), str::to_owned);
        SimDevice::of_credential(&credential, macaddr, None, now_ms)
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let line_number = (index + 1).to_string();
            device(line).ok_or_else(|| {
                failed!(
                    "unreadable",
                    file = name.as_str(),
                    cause = said!("cause-line", line = line_number)
                )
            })
        })
        .collect()
}
