//! Whether two databases hold the same rows.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Pair;
use sqlx::Row as _;
use uuid::Uuid;

use super::{ReportDb, failed, sql};
use crate::error::DbError;

/// Microseconds of a minute.
pub(super) const MINUTE_US: i64 = 60_000_000;
/// Rows read at once.
const PAGE_ROWS: i64 = 10_000;

/// The stretch of time that is compared; without ends, all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Not before, microseconds since 1970.
    pub from_us: Option<i64>,
    /// Before, microseconds since 1970.
    pub until_us: Option<i64>,
}

/// What one database holds of one server and minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// How many rows.
    pub count: u64,
    /// All their ids, xored.
    pub hash: u128,
}

/// A server and minute of which the databases hold different rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The server that wrote the rows.
    pub server: String,
    /// The start of the minute, microseconds since 1970.
    pub minute_us: i64,
    /// What each holds.
    pub cells: Pair<Cell>,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// How many rows each has.
    pub rows: Pair<u64>,
    /// Where they differ, by server and minute.
    pub differences: Vec<Difference>,
}

/// What a database holds, by server and start of the minute.
type Cells = BTreeMap<(String, i64), Cell>;

// === impl Comparison ===

impl Comparison {
    /// Says whether both hold the same rows.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

// === impl ReportDb ===

impl ReportDb {
    /// Compares two databases, per server and minute; watermarks are not part of it.
    ///
    /// Rows on their way differ for a moment: [`Settled`](super::Settled) tells which differences will stay.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`] of either.
    pub async fn compare(&self, other: &Self, span: Span) -> Result<Comparison, DbError> {
        let (first, second) = tokio::try_join!(self.cells(span), other.cells(span))?;
        let count = |cells: &Cells| cells.values().map(|cell| cell.count).sum();
        let rows = Pair::new(count(&first), count(&second));
        let keys: BTreeSet<_> = first.keys().chain(second.keys()).collect();
        let cell = |cells: &Cells, key| cells.get(key).copied().unwrap_or_default();
        let differences = keys
            .into_iter()
            .map(|key| (key, Pair::new(cell(&first, key), cell(&second, key))))
            .filter(|(_, cells)| cells.first != cells.second)
            .map(|((server, minute_us), cells)| Difference {
                server: server.clone(),
                minute_us: *minute_us,
                cells,
            })
            .collect();
        Ok(Comparison { rows, differences })
    }

    async fn cells(&self, span: Span) -> Result<Cells, DbError> {
        let mut cells = Cells::new();
        let mut after = Some(Uuid::nil());
        while let Some(id) = after {
            after = self.page(id, span, &mut cells).await?;
        }
        Ok(cells)
    }

    /// Adds one page; its last id, where another may follow.
    async fn page(
        &self,
        after: Uuid,
        span: Span,
        cells: &mut Cells,
    ) -> Result<Option<Uuid>, DbError> {
        let query = sqlx::query(sql::PAGE).bind(after);
        let query = query.bind(span.from_us.unwrap_or(i64::MIN));
        let query = query.bind(span.until_us.unwrap_or(i64::MAX)).bind(PAGE_ROWS);
        let mut conn = self.conn.lock().await;
        let rows = query.fetch_all(&mut *conn).await.map_err(failed("compare"))?;
        let mut last = None;
        for row in &rows {
            let id: Uuid = row.try_get("id").map_err(failed("compare"))?;
            let at: i64 = row.try_get("at").map_err(failed("compare"))?;
            let server = row.try_get("server").map_err(failed("compare"))?;
            let minute = at.div_euclid(MINUTE_US).saturating_mul(MINUTE_US);
            let cell = cells.entry((server, minute)).or_default();
            cell.count = cell.count.saturating_add(1);
            cell.hash ^= id.as_u128();
            last = Some(id);
        }
        Ok(last)
    }
}
