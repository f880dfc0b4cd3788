//! The listener: one path for commands, one for the management interface.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request as HttpRequest, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum_server::Handle;
use hyper_util::rt::TokioTimer;

use crate::refusal::Refusal;
use crate::server::Server;
use crate::service::{Peer, Service};
use crate::sockets::Sockets;
use crate::{activity, command, manage, principals, probe, refuse, why};

/// How long a client may take to send its request's head: a box on a bad link needs one or two
/// seconds, a slow loris would like for ever.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a client of HTTP/2 is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// The routes of a service.
pub(crate) fn router<S: Service>(server: Arc<Server<S>>) -> Router {
    Router::new()
        .route("/", post(command::handle::<S>))
        .route("/v1/{noun}/{verb}", post(manage::handle::<S>))
        .route("/activity", get(activity::handle::<S>))
        .route("/principals", get(principals::handle::<S>))
        .route("/probe", get(probe::handle::<S>))
        .route("/why", get(why::handle::<S>))
        .fallback(not_found::<S>)
        .method_not_allowed_fallback(not_allowed::<S>)
        .with_state(server)
}

/// Serves until `handle` says to stop.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    (handle, sockets): (Handle<SocketAddr>, Sockets),
) -> std::io::Result<()> {
    let mut server = axum_server::from_tcp(listener)?.acceptor(sockets).handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut http2 = server.http_builder().http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(256);
    http2.keep_alive_interval(PING).keep_alive_timeout(HEAD_TIMEOUT);
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn not_found<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "no such path: commands go to /");
    refuse::answer(&server, Peer(peer), request, refusal).await
}

async fn not_allowed<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the method must be POST");
    refuse::answer(&server, Peer(peer), request, refusal).await
}
