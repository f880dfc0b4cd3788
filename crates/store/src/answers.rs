//! The full answers of SR, sealed, so that a retry gets the same one.

use protocol::DeviceId;

use crate::{Keyed, StoreError, Tx};

const TABLE: &str = "record_answer";

const READ: &str = "SELECT full_answer FROM record_answer WHERE lookup = $1 AND until_ms > $2";
const KEEP: &str = "INSERT INTO record_answer (lookup, device, full_answer, until_ms) \
    VALUES ($1, $2, $3, $4) ON CONFLICT (lookup) DO UPDATE SET \
    device = excluded.device, full_answer = excluded.full_answer, until_ms = excluded.until_ms";
const END: &str = "DELETE FROM record_answer WHERE device = $1";
const PURGE: &str = "DELETE FROM record_answer WHERE until_ms <= $1";

/// A recording's full answer, kept for who asks the same again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Index of what makes a request the same.
    pub lookup: Keyed,
    /// The box that it is about.
    pub device: DeviceId,
    /// Sealed answer.
    pub full_answer: Vec<u8>,
    /// When it is no longer given.
    pub until_ms: i64,
}

// === impl Tx ===

impl Tx {
    /// Finds the sealed full answer of the same request.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn stored_answer(
        &mut self,
        lookup: &Keyed,
        now_ms: i64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query_scalar(READ).bind(lookup.digest.to_vec()).bind(now_ms);
        query.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))
    }

    /// Keeps a full answer, in place of one under the same look-up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn keep_answer(&mut self, answer: &StoredAnswer) -> Result<(), StoreError> {
        let query = sqlx::query(KEEP)
            .bind(answer.lookup.digest.to_vec())
            .bind(answer.device.as_bytes().to_vec())
            .bind(answer.full_answer.clone())
            .bind(answer.until_ms);
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on(TABLE))
    }

    /// Forgets the full answers about a box.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn end_answers(&mut self, device: DeviceId) -> Result<(), StoreError> {
        let query = sqlx::query(END).bind(device.as_bytes().to_vec());
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on(TABLE))
    }

    /// Forgets the full answers whose time is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn purge_answers(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let query = sqlx::query(PURGE).bind(now_ms);
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on(TABLE))
    }
}

#[cfg(test)]
mod tests;
