//! `POST /`: one XML command in, one XML answer out.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Request as HttpRequest, StatusCode};
use axum::response::Response;
use protocol::{Command, Malformed, Outcome, Refused, Request, Right, Role, Verb, matrix};
use report::Lane;
use tokio::time::Instant;

use crate::admit::{self, Turned};
use crate::arrive::{Arrived, arrive};
use crate::body::{self, Limits};
use crate::caught::{Panicked, caught};
use crate::exchange::{Exchange, Reply};
use crate::headers::DEADLINE_MS;
use crate::random;
use crate::refusal::{self, Refusal};
use crate::rights::{Asker, Denied};
use crate::server::Server;
use crate::service::{Answered, Call, Peer, Service};
use crate::tasks::Tasks;

/// A document's greatest length, in bytes.
///
/// Source: protocol.md §2
pub(crate) const DOCUMENT_LIMIT: usize = 16 * 1024;

/// Answers whatever comes to `/`.
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let timeout = server.ctx.config.limits.body_timeout;
    let limits = Limits { length: DOCUMENT_LIMIT, timeout };
    let Arrived { exchange, head, body } = arrive(&server, Peer(peer), request, limits).await;
    let document = body.and_then(|it| body::check_xml(&head.headers).map(|()| it));
    match document.map(|document| Request::parse(&document)) {
        Ok(Ok(request)) => serve(server, exchange, request, &head.headers).await,
        Ok(Err(malformed)) => refuse_malformed(exchange, &server, malformed).await,
        Err(refusal) => refuse_document(exchange, &server, refusal).await,
    }
}

async fn refuse_document<S: Service>(
    exchange: Exchange,
    server: &Server<S>,
    refusal: Refusal,
) -> Response {
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
    // A stranger's bridge would add a row to another request's.
    if let (Some(bridge), Ok(sender)) = (malformed.bridge, server.sender(&exchange))
        && malformed.verb.is_some_and(|verb| sender.may(matrix::hop(verb)).is_ok())
    {
        exchange.bridge = bridge;
    }
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
    identify(&mut exchange, &request);
    let asker = match asker(&mut exchange, &server, &request) {
        Ok(asker) => asker,
        Err(denied) => {
            let refused = denied.document(Some(verb));
            return exchange.finish(&server, Reply::refused(refused)).await;
        }
    };
    let deadline = deadline(verb, exchange.arrived, headers);
    let entered = server.admission.enter(admit::lane_of(verb), deadline).await;
    exchange.queued = exchange.arrived.elapsed();
    let place = match entered {
        Ok(place) => place,
        Err(turned) => return turn_away(exchange, &server, verb, turned).await,
    };
    if server.may_not_begin(exchange.lane) {
        let reason = "nothing can be recorded now";
        return shed(exchange, &server, verb, (reason, random::retry_s())).await;
    }
    exchange.crowd = Some(place.crowd);
    let call = Call {
        request,
        bridge: exchange.bridge,
        principal: asker.name,
        client: exchange.client,
        peer: exchange.peer,
        arrived_ms: exchange.at_us.div_euclid(1000),
        deadline,
    };
    let tasks = server.ctx.tasks.clone();
    let work = async move {
        let answered = answer(&server, call, verb).await;
        let reply =
            Reply { answer: answered.answer, note: answered.note, status: None, shed: false };
        let response = exchange.finish(&server, reply).await;
        place.served(verb);
        response
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
    let bridge = call.bridge;
    caught(server.service.answer(call)).await.unwrap_or_else(|Panicked| {
        tracing::error!(%bridge, "the service panicked");
        Answered::refused(verb, Outcome::Failed, "an internal fault; it is in the log")
    })
}

/// Nothing was begun. Its row is not waited for on the disk, whatever was asked: refusing must cost
/// less than serving.
async fn turn_away<S: Service>(
    mut exchange: Exchange,
    server: &Server<S>,
    verb: Verb,
    turned: Turned,
) -> Response {
    exchange.lane = Lane::Chatter;
    match turned {
        Turned::Busy { retry_s } => {
            shed(exchange, server, verb, ("too many requests at once", retry_s)).await
        }
        Turned::Late => {
            let late = Refused::new(Some(verb), Outcome::Timeout);
            let late = late.because("the deadline passed before it began");
            exchange.finish(server, Reply::refused(late)).await
        }
    }
}

async fn shed<S: Service>(
    exchange: Exchange,
    server: &Server<S>,
    verb: Verb,
    (reason, retry_s): (&'static str, u32),
) -> Response {
    let busy = Refused::new(Some(verb), Outcome::Busy);
    let mut reply = Reply::refused(busy.because(reason).retry(retry_s));
    reply.shed = true;
    exchange.finish(server, reply).await
}

/// Takes from the document what the report says of it.
fn identify(exchange: &mut Exchange, request: &Request) {
    let head = &request.head;
    let verb = request.command.verb();
    exchange.cmd = command_name(verb, head.bridge.is_some());
    exchange.sender = Some((head.app, head.version));
    exchange.lane = lane(verb);
    exchange.starred = head.bridge.is_some();
}

/// Who asks, where he may; what only a PPPX or a relay may say is believed of them alone.
///
/// Source: protocol.md §3
fn asker<S: Service>(
    exchange: &mut Exchange,
    server: &Server<S>,
    request: &Request,
) -> Result<Asker, Denied> {
    let head = &request.head;
    let verb = request.command.verb();
    let sender = server.sender(exchange)?;
    let deed = request.command.deed();
    let asker = match (head.bridge, S::ROLE) {
        (Some(_), Role::Pppx) => {
            let reason = "a command with a star comes from a PPPX, and goes to a server";
            return Err(Denied::new(Outcome::Forbidden, reason));
        }
        (None, Role::Pppx) => {
            if sender.has(Right::Relay) && head.client.is_some() {
                exchange.client = head.client;
            }
            sender
        }
        (None, _) => {
            deed.map_or(Ok(()), |deed| sender.may(deed.needs))?;
            let reason = "cmd: a server takes commands with a star; send this to PPPX";
            return Err(Denied::new(Outcome::Malformed, reason));
        }
        (Some(bridge), _) => {
            sender.may(matrix::hop(verb))?;
            (exchange.bridge, exchange.client) = (bridge, head.client);
            match (&head.principal, verb) {
                // A PPPX and the twin LB ask for themselves.
                (None, Verb::Init) => sender,
                (principal, _) => server.behind(principal.as_ref())?,
            }
        }
    };
    if S::ROLE != Role::Pppx && Some(S::ROLE) != verb.role() {
        return Err(Denied::new(Outcome::Malformed, "cmd: not a command of this server"));
    }
    deed.map_or(Ok(()), |deed| asker.may(deed.needs))?;
    if let Command::Init(init) = &request.command {
        asker.is_who_it_says(init)?;
    }
    Ok(asker)
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
