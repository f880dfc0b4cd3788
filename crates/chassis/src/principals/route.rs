//! `GET /principals`: the list for another module, which asks twice a second; it is no row of the
//! report.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request as HttpRequest, StatusCode};
use axum::response::Response;
use protocol::matrix;

use super::answer::{Told, answer};
use crate::activity::PRINCIPALS;
use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::command::DOCUMENT_LIMIT;
use crate::exchange::Reply;
use crate::own;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::service::{Peer, Service};

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
    own::answer(exchange, &server, told).await
}
