//! `boxes`: what boxes there are, and what becomes of them.

mod activate;
mod bulk;
mod change;
mod chosen;
mod export;
mod import;
mod rekey;

use protocol::{DeviceId, Outcome};
use serde_json::{Map, Value, json};

use super::{Run, fields};
use crate::cli::{BoxesVerb, FindArgs, UsageArgs};
use crate::error::Failure;
use crate::said;

/// What a list of boxes shows.
const COLUMNS: [&str; 6] = ["box", "state", "until", "group", "tags", "label"];

/// What a list of days shows.
const USAGE: [&str; 7] = ["box", "day", "auths", "good", "online_s", "first", "last"];

/// Does one verb on boxes.
pub(super) async fn run(run: &Run<'_>, verb: BoxesVerb) -> Result<(), Failure> {
    match verb {
        BoxesVerb::List { filter, limit, after } => {
            let mut sought = chosen::filter(&filter);
            sought.insert("limit".to_owned(), limit.into());
            sought.extend(after.map(|it| ("after".to_owned(), it.to_string().into())));
            list(run, "list", sought, &COLUMNS).await
        }
        BoxesVerb::Show { which } => show(run, which.device).await,
        BoxesVerb::Find(args) => list(run, "find", sought(&args), &COLUMNS).await,
        BoxesVerb::Import(args) => import::run(run, &args).await,
        BoxesVerb::Export { filter, file } => export::run(run, &filter, &file).await,
        BoxesVerb::Activate { chosen, code, until, subscriber, msisdn } => {
            let ask = activate::Ask { code, until, subscriber, msisdn };
            activate::run(run, &chosen, ask).await
        }
        BoxesVerb::Suspend(args) => change::state(run, "suspend", args).await,
        BoxesVerb::Resume(args) => change::state(run, "resume", args).await,
        BoxesVerb::Retire(args) => change::state(run, "retire", args).await,
        BoxesVerb::Stolen(args) => change::state(run, "stolen", args).await,
        BoxesVerb::Delete(args) => change::state(run, "delete", args).await,
        BoxesVerb::Until(args) => change::until(run, args).await,
        BoxesVerb::Tag(args) => change::tag(run, args).await,
        BoxesVerb::Tags => tags(run).await,
        BoxesVerb::Replace { which, by, reason } => {
            change::replace(run, which.device, by, reason).await
        }
        BoxesVerb::Rekey(args) => rekey::run(run, args).await,
        BoxesVerb::History { which, limit, after } => {
            let after = after.map_or(Value::Null, Value::String);
            let sought = json!({ "box": which.device.to_string(), "limit": limit, "after": after });
            history(run, which.device, &sought).await
        }
        BoxesVerb::Usage(args) => usage(run, args).await,
    }
}

async fn show(run: &Run<'_>, device: DeviceId) -> Result<(), Failure> {
    let sought = json!({ "box": device.to_string() });
    let shown = run.door()?.manage("/v1/boxes/show", &sought).await.and_then(done);
    let shown = shown.map_err(|failure| about(device, failure))?;
    run.out.json(&shown);
    fields::show(run, &shown);
    let acts = shown.get("history").and_then(Value::as_array).into_iter().flatten();
    events(run, acts);
    Ok(())
}

async fn history(run: &Run<'_>, device: DeviceId, sought: &Value) -> Result<(), Failure> {
    let answers = run.door()?.lines("/v1/boxes/history", sought.to_string()).await?;
    if let Some(refused) =
        answers.first().filter(|it| it.get("reason").is_some() && it.get("act").is_none())
    {
        done(refused.clone()).map_err(|failure| about(device, failure))?;
    }
    for answer in &answers {
        run.out.json(answer);
    }
    events(run, answers.iter().filter(|it| it.get("act").is_some()));
    more(run, &answers);
    Ok(())
}

