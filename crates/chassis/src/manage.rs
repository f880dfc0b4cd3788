//! `POST /v1/<noun>/<verb>`: what people do through the tool and the console.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::response::Response;
use protocol::{Bridge, Client, Outcome, Role};
use report::Lane;
use serde_json::json;
use tokio::time::Instant;

use crate::caught::{Panicked, caught};
use crate::exchange::Exchange;
use crate::headers::{BRIDGE, CLIENT, DEADLINE_MS, SHED};
use crate::server::Server;
use crate::service::{ManageCall, Managed, ManagedBody, Peer, Service};
use crate::{body, client_hash, verbs};

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
    let mut exchange = Exchange::begin(&*server, Peer(peer));
    let (parts, body) = request.into_parts();
    exchange.cmd = name(&noun, &verb).into();
    exchange.lane = if verbs::only_reads(&verb) { Lane::Chatter } else { Lane::Money };
    identify(&mut exchange, &server, &parts.headers);
    if let Some(refused) = forbidden(exchange.peer) {
        return finish(exchange, &server, refused).await;
    }
    if !is_word(&noun) || !is_word(&verb) {
        return finish(exchange, &server, Managed::unknown()).await;
    }
    let body = match body::read(&parts.headers, body, BODY_LIMIT, BODY_TIMEOUT).await {
        Ok(body) => body,
        Err(refusal) => {
            let mut problem = Managed::problem(refusal.outcome, refusal.reason);
            problem.status = refusal.status.as_u16();
            return finish(exchange, &server, problem).await;
        }
    };
    exchange.bytes_in = body.len();
    exchange.queued = exchange.arrived.elapsed();
    let call = ManageCall {
        noun,
        verb,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: text(&parts.headers, header::CONTENT_TYPE.as_str())
            .unwrap_or_default()
            .to_owned(),
        body,
        bridge: exchange.bridge,
        client: exchange.client,
        principal: None,
        peer: exchange.peer,
        arrived_ms: exchange.at_us.div_euclid(1000),
        deadline: deadline(&parts.headers),
    };
    admitted(exchange, server, call).await
}

/// Who may not: the rule that holds until each request carries a toki.
fn forbidden(peer: Peer) -> Option<Managed> {
    let detail = "the management interface is taken from this machine alone";
    (!peer.is_loopback()).then(|| Managed::problem(Outcome::Unauthenticated, detail))
}

/// Does it, to its end even when the client hangs up in the middle.
async fn admitted<S: Service>(
    mut exchange: Exchange,
    server: Arc<Server<S>>,
    call: ManageCall,
) -> Response {
    let Some(place) = server.admission.enter() else {
        return shed(exchange, &server, "too many requests at once; nothing was done").await;
    };
    if server.may_not_begin(exchange.lane) {
        return shed(exchange, &server, "nothing can be recorded now; nothing was done").await;
    }
    exchange.inflight = place.of;
    let tasks = server.ctx.tasks.clone();
    let task = tasks.spawn(async move {
        let _place = place;
        let bridge = call.bridge;
        let managed = caught(server.service.manage(call)).await.unwrap_or_else(|Panicked| {
            tracing::error!(%bridge, "the service panicked");
            Managed::problem(Outcome::Failed, "an internal fault; it is in the log")
        });
        finish(exchange, &server, managed).await
    });
    task.await.unwrap_or_else(|_panicked| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Says that nothing was done: the twin may have room.
async fn shed<S: Service>(exchange: Exchange, server: &Server<S>, detail: &str) -> Response {
    let mut response = finish(exchange, server, Managed::problem(Outcome::Busy, detail)).await;
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
    let row = exchange.row(server, outcome, &note, body.len());
    if let Err(error) = server.record(row, exchange.lane, mark).await {
        tracing::error!(bridge = %exchange.bridge, %error, "the spool takes no row: BUSY");
        let busy = ManagedBody::Problem {
            detail: "the request could not be recorded; send it again".to_owned(),
            retry_s: None,
        };
        (status, outcome) = (503, Outcome::Busy);
        (content_type, body) = encode(busy, status, outcome);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(retry_s) = retry_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    server.meter.served(
        label(&exchange.cmd, status).to_owned().into(),
        outcome,
        exchange.arrived.elapsed(),
    );
    server.sign(&mut response, exchange.bridge.as_str());
    response
}

/// The verb as the metrics name it: what anybody may make up gets no number of its own, for each
/// stays in memory.
fn label(cmd: &str, status: u16) -> &str {
    if matches!(status, 401 | 404) { "-" } else { cmd }
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

/// On the hop from PPPX the bridge and the client come in headers.
fn identify<S: Service>(exchange: &mut Exchange, server: &Server<S>, headers: &HeaderMap) {
    exchange.client = client_hash::of_address(&server.ctx.keys, exchange.peer);
    if S::ROLE == Role::Pppx || !exchange.peer.is_loopback() {
        return;
    }
    if let Some(bridge) = text(headers, BRIDGE.as_str()).and_then(|it| it.parse::<Bridge>().ok()) {
        exchange.bridge = bridge;
    }
    if let Some(client) = text(headers, CLIENT.as_str()).and_then(|it| it.parse::<Client>().ok()) {
        exchange.client = Some(client);
    }
}

fn deadline(headers: &HeaderMap) -> Instant {
    let left = text(headers, DEADLINE_MS.as_str())
        .and_then(|left| left.parse().ok())
        .map_or(DEADLINE, Duration::from_millis);
    Instant::now() + DEADLINE.min(left)
}

/// Nouns and verbs are words of small letters; anything else could not be passed on in a path.
fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// `noun/verb` for the report, cut where somebody made one up.
fn name(noun: &str, verb: &str) -> String {
    let clean = |word: &str| -> String {
        word.chars().filter(|it| it.is_ascii_lowercase() || *it == '-').take(20).collect()
    };
    format!("{}/{}", clean(noun), clean(verb))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(ip: &str) -> Peer {
        Peer(SocketAddr::new(ip.parse().unwrap(), 4242))
    }

    #[test]
    fn a_stranger_may_not_manage() {
        for ip in ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "0.0.0.0"] {
            let refused = forbidden(from(ip)).unwrap();
            assert_eq!((refused.status, refused.outcome), (401, Outcome::Unauthenticated), "{ip}");
        }
    }

    #[test]
    fn this_machine_may_manage() {
        for ip in ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"] {
            assert!(forbidden(from(ip)).is_none(), "{ip}");
        }
    }
}
