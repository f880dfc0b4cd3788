//! Up to when a database has all that a server recorded.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::compare::MINUTE_US;
use super::{Difference, ReportDb, failed, sql};
use crate::error::DbError;

/// The longest that a request may take: its row, which is of the time when it arrived, follows so late.
pub(crate) const LATE_US: i64 = 60 * 1_000_000;
/// A server whose last watermark is older is dead: nothing of it is on its way.
const DEAD_US: i64 = 10 * MINUTE_US;
/// How far clocks may differ; what is further ahead is no sign of anything.
pub(crate) const AHEAD_US: i64 = 5 * MINUTE_US;

/// Up to when the rows of each server have arrived in both of two databases.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    until_us: BTreeMap<String, i64>,
}

// === impl ReportDb ===

impl ReportDb {
    /// The time of each server's last watermark, microseconds since 1970: whatever it had recorded before stands here.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub async fn watermarks(&self, now_us: i64) -> Result<BTreeMap<String, i64>, DbError> {
        let mut conn = self.conn.lock().await;
        let query = sqlx::query(sql::WATERMARKS).bind(now_us.saturating_add(AHEAD_US));
        let rows = query.fetch_all(&mut *conn).await.map_err(failed("watermarks"))?;
        let read = |row: &sqlx::sqlite::SqliteRow| Ok((row.try_get("server")?, row.try_get("at")?));
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed("watermarks"))
    }

    /// Up to when both databases are complete.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`] of either.
    pub async fn settled(&self, other: &Self, now_us: i64) -> Result<Settled, DbError> {
        let (first, second) = tokio::try_join!(self.watermarks(now_us), other.watermarks(now_us))?;
        let mut settled = Settled::default();
        for server in first.keys().chain(second.keys()) {
            let (one, two) = (first.get(server), second.get(server));
            let is_dead = one.max(two).is_some_and(|at| *at < now_us.saturating_sub(DEAD_US));
            let until = match one.min(two) {
                _ if is_dead => i64::MAX,
                // One of them has not heard of a server that lives.
                None => i64::MIN,
                Some(at) => at.saturating_sub(LATE_US),
            };
            settled.until_us.insert(server.clone(), until);
        }
        Ok(settled)
    }
}

// === impl Settled ===

impl Settled {
    /// Whether a difference will stay unless somebody repairs it; else its rows may be on their way.
    ///
    /// So it is for a server that never wrote a watermark: it is of an earlier build, or gone.
    pub fn covers(&self, difference: &Difference) -> bool {
        let end = difference.minute_us.saturating_add(MINUTE_US);
        self.until_us.get(&difference.server).is_none_or(|until| end <= *until)
    }

    /// The moment up to which both are complete for every server that lives; nothing where none does.
    pub fn until_us(&self) -> Option<i64> {
        self.until_us.values().copied().filter(|until| *until != i64::MAX).min()
    }
}
