//! What a database does not have yet.

use protocol::Pair;

use crate::error::SpoolError;
use crate::row::{Lane, Row};
use crate::ship::{DatabaseStatus, Place};
use crate::spool::Spool;

/// Rows that wait for one database.
///
/// Until that database was reached once, rows that it had before the start count too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many.
    pub rows: i64,
    /// Their size as the spool keeps them; over a thousand rows, by the mean of the first thousand.
    pub bytes: i64,
    /// When the oldest of them arrived, microseconds since 1970.
    pub oldest_at_us: Option<i64>,
}

// === impl Spool ===

impl Spool {
    /// How each database fares.
    pub fn status(&self) -> Pair<DatabaseStatus> {
        Place::PAIR.map(|place| self.progress().slot(place).status())
    }

    /// What each database lacks; `None` where none is configured.
    ///
    /// # Errors
    ///
    /// [`SpoolError::Read`].
    pub async fn backlog(&self) -> Result<Pair<Option<Backlog>>, SpoolError> {
        let first = self.backlog_of(Place::First).await?;
        Ok(Pair::new(first, self.backlog_of(Place::Second).await?))
    }

    async fn backlog_of(&self, place: Place) -> Result<Option<Backlog>, SpoolError> {
        let slot = self.progress().slot(place);
        if slot.url.is_none() {
            return Ok(None);
        }
        let mut backlog = Backlog::default();
        for lane in Lane::ALL {
            let after = slot.acked(lane).unwrap_or(0);
            let file = self.lane(lane);
            let rows = file.count_after(after).await?;
            backlog.rows = backlog.rows.saturating_add(rows);
            let (sampled, bytes) =
                if rows == 0 { (0, 0) } else { file.reader().sample(after).await? };
            let bytes = bytes.saturating_mul(rows).checked_div(sampled).unwrap_or(0);
            backlog.bytes = backlog.bytes.saturating_add(bytes);
            let oldest = file.reader().rows(after, i64::MAX, 1).await?;
            let at = oldest.first().and_then(|row| Row::from_json(&row.body).ok());
            let at = at.map(|row| row.at_us);
            backlog.oldest_at_us = [backlog.oldest_at_us, at].into_iter().flatten().min();
        }
        Ok(Some(backlog))
    }
}