/// What happened to a box, newest first as the server tells it.
fn events<'a>(run: &Run<'_>, acts: impl Iterator<Item = &'a Value>) {
    let cells = |act: &Value| {
        let text = |name: &str| act.get(name).and_then(Value::as_str).unwrap_or_default();
        ["time", "act", "state", "who", "reason", "box"].map(|name| text(name).to_owned()).to_vec()
    };
    let lines: Vec<_> = acts.map(cells).collect();
    if lines.is_empty() {
        return;
    }
    run.out.say(&said!("box-history"));
    for line in fields::aligned(&lines) {
        run.out.line(&format!("  {line}"));
    }
}

async fn usage(run: &Run<'_>, args: UsageArgs) -> Result<(), Failure> {
    let members = [
        ("box", args.device.map(|it| it.to_string().into())),
        ("day", args.day.map(|it| it.to_string().into())),
        ("limit", Some(args.limit.into())),
        ("after", args.after.map(Value::String)),
    ];
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    list(run, "usage", given.collect(), &USAGE).await
}

async fn tags(run: &Run<'_>) -> Result<(), Failure> {
    let lines = run.door()?.lines("/v1/boxes/tags", "{}".to_owned()).await?;
    for line in &lines {
        run.out.json(line);
    }
    let rows: Vec<_> = lines.into_iter().filter(|line| line.get("boxes").is_some()).collect();
    if rows.is_empty() {
        run.out.say(&said!("boxes-no-tags"));
    } else {
        fields::table(run, &rows, &["group", "tag", "boxes"]);
    }
    Ok(())
}

fn sought(args: &FindArgs) -> Map<String, Value> {
    let members = [
        ("any", args.any.clone()),
        ("macaddr", args.macaddr.map(|it| it.to_string())),
        ("imei", args.imei.map(|it| it.to_string())),
        ("serial", args.serial.map(|it| it.to_string())),
        ("iccid", args.iccid.map(|it| it.to_string())),
        ("msisdn", args.msisdn.map(|it| it.to_string())),
        ("last", args.last4.clone()),
    ];
    let given = members.into_iter().filter_map(|(name, text)| Some((name, text?)));
    given.map(|(name, text)| (name.to_owned(), Value::String(text))).collect()
}

/// Prints the rows of a verb that lists; the last line, which ends the list, stays for scripts.
async fn list(
    run: &Run<'_>,
    verb: &str,
    sought: Map<String, Value>,
    columns: &[&str],
) -> Result<(), Failure> {
    let body = Value::Object(sought).to_string();
    let lines = run.door()?.lines(&format!("/v1/boxes/{verb}"), body).await?;
    for line in &lines {
        run.out.json(line);
    }
    if let [refused] = lines.as_slice()
        && refused.get("reason").is_some()
    {
        return done(refused.clone()).map(drop);
    }
    let rows: Vec<_> = lines.iter().filter(|line| line.get("box").is_some()).cloned().collect();
    if rows.is_empty() {
        run.out.say(&said!("boxes-none"));
        return Ok(());
    }
    fields::table(run, &rows, columns);
    more(run, &lines);
    Ok(())
}

fn more(run: &Run<'_>, lines: &[Value]) {
    let after = lines.last().and_then(|line| line.get("after")).and_then(Value::as_str);
    if let Some(after) = after {
        run.out.say(&said!("boxes-more", after = after));
    }
}

/// Says of an unknown box which one, where nothing but the box can be unknown.
fn about(device: DeviceId, failure: Failure) -> Failure {
    match failure.outcome() {
        Some(Outcome::CodeUnknown) => {
            failure.worded(said!("box-unknown", device = device.to_string()))
        }
        _ => failure,
    }
}

/// Refuses an answer that is not `OK`.
pub(super) fn done(answer: Value) -> Result<Value, Failure> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let outcome = text("result").and_then(|it| it.parse().ok()).unwrap_or(Outcome::Ok);
    if outcome.is_refusal() {
        return Err(Failure::refused(outcome, text("reason").map(str::to_owned), None));
    }
    Ok(answer)
}

fn changed(run: &Run<'_>, device: DeviceId, state: &str) {
    run.out.say(&said!("box-changed", device = device.to_string(), state = state));
    run.out.json(&json!({ "result": "OK", "box": device.to_string(), "state": state }));
}
