//! What a service says of itself: no command, and no row of the report.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, header};
use axum::response::Response;
use protocol::Outcome;
use protocol::matrix::Needs;

use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::command::DOCUMENT_LIMIT;
use crate::exchange::{Exchange, Reply};
use crate::refusal::Refusal;
use crate::server::Server;
use crate::service::{Peer, Service};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A question without a body, of somebody who may ask it; else the answer that says why not.
pub(crate) async fn asked<S: Service>(
    server: &Server<S>,
    peer: Peer,
    request: HttpRequest<Body>,
    (cmd, needs): (&'static str, Needs),
) -> Result<(Exchange, Parts), Response> {
    let timeout = server.ctx.config.limits.body_timeout;
    let limits = Limits { length: DOCUMENT_LIMIT, timeout };
    let Arrived { mut exchange, head, body } = arrive(server, peer, request, limits).await;
    exchange.cmd = cmd.into();
    if let Err(refusal) = body {
        return Err(answer(exchange, server, Err(refusal)).await);
    }
    match server.sender(&exchange).and_then(|asker| asker.may(needs)) {
        Ok(()) => Ok((exchange, head)),
        Err(denied) => Err(exchange.finish(server, Reply::refused(denied.document(None))).await),
    }
}

/// Answers with JSON, sealed for whoever asked; a refusal is reported like any other.
pub(crate) async fn answer<S: Service>(
    exchange: Exchange,
    server: &Server<S>,
    told: Result<Vec<u8>, Refusal>,
) -> Response {
    let json = match told {
        Ok(json) => json,
        Err(refusal) => {
            let mut reply = Reply::refused(refusal.document());
            reply.status = Some(refusal.status);
            return exchange.finish(server, reply).await;
        }
    };
    exchange.tell(server, Outcome::Ok.as_str());
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(header::CONTENT_TYPE, JSON);
    exchange.proved.seal(&mut headers, (200, &json, server.ctx.clock.now_ms()));
    let mut response = Response::new(Body::from(json));
    *response.headers_mut() = headers;
    server.sign(&mut response, exchange.bridge.as_str());
    response
}
