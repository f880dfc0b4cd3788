//! Batches: orders of purchase codes, each with a range of serials of its own.

mod list;
mod print;
mod row;

use std::{fmt, str::FromStr};

use protocol::{Date, Label, PrincipalName};

pub use self::list::BatchFilter;
pub use self::print::{Print, Printed};
use self::row::{READ, Row};
use crate::{
    NewVoucher, Product, Refusal, Store, StoreError, Tx, Wish, stock::end_text, vouchers::Placed,
};

const TABLE: &str = "batch";

const INSERT: &str = "INSERT INTO batch \
    (id, request, wish, operator, amount, currency, good_until, first, count, state, label, \
     created_ms, created_by) \
    SELECT MAX(id) + 1, $1, $2, $3, $4, $5, $6, $7, $8, 'created', $9, $10, $11 FROM batch \
    RETURNING id";
const WISH_OF: &str = "SELECT id, wish FROM batch WHERE request = $1";
const GROW: &str = "UPDATE batch SET made = made + $1 WHERE id = $2 AND made = $3";
const ACTIVATE: &str =
    "UPDATE batch SET state = 'active' WHERE id = $1 AND state IN ('created', 'printed')";
const FREEZE: &str = "UPDATE batch SET was = state, state = 'frozen' \
    WHERE id = $1 AND state IN ('created', 'printed', 'active')";
const THAW: &str = "UPDATE batch SET state = was, was = NULL WHERE id = $1 AND state = 'frozen'";
const CLOSE: &str =
    "UPDATE batch SET state = 'closed', was = NULL WHERE id = $1 AND state <> 'closed'";
const OWED: &str = "SELECT COALESCE(SUM(n), 0) FROM voucher_tally \
    WHERE batch = $1 AND state IN ('sold', 'frozen/sold') AND good_until >= $2";
const UNSCRUBBED: &str = "SELECT id, first, scrubbed, count FROM batch WHERE state = 'closed' AND scrubbed < count \
    ORDER BY id LIMIT 1";
/// What nobody bought is void; what is void or over needs no code.
const SCRUB: &str = "UPDATE voucher SET code = NULL, \
        was = CASE WHEN state = 'created' THEN 'created' ELSE was END, \
        state = CASE WHEN state IN ('created', 'frozen') THEN 'void' ELSE state END \
    WHERE serial BETWEEN $1 AND $2 AND batch = $3";
const SCRUBBED: &str = "UPDATE batch SET scrubbed = $1 WHERE id = $2";

/// So many vouchers of a closed batch lose their code in one transaction.
const SCRUB_AT_ONCE: i64 = 1000;

/// What a batch may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Ordered; its codes are drawn, or being drawn.
    Created,
    /// Its codes are with the printer.
    Printed,
    /// Its vouchers can be sold and redeemed.
    Active,
    /// They cannot, for now.
    Frozen,
    /// They cannot any more, and their codes are nowhere.
    Closed,
}

/// A word that names no state.
#[derive(Debug, thiserror::Error)]
#[error("not one of created, printed, active, frozen, closed")]
pub struct UnknownBatchState;

/// What is ordered.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Who asks for what: the same wish again goes on with the same batch.
    pub wish: Wish,
    /// What its vouchers buy.
    pub product: Product,
    /// How many.
    pub count: u32,
    /// Their last good day.
    pub expires: Option<Date>,
    /// The operator's own name for it.
    pub label: Option<Label>,
    /// Who orders, where that is proved.
    pub principal: Option<PrincipalName>,
}

/// What an order did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// There is a new batch of this number.
    New(u64),
    /// The same request ordered this one.
    Before(u64),
}

/// A batch, and how its vouchers stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number.
    pub id: u64,
    /// What its vouchers buy; the counter's buy different things.
    pub product: Option<Product>,
    /// Their last good day.
    pub expires: Option<Date>,
    /// Its first serial.
    pub first: Option<u64>,
    /// How many were ordered.
    pub count: u64,
    /// How many are drawn.
    pub made: u64,
    /// What it is.
    pub state: BatchState,
    /// The operator's own name for it.
    pub label: Option<String>,
    /// When it was ordered.
    pub created_ms: i64,
    /// When it was printed.
    pub printed_ms: Option<i64>,
    /// How many of its vouchers are in each state, where the list asked.
    pub counts: Vec<(String, u64)>,
}

/// What is done to a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchAct {
    /// Its vouchers may be sold and redeemed from now on.
    Activate,
    /// They may not, for now.
    Freeze,
    /// They may again what they might before.
    Thaw,
    /// They never may again.
    Close,
}

// === impl BatchState ===

impl BatchState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Created, Self::Printed, Self::Active, Self::Frozen, Self::Closed];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Printed => "printed",
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for BatchState {
    type Err = UnknownBatchState;

    fn from_str(word: &str) -> Result<Self, UnknownBatchState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(UnknownBatchState)
    }
}

impl fmt::Display for BatchState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Batch ===

impl Batch {
    /// Its last serial.
    pub fn last(&self) -> Option<u64> {
        self.first.map(|first| first.saturating_add(self.count).saturating_sub(1))
    }
}

// === impl Ordered ===

impl Ordered {
    /// The batch's number.
    pub fn id(self) -> u64 {
        match self {
            Self::New(id) | Self::Before(id) => id,
        }
    }
}

// === impl BatchAct ===

impl BatchAct {
    fn statement(self) -> &'static str {
        match self {
            Self::Activate => ACTIVATE,
            Self::Freeze => FREEZE,
            Self::Thaw => THAW,
            Self::Close => CLOSE,
        }
    }
}

// === impl Store ===

