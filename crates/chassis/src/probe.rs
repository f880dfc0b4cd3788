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
use crate::context::Context;
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
    match own::asked(&server, Peer(peer), request, (PROBE, matrix::modules())).await {
        Ok((exchange, _head)) => own::answer(exchange, &server, Ok(b"{}".to_vec())).await,
        Err(refused) => refused,
    }
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
