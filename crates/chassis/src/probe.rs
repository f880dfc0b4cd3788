//! `GET /probe`: whether a server answers, and the task by which a service finds out of others.
//!
//! Source: balancing.md (c2)

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::Request as HttpRequest;
use axum::response::Response;
use protocol::matrix;

use crate::activity::PROBE;
use crate::arrive::{Arrived, arrive};
use crate::body::Limits;
use crate::command::DOCUMENT_LIMIT;
use crate::context::Context;
use crate::exchange::Reply;
use crate::own;
use crate::server::Server;
use crate::service::{Peer, Service};

/// How often to look whether somebody is to be probed: well below the second that a probe is due.
const LOOK: Duration = Duration::from_millis(200);

/// Answers a module that nothing is asked; it is no row of the report.
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let timeout = server.ctx.config.limits.body_timeout;
    let limits = Limits { length: DOCUMENT_LIMIT, timeout };
    let Arrived { mut exchange, body, .. } = arrive(&server, Peer(peer), request, limits).await;
    exchange.cmd = PROBE.into();
    let may = server.sender(&exchange).and_then(|asker| asker.may(matrix::modules()));
    if let (Ok(_), Err(denied)) = (&body, may) {
        return exchange.finish(&server, Reply::refused(denied.document(None))).await;
    }
    own::answer(exchange, &server, body.map(|_empty| b"{}".to_vec())).await
}

/// Probes those that are idle or seem not to be well, so that no request of anybody's finds out.
pub(crate) async fn run(ctx: Arc<Context>) {
    ctx.client.recover_by_probes();
    let stop = ctx.tasks.stop().clone();
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        for endpoint in ctx.client.probes_due() {
            let ctx = Arc::clone(&ctx);
            let tasks = ctx.tasks.clone();
            let _probing = tasks.spawn(async move { ctx.client.probe(&endpoint).await });
        }
    }
}
