//! `POST /`: one XML command in, one XML answer out.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Request as HttpRequest, StatusCode};
use axum::response::Response;
use protocol::{Activate, Command, Malformed, Outcome, Refused, Request, Role, Verb};
use report::Lane;
use tokio::time::Instant;

use crate::caught::{Panicked, caught};
use crate::exchange::{Exchange, Reply};
use crate::headers::DEADLINE_MS;
use crate::random;
use crate::refusal::{self, Refusal};
use crate::server::Server;
use crate::service::{Answered, Call, Peer, Service};
use crate::tasks::Tasks;
use crate::{body, client_hash};

/// A document's greatest length, in bytes.
///
/// Source: protocol.md §2
const DOCUMENT_LIMIT: usize = 16 * 1024;

/// Answers whatever comes to `/`.
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let mut exchange = Exchange::begin(&*server, Peer(peer));
    let (parts, body) = request.into_parts();
    let document = match document(&server, &parts.headers, body).await {
        Ok(document) => document,
        Err(refusal) => return refuse_document(exchange, &server, refusal).await,
    };
    exchange.bytes_in = document.len();
    match Request::parse(&document) {
        Ok(request) => serve(server, exchange, request, &parts.headers).await,
        Err(malformed) => refuse_malformed(exchange, &server, malformed).await,
    }
}

async fn document<S: Service>(
    server: &Server<S>,
    headers: &HeaderMap,
    body: Body,
) -> Result<bytes::Bytes, Refusal> {
    body::check_xml(headers)?;
    body::read(headers, body, DOCUMENT_LIMIT, server.ctx.config.limits.body_timeout).await
}

async fn refuse_document<S: Service>(
    mut exchange: Exchange,
    server: &Server<S>,
    refusal: Refusal,
) -> Response {
    exchange.client = client_hash::of_address(&server.ctx.keys, exchange.peer);
    let mut reply = Reply::refused(refusal.document());
    reply.status = Some(refusal.status);
    let mut response = exchange.finish(server, reply).await;
    refusal::close_where_unread(refusal.status, &mut response);
    response
}

async fn refuse_malformed<S: Service>(
    mut exchange: Exchange,
    server: &Server<S>,
    malformed: Malformed,
) -> Response {
    exchange.starred = malformed.starred();
    if let Some(bridge) = malformed.bridge.filter(|_given| on_the_hop::<S>(exchange.peer)) {
        exchange.bridge = bridge;
    }
    exchange.client = client_hash::of_address(&server.ctx.keys, exchange.peer);
    if let Some(verb) = malformed.verb {
        exchange.cmd = command_name(verb, exchange.starred);
    }
    let status = StatusCode::from_u16(malformed.status).ok();
    let mut reply = Reply::refused(Refused::from(malformed));
    reply.status = status;
    exchange.finish(server, reply).await
}

/// Serves a command that was understood.
async fn serve<S: Service>(
    server: Arc<Server<S>>,
    mut exchange: Exchange,
    request: Request,
    headers: &HeaderMap,
) -> Response {
    let verb = request.command.verb();
    identify(&mut exchange, &server, &request);
    if let Some(refused) = forbidden(S::ROLE, &request, exchange.peer) {
        return exchange.finish(&server, Reply::refused(refused)).await;
    }
    let deadline = deadline(verb, exchange.arrived, headers);
    exchange.queued = exchange.arrived.elapsed();
    let Some(place) = server.admission.enter() else {
        return shed(exchange, &server, verb, "too many requests at once").await;
    };
    if server.may_not_begin(exchange.lane) {
        return shed(exchange, &server, verb, "nothing can be recorded now").await;
    }
    exchange.inflight = place.of;
    let call = Call {
        request,
        bridge: exchange.bridge,
        client: exchange.client,
        peer: exchange.peer,
        arrived_ms: exchange.at_us.div_euclid(1000),
        deadline,
    };
    let tasks = server.ctx.tasks.clone();
    let work = async move {
        let _place = place;
        let answered = answer(&server, call, verb).await;
        let reply =
            Reply { answer: answered.answer, note: answered.note, status: None, shed: false };
        exchange.finish(&server, reply).await
    };
    whole_where_it_counts::<S>(verb, tasks, work).await
}

