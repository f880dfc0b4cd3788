//! A request comes in: its body is read, then its toki judged, before anything of it is parsed.

use axum::body::Body;
use axum::http::Request as HttpRequest;
use axum::http::request::Parts;
use bytes::Bytes;

use crate::body::{self, Limits};
use crate::client_hash;
use crate::exchange::Exchange;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::service::{Peer, Service};

/// A request that came in.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) exchange: Exchange,
    pub(crate) head: Parts,
    /// The whole body; or why the request goes no further: it did not come whole, or its toki is
    /// not good.
    pub(crate) body: Result<Bytes, Refusal>,
}

/// Reads a request and judges who sends it.
pub(crate) async fn arrive<S: Service>(
    server: &Server<S>,
    peer: Peer,
    request: HttpRequest<Body>,
    limits: Limits,
) -> Arrived {
    let mut exchange = Exchange::begin(server, peer);
    exchange.client = client_hash::of_address(&server.ctx.keys, peer);
    let (head, body) = request.into_parts();
    let read = body::read(&head.headers, body, limits, &server.large).await;
    let body = read.and_then(|body| {
        exchange.bytes_in = body.len();
        let from = (peer.0.ip().to_canonical(), server.ctx.clock.now_ms());
        exchange.proved = server.gate.judge(&head, &body, from);
        exchange.proved.refusal().map_or(Ok(body), Err)
    });
    Arrived { exchange, head, body }
}
