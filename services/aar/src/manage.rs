//! `POST /v1/<noun>/<verb>`: what people do with boxes and principals through the tool and the
//! console.
//!
//! Source: protocol.md §7 (Management)

mod alerts;
mod audit;
mod change;
mod days;
mod look;
mod principals;
mod replace;
mod view;
mod wish;

use chassis::fields::{Malformed, list};
use chassis::{ManageCall, Managed};
use protocol::Outcome;
use serde_json::{Value, json};
use store::Act;

use crate::desk::{Asker, Desk};
use crate::error;
use crate::manage::wish::Kind;

/// What became of a verb: an answer, a refusal of the request, or a fault.
type Done = Result<Result<Managed, Malformed>, error::Error>;

/// The status of a change that somebody else was quicker with.
const CONFLICT: u16 = 409;

/// Does one verb for somebody who may.
pub(crate) async fn manage(desk: &Desk<'_>, call: &ManageCall) -> Managed {
    match dispatch(desk, call).await {
        Ok(Ok(managed)) => managed,
        Ok(Err(Malformed(reason))) => Managed::problem(Outcome::Malformed, reason),
        Err(error) => error::managed(&error, call.bridge),
    }
}

async fn dispatch(desk: &Desk<'_>, call: &ManageCall) -> Done {
    let kind = match (call.noun.as_str(), call.verb.as_str()) {
        ("boxes", "list") => return look::list(desk, &call.body, look::PAGE).await,
        ("boxes", "export") => return look::list(desk, &call.body, look::EXPORT).await,
        ("boxes", "show") => return look::show(desk, &call.body).await,
        ("boxes", "find") => return look::find(desk, &call.body).await,
        ("boxes", "history") => return days::history(desk, &call.body).await,
        ("boxes", "usage") => return days::usage(desk, &call.body).await,
        ("boxes", "tags") => return Ok(Ok(look::tags(desk))),
        ("boxes", "replace") => return replace::replace(desk, call).await,
        ("principals", "list") => return principals::list(desk, &call.body).await,
        ("principals", "add") => return principals::add(desk, &call.body, Asker::of(call)).await,
        ("principals", "revoke") => {
            return principals::revoke(desk, &call.body, Asker::of(call)).await;
        }
        ("principals", "rotate") => {
            return principals::rotate(desk, &call.body, Asker::of(call)).await;
        }
        ("audit", "list") => return audit::list(desk, &call.body).await,
        ("audit", "verify") => return audit::verify(desk, &call.body).await,
        ("alerts", "list") => return alerts::list(desk, &call.body).await,
        ("alerts", "ack") => return alerts::ack(desk, call).await,
        ("boxes", "suspend") => Kind::State(Act::Suspend),
        ("boxes", "resume") => Kind::State(Act::Resume),
        ("boxes", "retire") => Kind::State(Act::Retire),
        ("boxes", "stolen") => Kind::State(Act::Stolen),
        ("boxes", "until") => Kind::Until,
        ("boxes", "tag") => Kind::Tag,
        ("boxes", "delete") => Kind::Delete,
        _ => return Ok(Ok(Managed::unknown())),
    };
    change::change(desk, call, kind).await
}

/// A refusal that is an answer: 200, with the result word and a sentence.
fn refused(outcome: Outcome, reason: &str) -> Managed {
    Managed::json(outcome, json!({ "result": outcome.as_str(), "reason": reason }))
}

/// Somebody else was quicker: nothing was done.
fn conflict(reason: &str) -> Managed {
    Managed { status: CONFLICT, ..Managed::problem(Outcome::Malformed, reason) }
}

fn no_such_box() -> Managed {
    refused(Outcome::CodeUnknown, "no such box")
}

fn several_boxes() -> Managed {
    refused(Outcome::MacNotUnique, "several boxes are named so: send the box")
}

/// Rows of a list, then its end.
fn lines(rows: &[Value], after: Option<Value>) -> Managed {
    Managed::lines(Outcome::Ok, list(rows, after))
}

#[cfg(test)]
mod tests;
