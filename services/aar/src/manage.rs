//! `POST /v1/<noun>/<verb>`: what people do with boxes and principals through the tool and the
//! console.
//!
//! Source: protocol.md §7 (Management)

mod change;
mod fields;
mod look;
mod principals;
mod view;

use chassis::{ManageCall, Managed};
use protocol::{Outcome, Rights};
use serde_json::{Value, json};
use store::Act;

use crate::desk::{Asker, Desk};
use crate::error;

/// What became of a verb: an answer, a refusal of the request, or a fault.
type Done = Result<Result<Managed, Malformed>, error::Error>;

/// What is wrong with a request: it names the element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// Does one verb for somebody who may, and has these rights.
pub(crate) async fn manage(desk: &Desk<'_>, call: &ManageCall, rights: Rights) -> Managed {
    match dispatch(desk, call, rights).await {
        Ok(Ok(managed)) => managed,
        Ok(Err(Malformed(reason))) => Managed::problem(Outcome::Malformed, reason),
        Err(error) => error::managed(&error, call.bridge),
    }
}

async fn dispatch(desk: &Desk<'_>, call: &ManageCall, rights: Rights) -> Done {
    let asker = Asker { principal: call.principal, client: call.client };
    let act = match (call.noun.as_str(), call.verb.as_str()) {
        ("boxes", "list") => return look::list(desk, &call.body).await,
        ("boxes", "show") => return look::show(desk, &call.body).await,
        ("boxes", "find") => return look::find(desk, &call.body).await,
        ("boxes", "suspend") => Act::Suspend,
        ("boxes", "resume") => Act::Resume,
        ("boxes", "retire") => Act::Retire,
        ("boxes", "stolen") => Act::Stolen,
        ("principals", "list") => return principals::list(desk, &call.body).await,
        ("principals", "add") => return principals::add(desk, &call.body, asker).await,
        ("principals", "revoke") => return principals::revoke(desk, &call.body, asker).await,
        ("principals", "rotate") => return principals::rotate(desk, &call.body, asker).await,
        _ => return Ok(Ok(Managed::unknown())),
    };
    change::change(desk, &call.body, act, (asker, rights)).await
}

/// A refusal that is an answer: 200, with the result word and a sentence.
fn refused(outcome: Outcome, reason: &str) -> Managed {
    Managed::json(outcome, json!({ "result": outcome.as_str(), "reason": reason }))
}

fn no_such_box() -> Managed {
    refused(Outcome::CodeUnknown, "no such box")
}

fn several_boxes() -> Managed {
    refused(Outcome::MacNotUnique, "several boxes are named so: send the box")
}

/// Rows of a list, then its end.
fn lines(rows: &[Value], after: Option<Value>) -> Managed {
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.to_string());
        text.push('\n');
    }
    let end =
        after.map_or_else(|| json!({ "end": true }), |it| json!({ "end": true, "after": it }));
    text.push_str(&end.to_string());
    text.push('\n');
    Managed::lines(Outcome::Ok, text.into())
}

#[cfg(test)]
mod tests;
