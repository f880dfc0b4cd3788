//! `GET /principals`: the list for another module, which asks twice a second; it is no row of the
//! report.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::response::Response;
use protocol::{Outcome, matrix};

use super::answer::{Told, answer};
use crate::activity::PRINCIPALS;
use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::command::DOCUMENT_LIMIT;
use crate::exchange::Reply;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::service::{Peer, Service};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Tells another module who may do what.
///
/// Source: toki.md §9
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let timeout = server.ctx.config.limits.body_timeout;
    let limits = Limits { length: DOCUMENT_LIMIT, timeout };
    let Arrived { mut exchange, head, body } = arrive(&server, Peer(peer), request, limits).await;
    exchange.cmd = PRINCIPALS.into();
    let refusal = |status, reason| Refusal::new(status, reason);
    let may = server.sender(&exchange).and_then(|asker| asker.may(matrix::modules()));
    let told = match (body, may) {
        (Err(refusal), _) => Err(refusal),
        (Ok(_), Err(denied)) => {
            return exchange.finish(&server, Reply::refused(denied.document(None))).await;
        }
        (Ok(_empty), Ok(())) => match answer(&server.ctx, head.uri.query().unwrap_or_default()) {
            Told::List(json) => Ok(json),
            Told::Malformed(reason) => Err(refusal(StatusCode::BAD_REQUEST, reason)),
            Told::NotYet => {
                Err(refusal(StatusCode::SERVICE_UNAVAILABLE, "there is no list here yet"))
            }
        },
    };
    let json = match told {
        Ok(json) => json,
        Err(refusal) => {
            let mut reply = Reply::refused(refusal.document());
            reply.status = Some(refusal.status);
            return exchange.finish(&server, reply).await;
        }
    };
    exchange.tell(&server, Outcome::Ok.as_str());
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(header::CONTENT_TYPE, JSON);
    exchange.proved.seal(&mut headers, (200, &json, server.ctx.clock.now_ms()));
    let mut response = Response::new(Body::from(json));
    *response.headers_mut() = headers;
    server.sign(&mut response, exchange.bridge.as_str());
    response
}
