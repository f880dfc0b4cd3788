//! The management interface: `POST /v1/<noun>/<verb>` is passed to the role that does it.

use std::time::Duration;

use chassis::headers::{BRIDGE, CLIENT, DEADLINE_MS};
use chassis::{Context, ManageCall, Managed, ManagedBody, Note};
use client::{Ask, AskError, Got};
use http::{HeaderName, HeaderValue};
use protocol::Outcome;
use protocol::matrix::{self, Deed};
use serde::Deserialize;
use tokio::time::Instant;

use crate::route;

/// The most that goes in or out: a list or an import.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
const PRINCIPAL: HeaderName = HeaderName::from_static("ngondo-principal");

/// Passes a call on, and its answer back as it came.
///
/// Source: protocol.md §7
pub(crate) async fn pass(ctx: &Context, call: &ManageCall) -> Managed {
    let Some(deed) = matrix::verb(&call.noun, &call.verb) else { return Managed::unknown() };
    let known = ctx.map.load();
    match ctx.client.ask(known.endpoints(deed.role), &ask(deed, call)).await {
        Ok(got) => passed(got),
        Err(AskError::Timeout) => Managed::problem(Outcome::Timeout, "no server answered in time"),
        Err(
            AskError::NoServer | AskError::Resting | AskError::Unreachable | AskError::NoKey(_),
        ) => Managed::problem(Outcome::Busy, "no server answers now"),
        Err(AskError::Lost | AskError::Refused(_) | AskError::Unproven) => {
            Managed::problem(Outcome::Busy, "the answer was lost: it may have been done")
        }
    }
}

fn ask(deed: &Deed, call: &ManageCall) -> Ask {
    let mut path = format!("/v1/{}/{}", call.noun, call.verb);
    if !call.query.is_empty() {
        path.push('?');
        path.push_str(&call.query);
    }
    let json = HeaderValue::from_static("application/json");
    Ask {
        method: client::Method::POST,
        path,
        content_type: HeaderValue::from_str(&call.content_type)
            .ok()
            .filter(|it| !it.is_empty())
            .unwrap_or(json),
        headers: headers(call),
        body: call.body.clone(),
        deadline: call.deadline,
        retry: route::retry_of(deed, &call.body),
        answer_limit: BODY_LIMIT,
    }
}

/// What the server believes of who asks; whatever the client sent under these names ended at us.
fn headers(call: &ManageCall) -> Vec<(HeaderName, HeaderValue)> {
    let said = [
        (BRIDGE, Some(call.bridge.to_string())),
        (CLIENT, call.client.map(|client| client.to_string())),
        (PRINCIPAL, call.principal.map(|principal| principal.to_string())),
    ];
    let said = said
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value?).ok()?)));
    let told = told(call.deadline.saturating_duration_since(Instant::now()));
    let told_ms = u64::try_from(told.as_millis()).unwrap_or(u64::MAX);
    said.chain([(DEADLINE_MS, HeaderValue::from(told_ms))]).collect()
}

/// What a server is told of its time, which is half of what is left, since its twin may need the other
/// half: after it no part of a long job is begun, so that the last one ends, and the answer, which says
/// how far the job came, arrives while somebody waits.
fn told(left: Duration) -> Duration {
    left / 2 * 7 / 10
}

fn passed(got: Got) -> Managed {
    let note = Note { upstream: got.from, attempts: got.attempts, ..Note::default() };
    let outcome = outcome_of(&got);
    let Got { status, content_type, body, retry_after_s: retry_s, .. } = got;
    let body = ManagedBody::Passed { content_type, body, retry_s };
    Managed { status, outcome, body, note }
}

/// The result word for the report: the answer's own, else what its status means.
fn outcome_of(got: &Got) -> Outcome {
    #[derive(Deserialize)]
    struct Word {
        result: Option<String>,
    }
    let mut objects = serde_json::Deserializer::from_slice(&got.body).into_iter::<Word>();
    let word = match objects.next() {
        Some(Ok(Word { result })) => result.and_then(|word| word.parse().ok()),
        Some(Err(_)) | None => None,
    };
    word.unwrap_or_else(|| of_status(got.status))
}

fn of_status(status: u16) -> Outcome {
    let same = Outcome::ALL.iter().find(|outcome| outcome.http_status() == status);
    match (same, status) {
        (Some(outcome), _) => *outcome,
        (None, 400..=499) => Outcome::Malformed,
        (None, _) => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_ends_before_its_twin_is_asked() {
        assert_eq!(told(Duration::from_secs(5)), Duration::from_millis(1_750));
        assert_eq!(told(Duration::ZERO), Duration::ZERO);
    }
}
