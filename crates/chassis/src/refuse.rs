//! Requests that are no commands: the wrong path or method.

use axum::response::Response;

use crate::exchange::{Exchange, Reply};
use crate::refusal::{Refusal, close_where_unread};
use crate::server::Server;
use crate::service::{Peer, Service};

/// Answers a request that is no command, and reports it.
pub(crate) async fn answer<S: Service>(
    server: &Server<S>,
    peer: Peer,
    refusal: Refusal,
) -> Response {
    let exchange = Exchange::begin(server, peer);
    let mut reply = Reply::refused(refusal.document());
    reply.status = Some(refusal.status);
    let mut response = exchange.finish(server, reply).await;
    close_where_unread(refusal.status, &mut response);
    response
}
