//! What a service says of itself: no command, and no row of the report.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use protocol::Outcome;

use crate::exchange::{Exchange, Reply};
use crate::refusal::Refusal;
use crate::server::Server;
use crate::service::Service;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

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
