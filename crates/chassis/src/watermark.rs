//! A sign of life in the reports, every few seconds: silence means death, not want of requests, and what came before
//! a watermark stands where the watermark stands.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use protocol::Outcome;
use report::{Lane, Row, WATERMARK};

use crate::random;
use crate::server::Server;
use crate::service::Service;

/// Between two of them.
const EVERY: Duration = Duration::from_secs(5);

/// Writes one at the start and then every five seconds, until the stop.
pub(crate) async fn run<S: Service>(server: Arc<Server<S>>) {
    let mut every = tokio::time::interval(EVERY);
    let stop = server.ctx.tasks.stop().clone();
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        write(&server).await;
    }
}

/// Writes one, behind everything that was recorded so far.
pub(crate) async fn write<S: Service>(server: &Server<S>) {
    let kept = server.ctx.spool.append(row(server), Lane::Chatter, None).await;
    if let Err(error) = kept {
        // The spool has told already why it takes nothing.
        tracing::debug!(%error, "no watermark");
    }
}

fn row<S: Service>(server: &Server<S>) -> Row {
    let now_us = server.ctx.clock.now_us();
    let at_ms = now_us.div_euclid(1000);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let crowd = server.admission.load().crowd;
    Row {
        id: random::uuid(at_ms),
        bridge: random::bridge(at_ms),
        at_us: now_us,
        server: server.instance,
        role: S::ROLE,
        app: Some(server.app),
        version: Some(server.version),
        cmd: Cow::Borrowed(WATERMARK),
        result: Cow::Borrowed(Outcome::Ok.as_str()),
        client: None,
        device: None,
        queue_us: 0,
        service_us: 0,
        inflight: count(crowd.inflight),
        limit: count(crowd.limit),
        bytes_in: 0,
        bytes_out: 0,
        upstream: None,
        attempts: 0,
        toki: None,
        cpu_permille: Some(server.meter.cpu_permille()),
    }
}
