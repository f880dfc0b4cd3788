//! One writing transaction.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::StoreError;
use crate::turn::Turn;

/// A writing transaction. Dropped without [`Tx::commit`], it changes nothing.
#[derive(Debug)]
pub struct Tx {
    // Ends before the turn does.
    inner: Transaction<'static, Sqlite>,
    _turn: Turn,
}

// === impl Tx ===

impl Tx {
    pub(crate) fn new(inner: Transaction<'static, Sqlite>, turn: Turn) -> Self {
        Self { inner, _turn: turn }
    }

    /// Makes all changes at once; they are on the disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`]; nothing was changed then.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await.map_err(StoreError::on("(commit)"))
    }

    /// The connection, for statements of this crate.
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }
}
