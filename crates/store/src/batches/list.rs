//! Lists batches, with how their vouchers stand.

use sqlx::{QueryBuilder, Sqlite};

use super::{Batch, BatchState, READ, Row, TABLE, signed};
use crate::{Store, StoreError};

const COUNTS: &str = "SELECT batch, state, SUM(n) FROM voucher_tally \
    WHERE batch BETWEEN $1 AND $2 GROUP BY batch, state HAVING SUM(n) <> 0 ORDER BY batch, state";

/// Which batches are asked for; nothing set means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchFilter {
    /// Only those in this state.
    pub state: Option<BatchState>,
    /// Only this one.
    pub only: Option<u64>,
    /// Only numbers behind this one: where the last page ended.
    pub after: Option<u64>,
}

// === impl Store ===

impl Store {
    /// Lists batches by their numbers, with the counts of their vouchers. The counter is 0.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn batches(
        &self,
        filter: &BatchFilter,
        limit: u32,
    ) -> Result<Vec<Batch>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(READ);
        query.push(" WHERE id > ").push_bind(filter.after.map_or(-1, signed));
        if let Some(only) = filter.only {
            query.push(" AND id = ").push_bind(signed(only));
        }
        if let Some(state) = filter.state {
            query.push(" AND state = ").push_bind(state.as_str());
        }
        query.push(" ORDER BY id LIMIT ").push_bind(limit);
        let rows = query.build_query_as::<Row>().fetch_all(self.reads()).await;
        let rows = rows.map_err(StoreError::on(TABLE))?;
        let batches: Result<Vec<Batch>, StoreError> =
            rows.into_iter().map(Batch::try_from).collect();
        self.counted(batches?).await
    }

    async fn counted(&self, mut batches: Vec<Batch>) -> Result<Vec<Batch>, StoreError> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else {
            return Ok(batches);
        };
        let counts: Vec<(i64, String, i64)> = sqlx::query_as(COUNTS)
            .bind(signed(first.id))
            .bind(signed(last.id))
            .fetch_all(self.reads())
            .await
            .map_err(StoreError::on("voucher_tally"))?;
        for (batch, state, n) in counts {
            let found = batches.binary_search_by_key(&batch, |it| signed(it.id));
            let batch = found.ok().and_then(|at| batches.get_mut(at));
            if let (Some(batch), Ok(n)) = (batch, u64::try_from(n)) {
                batch.counts.push((state, n));
            }
        }
        Ok(batches)
    }
}
