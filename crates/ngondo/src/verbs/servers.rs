//! `servers`: what the LBs say of each server, and what an operator says.

use protocol::{Instance, Label, Outcome, ServerState};
use serde_json::{Value, json};

use super::boxes::done;
use super::{Run, fields, status};
use crate::cli::{ServersVerb, TakeArgs};
use crate::error::Failure;
use crate::said;

/// What a list of servers shows.
const COLUMNS: [&str; 8] =
    ["instance", "role", "place", "state", "weight", "addr", "last_beat", "epoch"];
/// The figures of a server, in the order in which `why` shows them.
const FIGURES: [&str; 15] = [
    "instance",
    "role",
    "place",
    "addr",
    "state",
    "since",
    "why",
    "heard_s",
    "weight",
    "listed_weight",
    "score",
    "rate",
    "util",
    "errors",
    "first_for",
];
const CELL: [&str; 8] =
    ["time", "rows", "errors", "queue_us", "service_us", "inflight", "limit", "cpu_permille"];

/// Does one verb on servers.
pub(super) async fn run(run: &Run<'_>, verb: ServersVerb) -> Result<(), Failure> {
    match verb {
        ServersVerb::List => list(run).await,
        ServersVerb::Drain(args) => take(run, ServerState::Drain, args).await,
        ServersVerb::Maintenance(args) => take(run, ServerState::Maintenance, args).await,
        ServersVerb::Ready { server, reason } => {
            take(run, ServerState::Ready, TakeArgs { server, reason, force: false }).await
        }
        ServersVerb::Why { server } => why(run, server).await,
        ServersVerb::Thaw => thaw(run).await,
    }
}

async fn list(run: &Run<'_>) -> Result<(), Failure> {
    let mut rows = run.door()?.lines("/v1/servers/list", "{}".to_owned()).await?;
    rows.retain(|row| row.get("instance").is_some());
    for row in &rows {
        run.out.json(row);
    }
    fields::table(run, &rows, &COLUMNS);
    Ok(())
}

async fn take(run: &Run<'_>, state: ServerState, args: TakeArgs) -> Result<(), Failure> {
    let TakeArgs { server, reason, force } = args;
    let begun = run.journal()?.begin(&format!("server-{state}"), server.as_str())?;
    let mut body = json!({ "request": begun.request.to_string(), "instance": server.as_str() });
    if let (Some(reason), Some(members)) = (&reason, body.as_object_mut()) {
        members.insert("reason".to_owned(), Label::as_str(reason).into());
    }
    if let (true, Some(members)) = (force, body.as_object_mut()) {
        members.insert("force".to_owned(), true.into());
    }
    let answered = run.door()?.manage(&format!("/v1/servers/{state}"), &body).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    let answer = answered.and_then(done).map_err(|failure| worded(failure, server))?;
    run.out.json(&answer);
    run.out.say(&said!("server-ruled", server = server.as_str(), state = state.as_str()));
    Ok(())
}

/// What a refusal means where it is about a server.
fn worded(failure: Failure, server: Instance) -> Failure {
    match failure.outcome() {
        Some(Outcome::CodeUnknown) => {
            failure.worded(said!("server-unknown", server = server.as_str()))
        }
        Some(Outcome::Suspended) => failure.worded(said!("server-last", server = server.as_str())),
        _ => failure,
    }
}

async fn thaw(run: &Run<'_>) -> Result<(), Failure> {
    let begun = run.journal()?.begin("servers-thaw", "")?;
    let body = json!({ "request": begun.request.to_string() });
    let answered = run.door()?.manage("/v1/servers/thaw", &body).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    let answer = answered.and_then(done)?;
    run.out.json(&answer);
    let ended = answer.get("ended").and_then(Value::as_array).map_or(0, Vec::len);
    run.out.say(&if ended == 0 { said!("server-not-frozen") } else { said!("server-thawed") });
    Ok(())
}

async fn why(run: &Run<'_>, server: Option<Instance>) -> Result<(), Failure> {
    let body = server.map_or_else(|| json!({}), |it| json!({ "instance": it.as_str() }));
    let answered = run.door()?.manage("/v1/servers/why", &body).await.and_then(done);
    let answer = answered.map_err(|failure| match server {
        Some(server) => worded(failure, server),
        None => failure,
    })?;
    run.out.json(&answer);
    status::head(run, &answer);
    for row in status::members(&answer, "servers") {
        run.out.line("");
        let mut shown = Vec::new();
        for name in FIGURES {
            let value = row.get(name).unwrap_or(&Value::Null);
            let text = if name == "why" {
                status::why(run, value.as_str().unwrap_or_default())
            } else {
                status::text(value)
            };
            if !text.is_empty() {
                shown.push(vec![fields::name_of(name, run.out.words()), text]);
            }
        }
        for line in fields::aligned(&shown) {
            run.out.line(&line);
        }
        let cells: Vec<Value> = status::members(row, "cells").to_vec();
        if !cells.is_empty() {
            fields::table(run, &cells, &CELL);
        }
    }
    Ok(())
}
