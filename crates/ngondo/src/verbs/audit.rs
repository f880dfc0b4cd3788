//! `audit`: who changed what, and whether nobody has edited that since.

use std::path::Path;

use client::Endpoint;
use crypto::{KeyRing, Purpose};
use protocol::{DbUrl, Pair};
use serde_json::{Value, json};
use store::{AuditMark, Store};

use super::{Run, fields, numbered};
use crate::cli::{AuditVerb, VerifyArgs};
use crate::door::Door;
use crate::error::{Failure, bad_config, failed};
use crate::said;
use crate::text::{Said, cause};

/// What a list of the log shows.
const COLUMNS: [&str; 6] = ["number", "time", "who", "verb", "subject", "reason"];

/// Rows that are verified at once of a database that is opened here.
const PART: u32 = 20_000;

/// Does one verb on the audit log.
pub(super) async fn run(run: &Run<'_>, verb: AuditVerb) -> Result<(), Failure> {
    match verb {
        AuditVerb::List { who, verb, subject, from, to, page } => {
            let filter = json!({
                "who": who, "verb": verb, "subject": subject,
                "from": from.map(|it| it.to_string()), "to": to.map(|it| it.to_string()),
            });
            let rows = numbered::page(run, "/v1/audit/list", filter, &page).await?;
            if rows.is_empty() {
                run.out.say(&said!("audit-none"));
            } else {
                fields::table(run, &rows, &COLUMNS);
            }
            numbered::more(run, &rows, &page);
            Ok(())
        }
        AuditVerb::Verify(args) => verify(run, &args).await,
    }
}

/// Verifies the log behind the place that was good the last time, so that an old copy put back
/// shows too; and keeps the place for the next time.
async fn verify(run: &Run<'_>, args: &VerifyArgs) -> Result<(), Failure> {
    let settings = run.settings()?;
    let whose = match &args.registry {
        Some(url) => url.to_string(),
        None => addrs(&settings.pppx),
    };
    let kept = run.journal()?.kept("audit", &whose);
    let since = match args.since {
        Some(since) => Some(since),
        None if args.anew => None,
        None => kept.read().and_then(|text| text.trim().parse().ok()),
    };
    // From the beginning too, for the rows before that place could have been changed.
    if let Some(since) = since {
        walk(run, args, since).await?;
    }
    let good = walk(run, args, AuditMark::START).await?;
    kept.write(&good.to_string())?;
    run.out.json(&json!({
        "whole": true,
        "rows": good.number,
        "mark": good.to_string(),
        "since": since.map(|it| it.number),
    }));
    run.out.say(&said!("audit-whole", rows = count(good.number)));
    if let Some(since) = since {
        run.out.say(&said!("audit-since", number = since.number.to_string()));
    }
    run.out.say(&said!("audit-mark", mark = good.to_string()));
    Ok(())
}

/// Verifies from a place to the end, and returns the end.
async fn walk(run: &Run<'_>, args: &VerifyArgs, from: AuditMark) -> Result<AuditMark, Failure> {
    match (&args.registry, &args.keys) {
        (Some(url), Some(keys)) => offline(url, keys, from).await,
        _ => online(&run.door()?, from).await,
    }
}

async fn online(door: &Door, from: AuditMark) -> Result<AuditMark, Failure> {
    let mut good = from;
    loop {
        let body = json!({ "after": good.to_string() });
        let answer = door.manage("/v1/audit/verify", &body).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        if let Some(fault) = text("fault") {
            let number = answer.get("number").map(ToString::to_string).unwrap_or_default();
            return Err(broken(fault, number));
        }
        good = text("good").and_then(|it| it.parse().ok()).unwrap_or(good);
        if answer.get("more").is_none() {
            return Ok(good);
        }
    }
}

/// Verifies a database that is opened here, such as a backup.
async fn offline(url: &DbUrl, keys: &Path, from: AuditMark) -> Result<AuditMark, Failure> {
    let bad_keys = |cause: Said| bad_config!("bad-keys", cause = cause);
    let text = config::read_secret(keys, "ngondo keys export --role AAR");
    let text = text.map_err(|error| bad_keys(cause::secret(&error)))?;
    let ring = KeyRing::read(&text, &[Purpose::Index]);
    let file = keys.display().to_string();
    let ring = ring.map_err(|error| bad_keys(cause::key_file(&file, error)))?;
    let keys = ring.get(Purpose::Index).map_err(|error| bad_keys(cause::any(&error)))?;
    let unread = |error: &store::StoreError| {
        failed!("audit-unreadable", url = url.as_str(), cause = cause::registry(error))
    };
    let store = Store::open(url).await.map_err(|error| unread(&error))?;
    let mut good = from;
    loop {
        let verified = store.verify_audit(good, PART, keys.iter()).await;
        let verified = verified.map_err(|error| unread(&error))?;
        if let Some(fault) = verified.fault {
            let number = fault.number().map(|it| it.to_string()).unwrap_or_default();
            return Err(broken(fault.as_str(), number));
        }
        good = verified.good;
        if good == verified.end {
            store.close().await;
            return Ok(good);
        }
    }
}

fn broken(fault: &str, number: String) -> Failure {
    let cause = match fault {
        "missing" => said!("audit-missing", number = number),
        "cut" => said!("audit-cut", number = number),
        "behind" => said!("audit-behind", number = number),
        "head" => said!("audit-head"),
        "rewritten" => return failed!("audit-rewritten", number = number),
        _ => said!("audit-changed", number = number),
    };
    failed!("audit-broken", cause = cause)
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

fn addrs(pppx: &Pair<Option<Endpoint>>) -> String {
    let addrs: Vec<_> = pppx.iter().flatten().map(|it| it.addr.as_str()).collect();
    addrs.join(",")
}
