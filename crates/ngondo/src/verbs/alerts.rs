//! `alerts`: what somebody should look at.

use protocol::Outcome;
use serde_json::{Value, json};

use super::boxes::done;
use super::{Run, fields, numbered};
use crate::cli::AlertsVerb;
use crate::error::Failure;
use crate::said;
use crate::text::Said;

/// What a list of alerts shows.
const COLUMNS: [&str; 5] = ["number", "last", "times", "subject", "what"];

/// Does one verb on alerts.
pub(super) async fn run(run: &Run<'_>, verb: AlertsVerb) -> Result<(), Failure> {
    match verb {
        AlertsVerb::List { all, page } => {
            let filter = json!({ "state": if all { "all" } else { "open" } });
            let mut rows = numbered::page(run, "/v1/alerts/list", filter, &page).await?;
            if rows.is_empty() {
                run.out.say(&said!("alerts-none"));
                return Ok(());
            }
            for row in &mut rows {
                let what = run.out.words().say(&what(row));
                if let Some(members) = row.as_object_mut() {
                    members.insert("what".to_owned(), what.into());
                }
            }
            fields::table(run, &rows, &COLUMNS);
            numbered::more(run, &rows, &page);
            Ok(())
        }
        AlertsVerb::Ack { number } => ack(run, number).await,
    }
}

async fn ack(run: &Run<'_>, number: u32) -> Result<(), Failure> {
    let begun = run.journal()?.begin("alert-ack", &number.to_string())?;
    let body = json!({ "request": begun.request.to_string(), "number": number });
    let answered = run.door()?.manage("/v1/alerts/ack", &body).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    let answer = answered.and_then(done).map_err(|failure| match failure.outcome() {
        Some(Outcome::CodeUnknown) => {
            failure.worded(said!("alert-unknown", number = number_of(number)))
        }
        Some(Outcome::AlreadyRecorded) => {
            failure.worded(said!("alert-before", number = number_of(number)))
        }
        _ => failure,
    })?;
    run.out.json(&answer);
    run.out.say(&said!("alert-acked", number = number_of(number)));
    Ok(())
}

/// A number as a text: it chooses no plural.
fn number_of(number: u32) -> String {
    number.to_string()
}

/// What an alert is about, in words.
fn what(row: &Value) -> Said {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let figure = |name: &str| {
        row.get("detail").and_then(|it| it.get(name)).map(ToString::to_string).unwrap_or_default()
    };
    match text("kind") {
        "stock_low" => said!("alert-stock-low", free = figure("spare"), low = figure("low")),
        "wrong_codes" => said!("alert-wrong-codes", wrong = figure("wrong"), all = figure("all")),
        "crowd" => said!("alert-crowd", limit = figure("limit")),
        "identity" => said!("alert-identity"),
        "counter" => said!("alert-counter"),
        "places" => said!("alert-places"),
        kind => said!("cause-detail", raw = kind),
    }
}
