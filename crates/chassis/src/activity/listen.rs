//! `GET /activity`: the events as server-sent events.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use protocol::{Outcome, Role, matrix};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::{DropGuard, WaitForCancellationFutureOwned};

use super::{Event, Listener, PRINCIPALS, PROBE};
use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::command::DOCUMENT_LIMIT;
use crate::exchange::{Exchange, Reply};
use crate::refusal::Refusal;
use crate::rights::Denied;
use crate::server::Server;
use crate::service::{Note, Peer, Service};

const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
/// So many lines wait for a listener's connection.
const QUEUE: usize = 256;
/// A comment is sent so often, by which a connection that is gone is noticed.
const ALIVE: Duration = Duration::from_secs(15);
/// A listener that takes nothing for so long has gone.
const STUCK: Duration = Duration::from_secs(30);

/// Which events somebody wants.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `all` at a PPPX: those of every server.
    of: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cmd: Option<String>,
    result: Option<String>,
    toki: Option<String>,
    /// One in so many.
    sample: Option<NonZeroU64>,
}

/// The lines of a stream, until the service leaves.
struct Lines {
    lines: mpsc::Receiver<Bytes>,
    leaving: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Lets somebody listen.
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let timeout = server.ctx.config.limits.body_timeout;
    let limits = Limits { length: DOCUMENT_LIMIT, timeout };
    let Arrived { mut exchange, head, body } = arrive(&server, Peer(peer), request, limits).await;
    exchange.cmd = "activity".into();
    let wanted = match body.and_then(|_empty| wanted::<S>(&head.uri)) {
        Ok(wanted) => wanted,
        Err(refusal) => return refused(exchange, &server, refusal).await,
    };
    if let Err(denied) = may(&server, &exchange) {
        return exchange.finish(&server, Reply::refused(denied.document(None))).await;
    }
    let Some(listener) = server.feed.listen() else {
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many listen already");
        return refused(exchange, &server, refusal).await;
    };
    stream(exchange, &server, listener, wanted).await
}

/// Whether somebody may listen, now.
fn may<S: Service>(server: &Server<S>, exchange: &Exchange) -> Result<(), Denied> {
    server.sender(exchange).and_then(|asker| asker.may(matrix::activity()))
}

fn wanted<S: Service>(uri: &Uri) -> Result<Wanted, Refusal> {
    let bad = |reason| Refusal::new(StatusCode::BAD_REQUEST, reason);
    let Ok(Query(wanted)) = Query::<Wanted>::try_from_uri(uri) else {
        return Err(bad("the query has of, from, to, cmd, result, toki, sample=N, each once"));
    };
    if !wanted.words().into_iter().all(|(_, word)| is_plain(word)) {
        return Err(bad("the query: only A-Z a-z 0-9 . _ - * /"));
    }
    match wanted.of.as_deref() {
        None => Ok(wanted),
        Some("all") if S::ROLE == Role::Pppx => Ok(wanted),
        Some(_) => Err(bad("of: all, at a PPPX")),
    }
}

async fn refused<S: Service>(exchange: Exchange, server: &Server<S>, refusal: Refusal) -> Response {
    let mut reply = Reply::refused(refusal.document());
    reply.status = Some(refusal.status);
    exchange.finish(server, reply).await
}

/// Reports the listening, and begins the answer that goes on.
async fn stream<S: Service>(
    exchange: Exchange,
    server: &Arc<Server<S>>,
    listener: Listener,
    wanted: Wanted,
) -> Response {
    let row = exchange.row(server, Outcome::Ok, &Note::default(), 0);
    if let Err(error) = server.record(row, exchange.lane, None).await {
        tracing::error!(bridge = %exchange.bridge, %error, "the spool takes no row: BUSY");
        let busy = "the request could not be recorded; send it again";
        let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, busy);
        return refused(exchange, server, refusal).await;
    }
    let (into, lines) = mpsc::channel(QUEUE);
    if wanted.of.is_some() {
        server.service.follow(&wanted.filters(), &into);
    }
    exchange.tell(server, Outcome::Ok.as_str());
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, STREAM);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    exchange.proved.seal(&mut headers, (200, b"", server.ctx.clock.now_ms()));
    let end = server.leaving.child_token();
    let leaving = Box::pin(end.clone().cancelled_owned());
    let mut response = Response::new(Body::from_stream(Lines { lines, leaving }));
    *response.headers_mut() = headers;
    server.sign(&mut response, exchange.bridge.as_str());
    // Whatever else sends into the stream, it ends with the feed.
    let into = (into, end.drop_guard());
    server.ctx.tasks.spawn(feed(Arc::clone(server), exchange, (listener, wanted), into));
    response
}

