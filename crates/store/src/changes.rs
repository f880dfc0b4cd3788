//! The counter that rises with each change, by which readers ask for what is new.

use crate::{Store, StoreError, Tx};

const NEXT: &str = "UPDATE change SET n = n + 1 WHERE name = $1 RETURNING n";
const LAST: &str = "SELECT n FROM change WHERE name = $1";

/// The kinds of row that are counted when they change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted {
    Device,
    Guard,
    Principal,
}

// === impl Counted ===

impl Counted {
    fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Guard => "guard",
            Self::Principal => "principal",
        }
    }
}

impl Tx {
    /// Takes the next number of a kind. Writers exclude each other, so a greater number is
    /// never seen before a smaller one.
    pub(crate) async fn next_change(&mut self, counted: Counted) -> Result<i64, StoreError> {
        let next = sqlx::query_scalar(NEXT).bind(counted.name()).fetch_one(self.conn()).await;
        next.map_err(StoreError::on("change"))
    }
}

impl Store {
    /// The number of the last change of any box; a cache that has seen it misses nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn last_device_change(&self) -> Result<i64, StoreError> {
        self.last_change(Counted::Device).await
    }

    pub(crate) async fn last_change(&self, counted: Counted) -> Result<i64, StoreError> {
        let last = sqlx::query_scalar(LAST).bind(counted.name()).fetch_one(self.reads()).await;
        last.map_err(StoreError::on("change"))
    }
}
