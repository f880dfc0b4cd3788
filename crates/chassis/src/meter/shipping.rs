//! How far each REPORT database is behind, and what lies in the spool.

use metrics::SharedString;
use report::{Backlog, DatabaseStatus};

use super::float;
use crate::context::Context;

/// Publishes the spool's numbers, and those of each database that is configured.
pub(super) async fn publish(instance: &SharedString, ctx: &Context) {
    let labels = [("instance", instance.clone())];
    let damage = ctx.spool.damage();
    metrics::gauge!("ngondo_spool_bytes", &labels).set(unsigned(ctx.spool.bytes()));
    metrics::gauge!("ngondo_spool_torn_bytes", &labels).set(unsigned(damage.torn_bytes));
    metrics::gauge!("ngondo_spool_set_aside", &labels).set(unsigned(damage.set_aside));
    if let Ok(dead) = ctx.spool.dead_letters().await {
        metrics::gauge!("ngondo_dead_letters", &labels).set(float(dead));
    }
    let status = ctx.spool.status();
    for (database, status) in [("first", &status.first), ("second", &status.second)] {
        shipped(&[("instance", instance.clone()), ("database", database.into())], status);
    }
    let Ok(backlog) = ctx.spool.backlog().await else { return };
    for (database, behind) in [("first", backlog.first), ("second", backlog.second)] {
        let Some(Backlog { rows, bytes, oldest_at_us }) = behind else { continue };
        let labels = [("instance", instance.clone()), ("database", SharedString::from(database))];
        let age_us = oldest_at_us.map_or(0, |at_us| ctx.clock.now_us().saturating_sub(at_us));
        metrics::gauge!("ngondo_spool_rows", &labels).set(float(rows));
        metrics::gauge!("ngondo_spool_backlog_bytes", &labels).set(float(bytes));
        metrics::gauge!("ngondo_spool_age_seconds", &labels).set(float(age_us.max(0)) / 1e6);
    }
}

fn shipped(labels: &[(&'static str, SharedString); 2], status: &DatabaseStatus) {
    let DatabaseStatus { url, connected, shipped, known, parked, expired, .. } = status;
    if url.is_none() {
        return;
    }
    metrics::gauge!("ngondo_report_up", labels).set(float(i64::from(*connected)));
    metrics::counter!("ngondo_shipped_rows_total", labels).absolute(*shipped);
    metrics::counter!("ngondo_shipped_known_rows_total", labels).absolute(*known);
    metrics::counter!("ngondo_dead_letters_total", labels).absolute(*parked);
    metrics::counter!("ngondo_expired_rows_total", labels).absolute(*expired);
}

fn unsigned(number: u64) -> f64 {
    float(i64::try_from(number).unwrap_or(i64::MAX))
}
