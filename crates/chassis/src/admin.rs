//! The admin listener: is it alive, is it ready, what does it measure.

use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_server::Handle;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::sockets::Sockets;
use crate::tasks::Tasks;

/// Connections of whoever looks.
const CONNECTIONS: usize = 256;

/// Whether a service may be sent requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ready {
    /// It is still loading, or waits for a database.
    NotYet,
    /// It serves.
    Yes,
    /// It is leaving.
    Draining,
}

/// Serves `/healthz`, `/readyz` and `/metrics` until the tasks are told to stop.
pub(crate) fn start(listener: TcpListener, ready: watch::Receiver<Ready>, tasks: &Tasks) {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async move || readiness(*ready.borrow())))
        .route("/metrics", get(async || metrics()));
    let handle: Handle<SocketAddr> = Handle::new();
    let stop = tasks.stop().clone();
    let stopper = handle.clone();
    let sockets = Sockets::new(CONNECTIONS);
    tasks.spawn(async move {
        stop.cancelled().await;
        stopper.shutdown();
    });
    tasks.spawn(async move {
        if let Err(error) = crate::serve::listen(listener, router, (handle, sockets)).await {
            tracing::error!(%error, "the admin listener ended");
        }
    });
}

/// The process's one recorder of metrics; the first service installs it.
pub(crate) fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// Keeps the recorder's histograms small.
pub(crate) async fn upkeep(tasks: Tasks) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    while tasks.stop().run_until_cancelled(every.tick()).await.is_some() {
        if let Some(recorder) = recorder() {
            recorder.run_upkeep();
        }
    }
}

fn readiness(ready: Ready) -> Response {
    match ready {
        Ready::Yes => (StatusCode::OK, "ready\n").into_response(),
        Ready::NotYet => (StatusCode::SERVICE_UNAVAILABLE, "not yet\n").into_response(),
        Ready::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response(),
    }
}

fn metrics() -> Response {
    let text = recorder().map(PrometheusHandle::render).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
