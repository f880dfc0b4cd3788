//! The print file of a batch: its codes, once.

use protocol::RequestId;
use sqlx::FromRow;

use super::{Batch, BatchState, TABLE, signed};
use crate::{Refusal, SoldVoucher, StoreError, Tx, VoucherState};

const MARK: &str = "UPDATE batch SET state = 'printed', print_request = $1, print_key = $2, \
    printed_ms = $3 WHERE id = $4 AND state = 'created' AND made = count";
const BY: &str = "SELECT print_request, print_key FROM batch WHERE id = $1";
const CODES: &str = "SELECT id, serial, state, code FROM voucher \
    WHERE serial BETWEEN $1 AND $2 AND code IS NOT NULL AND state = 'created' ORDER BY serial";

/// Who prints a batch, and for whose key.
#[derive(Clone, Debug)]
pub struct Print {
    /// The batch.
    pub batch: u64,
    /// Made once by the client; the same one gets the file again until the batch is active.
    pub request: RequestId,
    /// SHA-256 of the printer's public key, in hex.
    pub key: String,
    /// When.
    pub at_ms: i64,
}

/// A batch with its sealed codes.
#[derive(Clone, Debug)]
pub struct Printed {
    /// The batch.
    pub batch: Batch,
    /// Its vouchers that can be sold.
    pub vouchers: Vec<SoldVoucher>,
    /// Whether the same request had the file before.
    pub again: bool,
}

#[derive(FromRow)]
struct CodeRow {
    id: Vec<u8>,
    serial: i64,
    state: String,
    code: Option<Vec<u8>>,
}

// === impl CodeRow ===

impl TryFrom<CodeRow> for SoldVoucher {
    type Error = StoreError;

    fn try_from(row: CodeRow) -> Result<Self, StoreError> {
        let at = |column| StoreError::Inconsistent {
            table: "voucher",
            column,
            row: row.serial.to_string(),
        };
        Ok(Self {
            id: row.id.as_slice().try_into().map_err(|_| at("id"))?,
            serial: u64::try_from(row.serial).map_err(|_| at("serial"))?,
            state: VoucherState::read(&row.state, row.serial)?,
            code: row.code,
        })
    }
}

// === impl Tx ===

impl Tx {
    /// Marks a batch as printed and reads its sealed codes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn print_batch(
        &mut self,
        print: &Print,
    ) -> Result<Result<Printed, Refusal>, StoreError> {
        let Some(batch) = self.batch(print.batch).await? else { return Ok(Err(Refusal::NoBatch)) };
        if batch.made < batch.count {
            return Ok(Err(Refusal::Unfinished));
        }
        let again = match batch.state {
            BatchState::Created => false,
            BatchState::Printed if self.printed_by(print).await? => true,
            BatchState::Printed => return Ok(Err(Refusal::Printed)),
            state => return Ok(Err(Refusal::BatchIs(state))),
        };
        if !again {
            let done = sqlx::query(MARK)
                .bind(print.request.uuid())
                .bind(print.key.as_str())
                .bind(print.at_ms)
                .bind(signed(print.batch))
                .execute(self.conn())
                .await
                .map_err(StoreError::on(TABLE))?;
            StoreError::ensure_affected(TABLE, done.rows_affected(), 1)?;
        }
        let vouchers = self.codes_of(&batch).await?;
        let batch = self.batch(print.batch).await?;
        Ok(batch.map(|batch| Printed { batch, vouchers, again }).ok_or(Refusal::NoBatch))
    }

    async fn printed_by(&mut self, print: &Print) -> Result<bool, StoreError> {
        let by: (Option<Vec<u8>>, Option<String>) = sqlx::query_as(BY)
            .bind(signed(print.batch))
            .fetch_one(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        let request = print.request.uuid();
        Ok(by.0.as_deref() == Some(request.as_bytes()) && by.1.as_ref() == Some(&print.key))
    }

    async fn codes_of(&mut self, batch: &Batch) -> Result<Vec<SoldVoucher>, StoreError> {
        let (Some(first), Some(last)) = (batch.first, batch.last()) else { return Ok(Vec::new()) };
        let rows = sqlx::query_as::<_, CodeRow>(CODES).bind(signed(first)).bind(signed(last));
        let rows = rows.fetch_all(self.conn()).await.map_err(StoreError::on("voucher"))?;
        rows.into_iter().map(SoldVoucher::try_from).collect()
    }
}
