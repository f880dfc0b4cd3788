//! Deleting rows that are older than they are kept.

use tokio::time::timeout;

use super::{ReportDb, SHIP_TIMEOUT, failed, sql};
use crate::error::DbError;

/// Rows of one step: a transaction of milliseconds, after which others have their turn.
const STEP: i64 = 500;

// === impl ReportDb ===

impl ReportDb {
    /// Deletes a few rows from before a moment, and of watermarks from before another, whoever wrote them; a server's
    /// last watermark stays. Microseconds since 1970. Says how many; none: there is nothing left to delete.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`], [`DbError::Timeout`].
    pub async fn expire(&self, before_us: i64, watermarks_us: i64) -> Result<u64, DbError> {
        let step = self.expire_some(before_us, watermarks_us);
        timeout(SHIP_TIMEOUT, step).await.map_err(|_| DbError::Timeout("expire"))?
    }

    async fn expire_some(&self, before_us: i64, watermarks_us: i64) -> Result<u64, DbError> {
        let last = self.watermarks(i64::MAX).await?;
        let servers = self.servers().await?;
        let mut conn = self.conn.lock().await;
        for server in servers {
            // What says that a server is dead outlives its rows.
            let marks_us = last.get(&server).map_or(watermarks_us, |last| watermarks_us.min(*last));
            for (statement, before_us) in
                [(sql::EXPIRE_WATERMARKS, marks_us), (sql::EXPIRE, before_us)]
            {
                let query = sqlx::query(statement).bind(&server).bind(before_us).bind(STEP);
                let done = query.execute(&mut *conn).await.map_err(failed("expire"))?;
                if 0 < done.rows_affected() {
                    return Ok(done.rows_affected());
                }
            }
        }
        Ok(0)
    }
}
