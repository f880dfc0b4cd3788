//! Copying rows from one database to the other, beside the shippers.

use std::collections::BTreeSet;

use sqlx::Connection as _;
use tokio::time::timeout;
use uuid::Uuid;

use super::compare::MINUTE_US;
use super::{Difference, Filter, ReportDb, SHIP_TIMEOUT, add, failed, sql};
use crate::error::DbError;
use crate::row::Row;

/// Rows of one transaction.
const BATCH: u32 = 256;

/// What became of the rows that one database lacked.
#[derive(Debug, Default)]
pub struct Copied {
    /// Rows that were added.
    pub rows: u64,
    /// Rows that could not be: stored values not of their form, or refused by the other database.
    pub left: Vec<DbError>,
}

// === impl ReportDb ===

impl ReportDb {
    /// Adds rows that are not there yet, past every cursor: shipping them as well changes nothing. Says how many
    /// were new.
    ///
    /// # Errors
    ///
    /// [`DbError`]; then none was added.
    pub async fn copy(&self, rows: &[Row]) -> Result<u64, DbError> {
        timeout(SHIP_TIMEOUT, self.copy_all(rows)).await.map_err(|_| DbError::Timeout("copy"))?
    }

    async fn copy_all(&self, rows: &[Row]) -> Result<u64, DbError> {
        let mut conn = self.conn.lock().await;
        let mut tx = conn.begin_with(sql::BEGIN).await.map_err(failed("begin"))?;
        let new = add(&mut tx, rows).await?;
        tx.commit().await.map_err(failed("commit"))?;
        Ok(new)
    }

    /// Copies from `source` what this database lacks of a server and minute; watermarks excepted. Done twice it is
    /// done once, and it may be cut anywhere.
    ///
    /// # Errors
    ///
    /// [`DbError`] of either; what was copied until then stays.
    pub async fn fill(&self, source: &Self, difference: &Difference) -> Result<Copied, DbError> {
        let known = self.ids(difference).await?;
        let until = difference.minute_us.saturating_add(MINUTE_US);
        let Ok(server) = difference.server.parse() else {
            let nameless = DbError::Value { column: "server", id: Uuid::nil() };
            return Ok(Copied { rows: 0, left: vec![nameless] });
        };
        let filter = Filter {
            server: Some(server),
            from_us: Some(difference.minute_us),
            until_us: Some(until),
            ..Filter::default()
        };
        let mut copied = Copied::default();
        let mut after = Some((i64::MIN, Uuid::nil()));
        while let Some((at_us, id)) = after {
            let from =
                (difference.server.as_str(), at_us.max(difference.minute_us.saturating_sub(1)), id);
            let page = source.since(&filter, from, BATCH).await?;
            let unknown = page.unreadable.into_iter().filter(|error| !known.contains(&error.id()));
            copied.left.extend(unknown);
            let lacking: Vec<Row> =
                page.rows.into_iter().filter(|row| !known.contains(&row.id)).collect();
            self.copy_but_poison(&lacking, &mut copied).await?;
            after = page.last;
        }
        Ok(copied)
    }

    /// Adds all rows that the database takes.
    async fn copy_but_poison(&self, rows: &[Row], copied: &mut Copied) -> Result<(), DbError> {
        match self.copy(rows).await {
            Ok(new) => copied.rows = copied.rows.saturating_add(new),
            Err(error) if error.is_poison() && rows.len() <= 1 => copied.left.push(error),
            Err(error) if error.is_poison() => {
                for row in rows {
                    Box::pin(self.copy_but_poison(std::slice::from_ref(row), copied)).await?;
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn ids(&self, difference: &Difference) -> Result<BTreeSet<Uuid>, DbError> {
        let query = sqlx::query_scalar(sql::IDS).bind(&difference.server);
        let query = query.bind(difference.minute_us);
        let query = query.bind(difference.minute_us.saturating_add(MINUTE_US));
        let mut conn = self.conn.lock().await;
        let ids: Vec<Uuid> = query.fetch_all(&mut *conn).await.map_err(failed("ids"))?;
        Ok(ids.into_iter().collect())
    }
}

// === impl DbError ===

impl DbError {
    /// The row at fault, where one is; else nil.
    fn id(&self) -> Uuid {
        match self {
            Self::Value { id, .. } => *id,
            _ => Uuid::nil(),
        }
    }
}
