//! The way to a server and back: `X` becomes `X*`, `R-X*` becomes an answer.

use bytes::Bytes;
use chassis::headers::DEADLINE_MS;
use chassis::{Answered, Call, Context, Note};
use client::{Ask, AskError, Endpoint, Got, Retry};
use http::HeaderValue;
use protocol::{Answer, Outcome, Pair, Request, Response, Role, Verb};
use tokio::time::Instant;

/// A server's answer is a document, so it keeps a document's limit.
const ANSWER_LIMIT: usize = 16 * 1024;

/// The request as a server gets it: everything of the client's, our bridge, who asks as we know it.
///
/// A principal that came from outside ends here, and a client that came from nobody with the right
/// `relay`.
///
/// Source: protocol.md §3
pub(crate) fn starred(call: &Call) -> Request {
    call.request.clone().star(call.bridge, call.principal, call.client)
}

/// The request as it is sent, with what is left of its time.
pub(crate) fn ask(request: &Request, deadline: Instant) -> Ask {
    let mut document = String::with_capacity(512);
    request.print(&mut document);
    Ask {
        method: client::Method::POST,
        path: "/".to_owned(),
        content_type: HeaderValue::from_static("application/xml; charset=utf-8"),
        headers: vec![(DEADLINE_MS, left_ms(deadline))],
        body: Bytes::from(document),
        deadline,
        retry: Retry::Safe,
        answer_limit: ANSWER_LIMIT,
    }
}

/// Asks a role's servers. One that answers garbage has failed, so its twin is asked.
pub(crate) async fn send(ctx: &Context, role: Role, call: &Call) -> Answered {
    let known = ctx.map.load();
    let pair = known.endpoints(role);
    let ask = ask(&starred(call), call.deadline);
    let got = match ctx.client.ask(pair, &ask).await {
        Ok(got) => got,
        Err(error) => return unanswered(call.verb(), error),
    };
    match read(&got, call) {
        Some(answer) => answered(answer, &got),
        None => after_garbage(ctx, pair, &ask, (call, got)).await,
    }
}

/// Asks the twin of a server that answered garbage, where it was not the one asked last.
async fn after_garbage(
    ctx: &Context,
    pair: &Pair<Option<Endpoint>>,
    ask: &Ask,
    (call, garbage): (&Call, Got),
) -> Answered {
    let twin = pair.present().find(|endpoint| endpoint.addr != garbage.addr);
    if let Some(twin) = twin.filter(|_| garbage.attempts == 1)
        && let Ok(mut got) = ctx.client.ask_one(twin, ask).await
        && let Some(answer) = read(&got, call)
    {
        got.attempts += garbage.attempts;
        return answered(answer, &got);
    }
    let failed = Answer::refused(call.verb(), Outcome::Failed);
    answered(failed, &garbage)
}

/// The answer in a server's document, where it is one to this request.
pub(crate) fn read(got: &Got, call: &Call) -> Option<Answer> {
    let response = Response::parse(&got.body).ok().filter(|response| fits(response, got, call));
    if response.is_none() {
        tracing::error!(
            bridge = %call.bridge, peer = %got.addr, status = got.status, bytes = got.body.len(),
            "this is no answer to what was asked"
        );
    }
    response.map(|response| own(response.answer, call))
}

/// Whether an answer is `R-X*` of our `X*`, under our bridge, with the status of its result.
fn fits(response: &Response, got: &Got, call: &Call) -> bool {
    let refused = matches!(response.answer, Answer::Refused(_));
    let verb = response.answer.verb();
    let of_the_command = verb == Some(call.verb()) || (verb.is_none() && refused);
    let processed = response.answer.outcome().http_status() == 200;
    of_the_command
        && !matches!(response.answer, Answer::Key(_))
        && (response.head.bridge == Some(call.bridge) || verb.is_none())
        && processed == (got.status == 200)
}

/// The answer as it goes out: R-INIT keeps the bridge, a refusal names the client's command.
fn own(mut answer: Answer, call: &Call) -> Answer {
    match &mut answer {
        Answer::Init(init) => init.bridge = Some(call.bridge),
        Answer::Refused(refused) => refused.verb = Some(call.verb()),
        _ => {}
    }
    answer
}

/// An answer and who gave it.
pub(crate) fn answered(answer: Answer, got: &Got) -> Answered {
    let note = Note { upstream: got.from, attempts: got.attempts, ..Note::default() };
    Answered { answer, note }
}

/// What a client learns where no server answered.
///
/// Source: protocol.md §1 (`BUSY`, `TIMEOUT`)
pub(crate) fn unanswered(verb: Verb, error: AskError) -> Answered {
    match error {
        AskError::NoServer
        | AskError::Resting
        | AskError::Unreachable
        | AskError::Lost
        | AskError::NoKey(_)
        | AskError::Refused(_)
        | AskError::Unproven => Answered::busy(verb, "no server answers now"),
        AskError::Timeout => {
            Answered::refused(verb, Outcome::Timeout, "no server answered in time")
        }
    }
}

/// What is left until `deadline`, as the header says it.
pub(crate) fn left_ms(deadline: Instant) -> HeaderValue {
    let left = deadline.saturating_duration_since(Instant::now());
    HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
}
