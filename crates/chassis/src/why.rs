//! `GET /why`: the last choices between two servers, and by what each was made.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::Request as HttpRequest;
use axum::response::Response;
use client::{Explained, Standing, Weighed};
use protocol::{PeerAddr, matrix};
use serde_json::{Value, json};

use crate::own;
use crate::server::Server;
use crate::service::{Peer, Service};

/// Explains the choices of this service to whoever may read.
///
/// Source: architecture.md (Watching)
pub(crate) async fn handle<S: Service>(
    State(server): State<Arc<Server<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest<Body>,
) -> Response {
    let asked = own::asked(&server, Peer(peer), request, ("why", matrix::activity())).await;
    let exchange = match asked {
        Ok((exchange, _head)) => exchange,
        Err(refused) => return refused,
    };
    let epoch = server.ctx.map.load().map.epoch.to_string();
    let (picks, now) = (server.ctx.client.explain(), Instant::now());
    let picks: Vec<Value> = picks.iter().rev().map(|pick| explained(pick, now)).collect();
    let told = json!({"instance": server.instance.as_str(), "epoch": epoch, "picks": picks});
    own::answer(exchange, &server, Ok(told.to_string().into_bytes())).await
}

/// One choice: who was asked stands first.
fn explained(pick: &Explained<PeerAddr>, now: Instant) -> Value {
    let servers: Vec<Value> = pick.weighed.iter().map(weighed).collect();
    json!({
        "ago_ms": ms(now.saturating_duration_since(pick.at)),
        "panic": pick.panic,
        "refused": pick.refused,
        "servers": servers,
    })
}

fn weighed(it: &Weighed<PeerAddr>) -> Value {
    json!({
        "addr": it.key.as_str(),
        "load_ms": rounded(it.load * 1e3),
        "peak_ms": rounded(it.peak_ms),
        "inflight": it.inflight,
        "weight": rounded(it.weight),
        "slow_start": rounded(it.slow_start),
        "avoid": it.standing == Standing::Avoid,
        "open_ms": it.open.map(ms),
    })
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// To a thousandth: what follows is noise.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
