//! Requests that are no commands: the wrong path or method.

use axum::body::Body;
use axum::http::Request as HttpRequest;
use axum::response::Response;

use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::command::DOCUMENT_LIMIT;
use crate::exchange::Reply;
use crate::refusal::{Refusal, close_where_unread};
use crate::server::Server;
use crate::service::{Peer, Service};

/// Answers a request that is no command, and reports it.
pub(crate) async fn answer<S: Service>(
    server: &Server<S>,
    peer: Peer,
    request: HttpRequest<Body>,
    refusal: Refusal,
) -> Response {
    let timeout = server.ctx.config.limits.body_timeout;
    let limits = Limits { length: DOCUMENT_LIMIT, timeout };
    let Arrived { exchange, body, .. } = arrive(server, peer, request, limits).await;
    let refusal = body.err().unwrap_or(refusal);
    let mut reply = Reply::refused(refusal.document());
    reply.status = Some(refusal.status);
    let mut response = exchange.finish(server, reply).await;
    close_where_unread(refusal.status, &mut response);
    response
}
