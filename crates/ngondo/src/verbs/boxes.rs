//! `boxes`: what boxes there are, and their states.

use protocol::{Activate, Command, DeviceId, Outcome, RequestId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Run, fields};
use crate::cli::{BoxesVerb, ChangeArgs, FindArgs};
use crate::error::Failure;
use crate::said;

/// What a list of boxes shows.
const COLUMNS: [&str; 4] = ["box", "state", "until", "label"];

/// Does one verb on boxes.
pub(super) async fn run(run: &Run<'_>, verb: BoxesVerb) -> Result<(), Failure> {
    match verb {
        BoxesVerb::List { state, limit, after } => {
            let after = after.map(|it| it.to_string());
            list(run, "list", json!({ "state": state, "limit": limit, "after": after })).await
        }
        BoxesVerb::Show { which } => {
            let path = "/v1/boxes/show";
            let sought = json!({ "box": which.device.to_string() });
            let shown = run.door()?.manage(path, &sought).await.and_then(done);
            let shown = shown.map_err(|failure| about(which.device, failure))?;
            run.out.json(&shown);
            fields::show(run, &shown);
            history(run, &shown);
            Ok(())
        }
        BoxesVerb::Find(args) => list(run, "find", sought(&args)).await,
        BoxesVerb::Activate { which, code, until, subscriber, msisdn } => {
            let device = Some(which.device);
            let request = Some(RequestId::from_uuid(Uuid::new_v4()));
            let activate = Activate {
                device,
                code,
                until,
                subscriber,
                msisdn,
                request,
                ..Activate::default()
            };
            activate_one(run, which.device, activate).await
        }
        BoxesVerb::Suspend(args) => change(run, "suspend", args).await,
        BoxesVerb::Resume(args) => change(run, "resume", args).await,
        BoxesVerb::Retire(args) => change(run, "retire", args).await,
        BoxesVerb::Stolen(args) => change(run, "stolen", args).await,
    }
}

/// What happened to a box, newest first as the server tells it.
fn history(run: &Run<'_>, shown: &Value) {
    let acts = shown.get("history").and_then(Value::as_array).into_iter().flatten();
    let cells = |act: &Value| {
        let text = |name: &str| act.get(name).and_then(Value::as_str).unwrap_or_default();
        ["time", "act", "state", "who", "reason"].map(|name| text(name).to_owned()).to_vec()
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

fn sought(args: &FindArgs) -> Value {
    let mut by = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            by.insert(name.to_owned(), Value::String(value));
        }
    };
    put("macaddr", args.macaddr.map(|it| it.to_string()));
    put("imei", args.imei.map(|it| it.to_string()));
    put("serial", args.serial.map(|it| it.to_string()));
    put("last", args.last4.clone());
    Value::Object(by)
}

/// Prints the rows of a verb that lists; the last line, which ends the list, stays for scripts.
async fn list(run: &Run<'_>, verb: &str, filter: Value) -> Result<(), Failure> {
    let given: Map<_, _> = filter
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let body = Value::Object(given).to_string();
    let lines = run.door()?.lines(&format!("/v1/boxes/{verb}"), body).await?;
    for line in &lines {
        run.out.json(line);
    }
    let rows: Vec<_> = lines.iter().filter(|line| line.get("box").is_some()).cloned().collect();
    if rows.is_empty() {
        run.out.say(&said!("boxes-none"));
        return Ok(());
    }
    fields::table(run, &rows, &COLUMNS);
    let after = lines.last().and_then(|line| line.get("after")).and_then(Value::as_str);
    if let Some(after) = after {
        run.out.say(&said!("boxes-more", after = after));
    }
    Ok(())
}

async fn activate_one(run: &Run<'_>, device: DeviceId, activate: Activate) -> Result<(), Failure> {
    let by_code = activate.code.is_some();
    let answer = run.door()?.command(Command::Activate(activate)).await?;
    if answer.outcome().is_refusal() {
        let failure = Failure::of(&answer);
        return Err(if by_code { failure } else { about(device, failure) });
    }
    changed(run, device, "active");
    Ok(())
}

async fn change(run: &Run<'_>, verb: &str, args: ChangeArgs) -> Result<(), Failure> {
    let device = args.which.device;
    let begun = run.journal()?.begin(&format!("box-{verb}"), &device.to_string())?;
    let mut body = json!({ "request": begun.request.to_string(), "box": device.to_string() });
    if let (Some(reason), Some(body)) = (args.reason, body.as_object_mut()) {
        body.insert("reason".to_owned(), Value::String(reason));
    }
    let answered = run.door()?.manage(&format!("/v1/boxes/{verb}"), &body).await;
    // Whatever was answered, it was answered; without an answer the same request is sent again.
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    let answer = answered.and_then(done).map_err(|failure| about(device, failure))?;
    let state = answer.get("state").and_then(Value::as_str).unwrap_or(verb).to_owned();
    changed(run, device, &state);
    Ok(())
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
