//! What is done to a range of vouchers at once.

use protocol::Label;

use crate::{StoreError, Tx, batches::signed};

const TABLE: &str = "voucher";

const ASSIGN: &str = "UPDATE voucher SET shop = $3 \
    WHERE serial BETWEEN $1 AND $2 AND state = 'created' \
        AND (shop = $4 OR shop IS NULL AND $4 IS NULL) \
        AND EXISTS (SELECT 1 FROM batch WHERE batch.id = voucher.batch AND batch.state <> 'closed')";
const FREEZE: &str = "UPDATE voucher SET was = state, state = 'frozen' \
    WHERE serial BETWEEN $1 AND $2 AND state IN ('created', 'sold')";
const THAW: &str = "UPDATE voucher SET state = was, was = NULL \
    WHERE serial BETWEEN $1 AND $2 AND state = 'frozen'";
const VOID: &str = "UPDATE voucher SET was = COALESCE(was, state), state = 'void', code = NULL \
    WHERE serial BETWEEN $1 AND $2 AND state IN ('created', 'sold', 'frozen')";
const COUNT: &str = "SELECT COUNT(*) FROM voucher WHERE serial BETWEEN $1 AND $2";

/// Some serial numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serials {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// What is done to each voucher of a range that is in a state for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeAct {
    /// What is not sold goes from one shop, or from nobody, to another.
    Assign {
        /// Whose it must be.
        from: Option<Label>,
        /// Whose it is then.
        to: Option<Label>,
    },
    /// It gives nothing for now.
    Freeze,
    /// It gives again.
    Thaw,
    /// It never gives anything again, and its code is nowhere.
    Void,
}

/// What became of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// How many vouchers were changed.
    pub changed: u64,
    /// How many were in no state for it, and stay as they are.
    pub left: u64,
}

// === impl Tx ===

impl Tx {
    /// Does something to each voucher of a range, in one conditional statement.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn change_range(
        &mut self,
        serials: Serials,
        act: &RangeAct,
    ) -> Result<Changed, StoreError> {
        let (first, last) = (signed(serials.first), signed(serials.last));
        let there: i64 = sqlx::query_scalar(COUNT)
            .bind(first)
            .bind(last)
            .fetch_one(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        let text = |shop: &Option<Label>| shop.as_ref().map(ToString::to_string);
        let query = match act {
            RangeAct::Assign { from, to } => {
                sqlx::query(ASSIGN).bind(first).bind(last).bind(text(to)).bind(text(from))
            }
            RangeAct::Freeze => sqlx::query(FREEZE).bind(first).bind(last),
            RangeAct::Thaw => sqlx::query(THAW).bind(first).bind(last),
            RangeAct::Void => sqlx::query(VOID).bind(first).bind(last),
        };
        let done = query.execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        let changed = done.rows_affected();
        let there = u64::try_from(there).unwrap_or_default();
        Ok(Changed { changed, left: there.saturating_sub(changed) })
    }
}

#[cfg(test)]
mod tests;
