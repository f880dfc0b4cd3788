//! Wishes that were done: the same request gets the same answer, and changes nothing again.

use protocol::RequestId;
use sqlx::FromRow;

use crate::{StoreError, Tx};

const TABLE: &str = "voucher_change";

const READ: &str = "SELECT wish, answer FROM voucher_change WHERE request = $1";
const INSERT: &str =
    "INSERT INTO voucher_change (request, wish, answer, at_ms) VALUES ($1, $2, $3, $4)";

/// What somebody asks for, by which request.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Made once by the client.
    pub request: RequestId,
    /// Hash of what is asked, and by whom.
    pub digest: [u8; 32],
    /// When.
    pub at_ms: i64,
}

/// What is known of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wished {
    /// Nothing: it is new.
    New,
    /// It was done, and answered with this JSON.
    Done(String),
    /// The request asked for something else.
    Other,
}

#[derive(FromRow)]
struct Row {
    wish: Vec<u8>,
    answer: String,
}

// === impl Tx ===

impl Tx {
    /// Says whether a wish was done before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn wished(&mut self, wish: &Wish) -> Result<Wished, StoreError> {
        let row = sqlx::query_as::<_, Row>(READ).bind(wish.request.uuid());
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        Ok(match row {
            None => Wished::New,
            Some(row) if row.wish == wish.digest => Wished::Done(row.answer),
            Some(_) => Wished::Other,
        })
    }

    /// Keeps the answer of a wish that is done in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when it was done before; then those of [`Tx::wished`].
    pub async fn keep_wish(&mut self, wish: &Wish, answer: &str) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT)
            .bind(wish.request.uuid())
            .bind(wish.digest.to_vec())
            .bind(answer)
            .bind(wish.at_ms)
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}