impl Store {
    /// Reads a batch, without the counts of its vouchers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn batch(&self, id: u64) -> Result<Option<Batch>, StoreError> {
        row::read(self.reads(), id).await
    }
}

// === impl Tx ===

impl Tx {
    /// Orders a batch, or finds the one that the same request ordered; takes its serials.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn order_batch(
        &mut self,
        new: &NewBatch,
    ) -> Result<Result<Ordered, Refusal>, StoreError> {
        let known: Option<(i64, Vec<u8>)> = sqlx::query_as(WISH_OF)
            .bind(new.wish.request.uuid())
            .fetch_optional(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        if let Some((id, wish)) = known {
            let same = wish == new.wish.digest;
            let id = u64::try_from(id).unwrap_or_default();
            return Ok(if same { Ok(Ordered::Before(id)) } else { Err(Refusal::OtherWish) });
        }
        let first = self.take_serials(i64::from(new.count)).await?;
        let id: i64 = sqlx::query_scalar(INSERT)
            .bind(new.wish.request.uuid())
            .bind(new.wish.digest.to_vec())
            .bind(new.product.operator.to_string())
            .bind(new.product.amount.to_string())
            .bind(new.product.currency.to_string())
            .bind(end_text(new.expires))
            .bind(first)
            .bind(new.count)
            .bind(new.label.as_ref().map(ToString::to_string))
            .bind(new.wish.at_ms)
            .bind(new.principal.map(|it| it.to_string()))
            .fetch_one(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        Ok(Ok(Ordered::New(u64::try_from(id).unwrap_or_default())))
    }

    /// Adds drawn codes to a batch, no more than it lacks; says what it is then.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a code was drawn before; then those of [`Tx::order_batch`].
    pub async fn fill_batch(
        &mut self,
        id: u64,
        drawn: &[NewVoucher],
    ) -> Result<Result<Batch, Refusal>, StoreError> {
        let Some(batch) = self.batch(id).await? else { return Ok(Err(Refusal::NoBatch)) };
        let (Some(first), Some(product)) = (batch.first, &batch.product) else {
            return Ok(Err(Refusal::BatchIs(batch.state)));
        };
        // What a closed batch lacks, it will never have.
        if batch.state == BatchState::Closed || batch.made == batch.count {
            return Ok(Ok(batch));
        }
        let left = usize::try_from(batch.count.saturating_sub(batch.made)).unwrap_or_default();
        let (number, made) = (signed(id), signed(batch.made));
        let placed = Placed { product, expires: batch.expires, batch: number, sold: None };
        let mut serial = signed(first).saturating_add(made);
        let mut added = 0;
        for voucher in drawn.iter().take(left) {
            self.insert_voucher(voucher, serial, &placed).await?;
            (serial, added) = (serial + 1, added + 1);
        }
        let done = sqlx::query(GROW).bind(added).bind(number).bind(made);
        let done = done.execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)?;
        Ok(self.batch(id).await?.ok_or(Refusal::NoBatch))
    }

    /// Does something to a whole batch, in one conditional statement.
    ///
    /// # Errors
    /// Those of [`Tx::order_batch`].
    pub async fn change_batch(
        &mut self,
        id: u64,
        act: BatchAct,
        today: Date,
    ) -> Result<Result<Batch, Refusal>, StoreError> {
        let Some(batch) = self.batch(id).await? else { return Ok(Err(Refusal::NoBatch)) };
        if act == BatchAct::Activate && batch.made < batch.count {
            return Ok(Err(Refusal::Unfinished));
        }
        // The counter is never over: there is always another sale.
        if act == BatchAct::Close && batch.first.is_none() {
            return Ok(Err(Refusal::BatchIs(batch.state)));
        }
        if act == BatchAct::Close {
            let owed: i64 = sqlx::query_scalar(OWED)
                .bind(signed(id))
                .bind(end_text(Some(today)))
                .fetch_one(self.conn())
                .await
                .map_err(StoreError::on("voucher_tally"))?;
            if 0 < owed {
                return Ok(Err(Refusal::Owed(u64::try_from(owed).unwrap_or_default())));
            }
        }
        let done = sqlx::query(act.statement()).bind(signed(id)).execute(self.conn()).await;
        if done.map_err(StoreError::on(TABLE))?.rows_affected() == 0 {
            return Ok(Err(Refusal::BatchIs(batch.state)));
        }
        Ok(self.batch(id).await?.ok_or(Refusal::NoBatch))
    }

    /// Takes the codes out of some vouchers of a closed batch; says whether more are left.
    ///
    /// # Errors
    /// Those of [`Tx::order_batch`].
    pub async fn scrub_closed(&mut self) -> Result<bool, StoreError> {
        let row: Option<(i64, i64, i64, i64)> = sqlx::query_as(UNSCRUBBED)
            .fetch_optional(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        let Some((id, first, scrubbed, count)) = row else { return Ok(false) };
        let upto = count.min(scrubbed.saturating_add(SCRUB_AT_ONCE));
        let done = sqlx::query(SCRUB).bind(first + scrubbed).bind(first + upto - 1).bind(id);
        done.execute(self.conn()).await.map_err(StoreError::on("voucher"))?;
        let done = sqlx::query(SCRUBBED).bind(upto).bind(id).execute(self.conn()).await;
        done.map_err(StoreError::on(TABLE))?;
        Ok(true)
    }

    /// Reads a batch as this transaction sees it.
    pub(crate) async fn batch(&mut self, id: u64) -> Result<Option<Batch>, StoreError> {
        row::read(self.conn(), id).await
    }
}

/// A number as SQL has it.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
