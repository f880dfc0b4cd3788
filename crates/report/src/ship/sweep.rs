//! Deleting what is too old, a little at a time, between the batches of a shipper.

use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use super::Retention;
use crate::db::ReportDb;

/// How long watermarks are kept: for comparing, whole days; for balancing, seconds.
const KEEP_WATERMARKS: Duration = Duration::from_hours(24);
/// Between two sweeps, before it is drawn; every server sweeps, so that rows of one that is gone for good go too.
const PAUSE: Duration = Duration::from_hours(1);
/// Rest after a step that found something, in times of what it took: a sweep takes a tenth of one core.
const REST: u32 = 9;

/// When the next step is due.
pub(super) struct Sweep {
    retention: Retention,
    due: Instant,
}

// === impl Sweep ===

impl Sweep {
    pub(super) fn new(retention: Retention) -> Self {
        Self { retention, due: Instant::now() }
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Deletes a few rows where it is time; how many.
    pub(super) async fn step(&mut self, db: &ReportDb) -> u64 {
        let began = Instant::now();
        if began < self.due {
            return 0;
        }
        let now_us = (self.retention.now_us)();
        let before = |keep: Duration| {
            now_us.saturating_sub(i64::try_from(keep.as_micros()).unwrap_or(i64::MAX))
        };
        let watermarks = before(KEEP_WATERMARKS.min(self.retention.keep));
        match db.expire(before(self.retention.keep), watermarks).await {
            Ok(0) => {
                self.due = Instant::now() + PAUSE.mul_f64(0.5 + rand::random::<f64>());
                0
            }
            Ok(count) => {
                self.due = Instant::now() + began.elapsed().saturating_mul(REST);
                count
            }
            Err(error) => {
                // Shipping shows soon enough whether the database is well.
                warn!(url = %db.url(), %error, "rows that are too old could not be deleted");
                self.due = Instant::now() + PAUSE;
                0
            }
        }
    }
}