/// What changes something for good runs to its end even when the client hangs up in the middle;
/// an AUTH does not pay for a task of its own.
async fn whole_where_it_counts<S: Service>(
    verb: Verb,
    tasks: Tasks,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    if lane(verb) == Lane::Chatter || S::ROLE == Role::Pppx {
        return work.await;
    }
    match tasks.spawn(work).await {
        Ok(response) => response,
        Err(_panicked) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

async fn answer<S: Service>(server: &Server<S>, call: Call, verb: Verb) -> Answered {
    if Instant::now() >= call.deadline {
        return Answered::refused(verb, Outcome::Timeout, "the deadline passed before it began");
    }
    let bridge = call.bridge;
    caught(server.service.answer(call)).await.unwrap_or_else(|Panicked| {
        tracing::error!(%bridge, "the service panicked");
        Answered::refused(verb, Outcome::Failed, "an internal fault; it is in the log")
    })
}

async fn shed<S: Service>(
    exchange: Exchange,
    server: &Server<S>,
    verb: Verb,
    reason: &'static str,
) -> Response {
    let busy = Refused::new(Some(verb), Outcome::Busy);
    let mut reply = Reply::refused(busy.because(reason).retry(random::retry_s()));
    reply.shed = true;
    exchange.finish(server, reply).await
}

/// Takes from the document what identifies the request.
fn identify<S: Service>(exchange: &mut Exchange, server: &Server<S>, request: &Request) {
    let head = &request.head;
    let verb = request.command.verb();
    exchange.cmd = command_name(verb, head.bridge.is_some());
    exchange.sender = Some((head.app, head.version));
    exchange.lane = lane(verb);
    exchange.starred = head.bridge.is_some();
    match head.bridge.filter(|_given| on_the_hop::<S>(exchange.peer)) {
        Some(bridge) => {
            exchange.bridge = bridge;
            exchange.client = head.client;
        }
        None => exchange.client = client_hash::of_address(&server.ctx.keys, exchange.peer),
    }
}

/// Whether a bridge may be believed: it came from a PPPX to a server. A stranger's would let him
/// add rows under another request's bridge.
fn on_the_hop<S: Service>(peer: Peer) -> bool {
    S::ROLE != Role::Pppx && peer.is_loopback()
}

/// Who may not: the rule that holds until each request carries a toki.
///
/// `X*`, CRECORD, INIT and ACTIVATE without a code are taken from this machine alone.
fn forbidden(role: Role, request: &Request, peer: Peer) -> Option<Refused> {
    let verb = request.command.verb();
    let refuse =
        |outcome, reason: &'static str| Some(Refused::new(Some(verb), outcome).because(reason));
    let starred = request.head.bridge.is_some();
    let ours = role == Role::Pppx || Some(role) == verb.role();
    match (starred, role == Role::Pppx) {
        (true, true) => refuse(
            Outcome::Forbidden,
            "a command with a star comes from a PPPX, and goes to a server",
        ),
        (false, false) => refuse(
            Outcome::Malformed,
            "cmd: a server takes commands with a star; send this to PPPX",
        ),
        _ if !ours => refuse(Outcome::Malformed, "cmd: not a command of this server"),
        _ if peer.is_loopback() || !needs_a_name(&request.command, starred) => None,
        _ => refuse(Outcome::Unauthenticated, "this command is taken from this machine alone"),
    }
}

fn needs_a_name(command: &Command, starred: bool) -> bool {
    match command {
        _ if starred => true,
        Command::Init(_) | Command::Crecord(_) | Command::Provision(_) => true,
        Command::Activate(Activate { code, .. }) => code.is_none(),
        Command::Auth(_) | Command::TopUp(_) | Command::Credit(_) => false,
    }
}

/// The deadline from arrival; what PPPX says can only shorten it.
fn deadline(verb: Verb, arrived: Instant, headers: &HeaderMap) -> Instant {
    let own = Duration::from_millis(verb.deadline_ms());
    let left = headers
        .get(DEADLINE_MS)
        .and_then(|left| left.to_str().ok())
        .and_then(|left| left.parse().ok())
        .map_or(own, Duration::from_millis);
    arrived + own.min(left)
}

fn lane(verb: Verb) -> Lane {
    match verb {
        Verb::Init | Verb::Auth | Verb::Provision => Lane::Chatter,
        Verb::Crecord | Verb::Activate | Verb::TopUp | Verb::Credit => Lane::Money,
    }
}

fn command_name(verb: Verb, starred: bool) -> Cow<'static, str> {
    let name = match (verb, starred) {
        (Verb::Auth, true) => "AUTH*",
        (Verb::TopUp, true) => "TOPUP*",
        (Verb::Init, true) => "INIT*",
        (_, true) => return format!("{}*", verb.name()).into(),
        (_, false) => verb.name(),
    };
    name.into()
}

#[cfg(test)]
mod tests;