/// Sends a listener what it wants, until it has gone, or may listen no more.
async fn feed<S: Service>(
    server: Arc<Server<S>>,
    exchange: Exchange,
    (mut listener, wanted): (Listener, Wanted),
    (into, _end): (mpsc::Sender<Bytes>, DropGuard),
) {
    let name = server.instance.as_str();
    let mut next =
        Some(line("sessions", &json!({ "server": name, "sessions": server.sessions() })));
    let one_in = wanted.sample.map_or(1, NonZeroU64::get);
    if one_in > 1 {
        let said = line("sample", &json!({ "server": name, "one_in": one_in }));
        next = next.map(|sessions| [sessions, said].concat().into());
    }
    let mut rights = server.ctx.principals.watch();
    // They may have changed since they were looked at.
    rights.mark_changed();
    let mut alive = tokio::time::interval_at(Instant::now() + ALIVE, ALIVE);
    let mut matching: u64 = 0;
    loop {
        if let Some(text) = next.take()
            && into.send_timeout(text, STUCK).await.is_err()
        {
            return;
        }
        next = tokio::select! {
            () = into.closed() => return,
            Ok(()) = rights.changed() => {
                if may(&server, &exchange).is_err() {
                    return;
                }
                None
            }
            _ = alive.tick() => Some(Bytes::from_static(b":\n\n")),
            event = listener.events.recv() => match event {
                Ok(event) if wanted.takes(&event) => {
                    matching += 1;
                    (matching - 1).is_multiple_of(one_in).then(|| line("request", &event.json()))
                }
                Ok(_) => None,
                Err(RecvError::Lagged(lost)) => {
                    Some(line("lost", &json!({ "server": name, "lost": lost })))
                }
                Err(RecvError::Closed) => return,
            },
        };
    }
}

/// Whether a word stands in a query as it is; so does each name, command, result and verdict.
fn is_plain(word: &str) -> bool {
    word.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-*/".contains(&it))
}

/// One server-sent event.
fn line(event: &str, data: &Value) -> Bytes {
    format!("event: {event}\ndata: {data}\n\n").into()
}

// === impl Wanted ===

impl Wanted {
    fn words(&self) -> Vec<(&'static str, &str)> {
        let Self { from, to, cmd, result, toki, .. } = self;
        let all = [("from", from), ("to", to), ("cmd", cmd), ("result", result), ("toki", toki)];
        all.into_iter().filter_map(|(name, word)| Some((name, word.as_deref()?))).collect()
    }

    /// The query for another server, which asks for its own events alone.
    fn filters(&self) -> String {
        let mut all: Vec<_> =
            self.words().into_iter().map(|(name, word)| format!("{name}={word}")).collect();
        all.extend(self.sample.map(|one_in| format!("sample={one_in}")));
        all.join("&")
    }

    fn takes(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        // The modules' heartbeat is of no interest unless it fails, or somebody asks for it.
        let heartbeat = (event.cmd == PRINCIPALS || event.cmd == PROBE)
            && event.result == "OK"
            && self.cmd.is_none();
        !heartbeat
            && is(&self.from, event.from.as_ref().map_or("", |it| it.as_str()))
            && is(&self.to, event.to.as_str())
            && is(&self.cmd, &event.cmd)
            && is(&self.result, event.result)
            && is(&self.toki, event.toki)
    }
}

// === impl Lines ===

impl Stream for Lines {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.leaving.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        self.lines.poll_recv(cx).map(|line| line.map(Ok))
    }
}
