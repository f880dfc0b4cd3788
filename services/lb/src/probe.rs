//! Asks each server whether it is there.
//!
//! Any sealed answer proves that it lives: an older build answers 404. One whose seal is not good
//! proves nothing.

use std::time::Duration;

use bytes::Bytes;
use client::{Ask, AskError, Endpoint, Method, Retry};
use http::HeaderValue;
use protocol::Instance;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::Lb;

/// Source: balancing.md (c1)
const EVERY: Duration = Duration::from_secs(2);
/// A probe is answered from memory; whoever needs longer would not answer a request either.
const DEADLINE: Duration = Duration::from_millis(1500);
const ANSWER_LIMIT: usize = 16 * 1024;
const PATH: &str = "/probe";

/// Probes for as long as the LB runs.
pub(crate) async fn run(lb: &Lb) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let mut probes = JoinSet::new();
        for (name, endpoint) in others(lb) {
            let ctx = std::sync::Arc::clone(&lb.ctx);
            probes.spawn(async move { (name, ctx.client.ask_one(&endpoint, &ask()).await) });
        }
        while let Some(ended) = probes.join_next().await {
            let Ok((name, got)) = ended else { continue };
            let answered = match got {
                Ok(_) => true,
                // That is no fault of the server.
                Err(AskError::NoKey(_)) => continue,
                Err(_) => false,
            };
            let result = if answered { "ok" } else { "failed" };
            metrics::counter!("ngondo_lb_probes_total", "server" => name.to_string(),
                "result" => result)
            .increment(1);
            lb.balancer().fleet_mut().probed(&name, answered, lb.ctx.clock.now_ms());
        }
    }
}

fn others(lb: &Lb) -> Vec<(Instance, Endpoint)> {
    let me = lb.ctx.config.instance;
    let balancer = lb.balancer();
    let listed = balancer.inventory().instances.iter().filter(|listed| listed.name != me);
    let endpoint =
        |addr: &protocol::PeerAddr, name| Endpoint { name, ..Endpoint::from(addr.clone()) };
    listed.map(|listed| (listed.name, endpoint(&listed.addr, Some(listed.name)))).collect()
}

fn ask() -> Ask {
    Ask {
        method: Method::GET,
        path: PATH.to_owned(),
        content_type: HeaderValue::from_static(""),
        headers: Vec::new(),
        body: Bytes::new(),
        deadline: Instant::now() + DEADLINE,
        retry: Retry::Safe,
        answer_limit: ANSWER_LIMIT,
    }
}
