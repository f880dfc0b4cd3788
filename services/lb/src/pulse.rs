//! Once a second: what was heard becomes what is published.

use std::collections::BTreeSet;
use std::time::Duration;

use balance::Cause;
use protocol::ServerState;
use tokio::time::MissedTickBehavior;

use crate::Lb;

const EVERY: Duration = Duration::from_secs(1);

/// Judges for as long as the LB runs.
pub(crate) async fn run(lb: &Lb) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut frozen = BTreeSet::new();
    loop {
        tick.tick().await;
        judge(lb);
        tell_of_freezes(lb, &mut frozen);
    }
}

/// Judges now, and tells of each server whose state has changed.
pub(crate) fn judge(lb: &Lb) {
    let now_ms = lb.ctx.clock.now_ms();
    let mut balancer = lb.balancer();
    for turn in balancer.tick(now_ms) {
        let (server, from, to, why) = (turn.name, turn.from, turn.to, turn.why);
        if to == ServerState::Ready {
            tracing::info!(%server, %from, %to, why, "a server is well");
        } else {
            tracing::warn!(%server, %from, %to, why, "a server is to be avoided");
        }
    }
    for listed in &balancer.inventory().instances {
        let Some(standing) = balancer.fleet().standing(&listed.name) else { continue };
        let server = listed.name.to_string();
        let weight = metrics::gauge!("ngondo_lb_server_weight", "server" => server.clone());
        weight.set(standing.weight.as_f64());
        for state in ServerState::ALL {
            let labels = [("server", server.clone()), ("state", state.to_string())];
            metrics::gauge!("ngondo_lb_server_state", &labels).set(if state == standing.state {
                1.0
            } else {
                0.0
            });
        }
        for (database, reading) in [
            ("first", &balancer.fleet().readings().first),
            ("second", &balancer.fleet().readings().second),
        ] {
            if let Some(newest_ms) = reading.newest_ms(&listed.name) {
                let labels = [("database", database.to_owned()), ("server", server.clone())];
                metrics::gauge!("ngondo_lb_report_behind_seconds", &labels)
                    .set(seconds(now_ms - newest_ms));
            }
        }
    }
    let since_ms = balancer.agreement().since_ms();
    metrics::gauge!("ngondo_lb_disagreement_seconds")
        .set(since_ms.map_or(0.0, |since_ms| seconds(now_ms - since_ms)));
}

/// Tells when the map is kept as it was, and when no longer.
fn tell_of_freezes(lb: &Lb, known: &mut BTreeSet<Cause>) {
    let now: BTreeSet<Cause> =
        lb.balancer().fleet().causes().into_iter().map(|(cause, _)| cause).collect();
    for cause in now.difference(known) {
        tracing::error!(%cause, "the map is frozen: what was published stays; it ends by itself \
            when they are heard again, after 10 min at the latest, or by `ngondo servers thaw`");
    }
    for cause in known.difference(&now) {
        tracing::info!(%cause, "the map is not frozen for this any more");
    }
    metrics::gauge!("ngondo_lb_frozen")
        .set(f64::from(u32::try_from(now.len()).unwrap_or(u32::MAX)));
    *known = now;
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "hours at most")]
fn seconds(ms: i64) -> f64 {
    ms.max(0) as f64 / 1000.0
}
