//! The listener: one path for commands, one for the management interface.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use hyper_util::rt::TokioTimer;
use protocol::{App, Instance, Version};

use crate::admit::Admission;
use crate::context::Context;
use crate::meter::Meter;
use crate::service::{Peer, Service};
use crate::{command, manage, refuse};

/// How long a client may take to send its request's head: a box on a bad link needs one or two
/// seconds, a slow loris would like for ever.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// The bridge of a request, on its answer.
pub(crate) const BRIDGE: HeaderName = HeaderName::from_static("ngondo-bridge");
/// What is left of a request's time, in milliseconds.
pub(crate) const DEADLINE_MS: HeaderName = HeaderName::from_static("ngondo-deadline-ms");
/// Says `drain` while a server is leaving.
pub(crate) const STATE: HeaderName = HeaderName::from_static("ngondo-state");
/// Says `1` when a server had no room and did nothing.
pub(crate) const SHED: HeaderName = HeaderName::from_static("ngondo-shed");
/// Who asks, on the hop from PPPX to a server's management interface.
pub(crate) const CLIENT: HeaderName = HeaderName::from_static("ngondo-client");

/// What the handlers of one service share.
#[derive(Debug)]
pub(crate) struct Server<S> {
    pub(crate) service: Arc<S>,
    pub(crate) ctx: Arc<Context>,
    pub(crate) app: App,
    pub(crate) version: Version,
    pub(crate) instance: Instance,
    pub(crate) admission: Admission,
    pub(crate) draining: AtomicBool,
    pub(crate) meter: Arc<Meter>,
}

/// The routes of a service.
pub(crate) fn router<S: Service>(server: Arc<Server<S>>) -> Router {
    Router::new()
        .route("/", post(command::handle::<S>))
        .route("/v1/{noun}/{verb}", post(manage::handle::<S>))
        .fallback(not_found::<S>)
        .method_not_allowed_fallback(not_allowed::<S>)
        .with_state(server)
}

/// Serves until `handle` says to stop.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    let mut server =
        axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor::new()).handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    server.http_builder().http2().timer(TokioTimer::new()).max_concurrent_streams(256);
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn not_found<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let refusal = refuse::Refusal::new(StatusCode::NOT_FOUND, "no such path: commands go to /");
    refuse::answer(&server, Peer(peer), refusal).await
}

async fn not_allowed<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let refusal = refuse::Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the method must be POST");
    refuse::answer(&server, Peer(peer), refusal).await
}

// === impl Server ===

impl<S: Service> Server<S> {
    /// Adds what every answer carries: the bridge, and word that this server is leaving.
    pub(crate) fn sign(&self, response: &mut Response, bridge: &str) {
        let headers = response.headers_mut();
        if let Ok(bridge) = HeaderValue::from_str(bridge) {
            headers.insert(BRIDGE, bridge);
        }
        if self.draining.load(Ordering::Acquire) {
            headers.insert(STATE, HeaderValue::from_static("drain"));
        }
    }
}
