//! `POST /v1/<noun>/<verb>`: what people do through the tool and the console.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::response::Response;
use protocol::matrix::{self, Deed};
use protocol::{Bridge, Client, Outcome, PrincipalName, Right, Role};
use report::Lane;
use serde_json::json;
use tokio::time::Instant;

use crate::admit::{self, Turned};
use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::caught::{Panicked, caught};
use crate::exchange::Exchange;
use crate::headers::{BRIDGE, CLIENT, DEADLINE_MS, PRINCIPAL, SHED, text};
use crate::refusal::Refusal;
use crate::rights::{Asker, Denied};
use crate::server::Server;
use crate::service::{ManageCall, Managed, ManagedBody, Peer, Service};
use crate::{client_hash, proof};

/// The greatest length of a management request, in bytes.
///
/// Source: protocol.md §7
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// How long a management request's body may take: 16 MiB over a shop's uplink.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// From the whole body to the answer.
///
/// Source: protocol.md §1
const DEADLINE: Duration = Duration::from_secs(5);

/// Answers one verb of the management interface.
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path((noun, verb)): Path<(String, String)>,
    request: HttpRequest<Body>,
) -> Response {
    let deed = matrix::verb(&noun, &verb);
    let cmd = deed.map_or_else(|| name(&noun, &verb).into(), |deed| deed.name.into());
    let lane = if deed.is_some_and(|deed| deed.reads) { Lane::Chatter } else { Lane::Money };
    if !proof::is_there(request.headers()) {
        return without_toki(&server, Peer(peer), (cmd, lane)).await;
    }
    let limits = Limits { length: BODY_LIMIT, timeout: BODY_TIMEOUT };
    let Arrived { mut exchange, head, body } = arrive(&server, Peer(peer), request, limits).await;
    (exchange.cmd, exchange.lane) = (cmd, lane);
    let body = match body {
        Ok(body) => body,
        Err(refusal) => return finish(exchange, &server, refusal.into()).await,
    };
    let asker = match asker(&mut exchange, &server, (deed, &head.headers)) {
        Ok(asker) => asker,
        Err(problem) => return finish(exchange, &server, *problem).await,
    };
    let call = ManageCall {
        noun,
        verb,
        query: head.uri.query().unwrap_or_default().to_owned(),
        content_type: text(&head.headers, &header::CONTENT_TYPE).unwrap_or_default().to_owned(),
        body,
        bridge: exchange.bridge,
        client: exchange.client,
        principal: asker.name,
        rights: asker.rights,
        peer: exchange.peer,
        arrived_ms: exchange.at_us.div_euclid(1000),
        deadline: deadline(&head.headers),
    };
    admitted((exchange, admit::lane_of_deed(deed)), server, call).await
}

