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
    let asked = own::asked(&server, Peer(peer), request, (PRINCIPALS, matrix::modules())).await;
    let (exchange, head) = match asked {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let refusal = |status, reason| Err(Refusal::new(status, reason));
    let told = match answer(&server.ctx, head.uri.query().unwrap_or_default()) {
        Told::List(json) => Ok(json),
        Told::Malformed(reason) => refusal(StatusCode::BAD_REQUEST, reason),
        Told::NotYet => refusal(StatusCode::SERVICE_UNAVAILABLE, "there is no list here yet"),
    };
    own::answer(exchange, &server, told).await
}
