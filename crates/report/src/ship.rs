//! From the spool into both databases, each by itself.

mod progress;
mod shipper;
mod sweep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use protocol::{DbUrl, Pair};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::error::SpoolError;
use crate::row::Lane;
use crate::spool::Spool;
pub use progress::DatabaseStatus;
pub(crate) use progress::{Place, Progress, Slot};
use shipper::Shipper;

/// For how long rows stand in a database, and what time it is.
#[derive(Clone)]
pub struct Retention {
    /// For how long.
    pub keep: Duration,
    /// Microseconds since 1970.
    pub now_us: Arc<dyn Fn() -> i64 + Send + Sync>,
}

/// The two tasks that carry rows away, one for each database.
///
/// A row leaves the spool once every configured database has committed it. Where only one is configured that is
/// enough, and the log says so.
#[derive(Debug)]
pub struct Shippers {
    spool: Spool,
    drain: CancellationToken,
    abandon: CancellationToken,
    tasks: TaskTracker,
    _guard: DropGuard,
}

// === impl Retention ===

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention").field("keep", &self.keep).finish_non_exhaustive()
    }
}

// === impl Shippers ===

impl Shippers {
    /// Starts both, following the addresses wherever they go; nothing is deleted there.
    ///
    /// Must be called within a runtime.
    pub fn start(spool: &Spool, targets: watch::Receiver<Pair<Option<DbUrl>>>) -> Self {
        Self::start_keeping(spool, targets, None)
    }

    /// Does what [`Shippers::start`] does, and deletes there what is older than it is to be kept.
    ///
    /// Must be called within a runtime.
    pub fn start_keeping(
        spool: &Spool,
        targets: watch::Receiver<Pair<Option<DbUrl>>>,
        retention: Option<&Retention>,
    ) -> Self {
        let (drain, abandon) = (CancellationToken::new(), CancellationToken::new());
        let tasks = TaskTracker::new();
        spool.progress().aim(&targets.borrow());
        for (place, targets) in Place::ALL.into_iter().zip([targets.clone(), targets]) {
            let shipper =
                Shipper::new(place, spool.clone(), targets, drain.clone(), retention.cloned());
            let abandon = abandon.clone();
            tasks.spawn(async move { abandon.run_until_cancelled(shipper.run()).await });
        }
        tasks.close();
        let guard = abandon.clone().drop_guard();
        Self { spool: spool.clone(), drain, abandon, tasks, _guard: guard }
    }

    /// How each database fares.
    pub fn status(&self) -> Pair<DatabaseStatus> {
        self.spool.status()
    }

    /// Waits until every configured database has all that was appended before; at least one must be configured.
    ///
    /// # Errors
    ///
    /// [`SpoolError::Stopped`] where the spool was closed.
    pub async fn settled(&self) -> Result<(), SpoolError> {
        let goal = Lane::ALL.map(|lane| (lane, self.spool.lane(lane).committed()));
        self.spool.flush().await?;
        let reached = |slot: &Slot| goal.iter().all(|&(lane, seq)| Some(seq) <= slot.acked(lane));
        self.spool.progress().wait_for(reached).await;
        Ok(())
    }

    /// Waits until the database at each place that `wanted` names was reached, or failed, as it says.
    ///
    /// For whoever must know that a change of address, or the death of a database, has been noticed.
    pub async fn noticed(&self, wanted: impl Fn(&Pair<DatabaseStatus>) -> bool + Send) {
        self.spool.progress().noticed(wanted).await;
    }

    /// Ships what can be shipped until the deadline, then leaves the rest on the disk and ends.
    pub async fn stop(&self, deadline: Instant) {
        let flushed = timeout_at(deadline, self.spool.flush()).await;
        if !matches!(flushed, Ok(Ok(()))) {
            warn!(
                "the spool could not be flushed: what is not shipped now is shipped after the next start"
            );
        }
        self.drain.cancel();
        if timeout_at(deadline, self.tasks.wait()).await.is_err() {
            self.abandon.cancel();
            self.tasks.wait().await;
        }
    }
}