/// Nothing here is for somebody without a name: his body, which may be long, is not read.
async fn without_toki<S: Service>(
    server: &Server<S>,
    peer: Peer,
    (cmd, lane): (Cow<'static, str>, Lane),
) -> Response {
    let mut exchange = Exchange::begin(server, peer);
    (exchange.cmd, exchange.lane) = (cmd, lane);
    exchange.client = client_hash::of_address(&server.ctx.keys, peer);
    let problem = Managed::problem(Outcome::Unauthenticated, "this needs a toki");
    let mut response = finish(exchange, server, problem).await;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Who asks, where he may. On the hop from PPPX the bridge, the principal and the client come in
/// headers, which the seal covers.
///
/// Source: protocol.md §7
fn asker<S: Service>(
    exchange: &mut Exchange,
    server: &Server<S>,
    (deed, headers): (Option<&'static Deed>, &HeaderMap),
) -> Result<Asker, Box<Managed>> {
    let sender = server.sender(exchange)?;
    let client = said::<Client>(headers, &CLIENT)?;
    let asker = if S::ROLE == Role::Pppx {
        if sender.has(Right::Relay) && client.is_some() {
            exchange.client = client;
        }
        sender
    } else {
        sender.may(matrix::door())?;
        if let Some(bridge) = said::<Bridge>(headers, &BRIDGE)? {
            exchange.bridge = bridge;
        }
        exchange.client = client;
        let principal = said::<PrincipalName>(headers, &PRINCIPAL)?;
        server.behind(principal.as_ref())?
    };
    let deed = deed.filter(|deed| S::ROLE == Role::Pppx || deed.role == S::ROLE);
    asker.may(deed.ok_or_else(|| Box::new(Managed::unknown()))?.needs)?;
    Ok(asker)
}

/// What a header says; one that is not of its form is refused, for the seal covers its text.
fn said<T: FromStr>(headers: &HeaderMap, name: &HeaderName) -> Result<Option<T>, Box<Managed>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let read = value.to_str().ok().and_then(|text| text.parse().ok());
    let bad = || Managed::problem(Outcome::Malformed, format!("{name}: not of its form"));
    read.ok_or_else(|| Box::new(bad())).map(Some)
}

impl From<Refusal> for Managed {
    fn from(refusal: Refusal) -> Self {
        let mut problem = Self::problem(refusal.outcome, refusal.reason);
        problem.status = refusal.status.as_u16();
        problem
    }
}

impl From<Denied> for Box<Managed> {
    fn from(denied: Denied) -> Self {
        Self::new(Managed::problem(denied.outcome, denied.reason))
    }
}

/// Does it, to its end even when the client hangs up in the middle.
async fn admitted<S: Service>(
    (mut exchange, turn): (Exchange, balance::Lane),
    server: Arc<Server<S>>,
    call: ManageCall,
) -> Response {
    let entered = server.admission.enter(turn, call.deadline).await;
    exchange.queued = exchange.arrived.elapsed();
    let place = match entered {
        Ok(place) => place,
        Err(turned) => return turn_away(exchange, &server, turned).await,
    };
    if server.may_not_begin(exchange.lane) {
        let detail = "nothing can be recorded now; nothing was done";
        return shed(exchange, &server, Managed::problem(Outcome::Busy, detail)).await;
    }
    exchange.crowd = Some(place.crowd);
    let tasks = server.ctx.tasks.clone();
    let task = tasks.spawn(async move {
        let bridge = call.bridge;
        let managed = caught(server.service.manage(call)).await.unwrap_or_else(|Panicked| {
            tracing::error!(%bridge, "the service panicked");
            Managed::problem(Outcome::Failed, "an internal fault; it is in the log")
        });
        let response = finish(exchange, &server, managed).await;
        place.served_by_size();
        response
    });
    task.await.unwrap_or_else(|_panicked| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Nothing was begun; the row is not waited for on the disk.
async fn turn_away<S: Service>(
    mut exchange: Exchange,
    server: &Server<S>,
    turned: Turned,
) -> Response {
    exchange.lane = Lane::Chatter;
    match turned {
        Turned::Busy { retry_s } => {
            let mut busy =
                Managed::problem(Outcome::Busy, "too many requests at once; nothing was done");
            if let ManagedBody::Problem { retry_s: its, .. } = &mut busy.body {
                *its = Some(retry_s);
            }
            shed(exchange, server, busy).await
        }
        Turned::Late => {
            let detail = "the deadline passed before it began; nothing was done";
            finish(exchange, server, Managed::problem(Outcome::Timeout, detail)).await
        }
    }
}

/// Says that nothing was done: the twin may have room.
async fn shed<S: Service>(exchange: Exchange, server: &Server<S>, busy: Managed) -> Response {
    let mut response = finish(exchange, server, busy).await;
    response.headers_mut().insert(SHED, HeaderValue::from_static("1"));
    response
}

/// Records the request, then sends the answer.
async fn finish<S: Service>(exchange: Exchange, server: &Server<S>, managed: Managed) -> Response {
    let Managed { mut status, mut outcome, body, mut note } = managed;
    let retry_s = match &body {
        ManagedBody::Problem { retry_s, .. } | ManagedBody::Passed { retry_s, .. } => *retry_s,
        _ => None,
    };
    let (mut content_type, mut body) = encode(body, status, outcome);
    let mark = note.mark.take();
    let mut result = note.cause.unwrap_or_else(|| outcome.as_str());
    let row = exchange.row(server, outcome, &note, body.len());
    if let Err(error) = server.record(row, exchange.lane, mark).await {
        tracing::error!(bridge = %exchange.bridge, %error, "the spool takes no row: BUSY");
        let busy = ManagedBody::Problem {
            detail: "the request could not be recorded; send it again".to_owned(),
            retry_s: None,
        };
        (status, outcome) = (503, Outcome::Busy);
        result = outcome.as_str();
        (content_type, body) = encode(busy, status, outcome);
    }
    exchange.tell(server, result);
    let mut headers = HeaderMap::with_capacity(8);
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let now_ms = server.ctx.clock.now_ms();
    exchange.proved.seal(&mut headers, (status.as_u16(), &body, now_ms));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Some(retry_s) = retry_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    server.meter.served(label(&exchange.cmd).into(), outcome, exchange.arrived.elapsed());
    server.sign(&mut response, exchange.bridge.as_str());
    response
}

/// The verb as the metrics name it: what anybody may make up gets no number of its own, for each
/// stays in memory.
fn label(cmd: &str) -> &'static str {
    let deed = cmd.split_once('/').and_then(|(noun, verb)| matrix::verb(noun, verb));
    deed.map_or("-", |deed| deed.name)
}

fn encode(body: ManagedBody, status: u16, outcome: Outcome) -> (String, Vec<u8>) {
    match body {
        ManagedBody::Json(value) => ("application/json".to_owned(), value.to_string().into_bytes()),
        ManagedBody::Lines(lines) => ("application/x-ndjson".to_owned(), lines.to_vec()),
        ManagedBody::Passed { content_type, body, .. } => (content_type, body.to_vec()),
        ManagedBody::Problem { detail, retry_s } => {
            let mut problem = json!({
                "type": "about:blank",
                "title": outcome.as_str(),
                "status": status,
                "result": outcome.as_str(),
                "detail": detail,
            });
            if let (Some(retry_s), Some(members)) = (retry_s, problem.as_object_mut()) {
                members.insert("retry".to_owned(), retry_s.into());
            }
            ("application/problem+json".to_owned(), problem.to_string().into_bytes())
        }
    }
}

fn deadline(headers: &HeaderMap) -> Instant {
    let left = text(headers, &DEADLINE_MS)
        .and_then(|left| left.parse().ok())
        .map_or(DEADLINE, Duration::from_millis);
    Instant::now() + DEADLINE.min(left)
}

/// `noun/verb` for the report, cut where somebody made one up.
fn name(noun: &str, verb: &str) -> String {
    let clean = |word: &str| -> String {
        word.chars().filter(|it| it.is_ascii_lowercase() || *it == '-').take(20).collect()
    };
    format!("{}/{}", clean(noun), clean(verb))
}
