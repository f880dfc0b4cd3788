//! A sale is taken back within half an hour, if it is not used.

use protocol::{Bridge, Label, PrincipalName};
use sqlx::FromRow;

use super::TABLE;
use crate::{Refusal, StoreError, Tx, VoucherState};

const OPEN_SALE: &str = "SELECT voucher.state, voucher.shop, sale.sold_ms \
    FROM voucher JOIN sale ON sale.request = voucher.sale WHERE voucher.serial = $1";
const CANCEL: &str = "UPDATE voucher SET state = 'void', was = 'cancelled', code = NULL \
    WHERE serial = $1 AND state = 'sold'";
const BOOK_BACK: &str = "INSERT INTO takings \
    (at_ms, kind, voucher, shop, operator, amount, currency, principal, bridge) \
    SELECT $1, 'cancel', id, COALESCE(shop, ''), operator, amount, currency, $2, $3 \
    FROM voucher WHERE serial = $4";

/// How long a sale can be cancelled.
pub(super) const CANCEL_MS: i64 = 30 * 60 * 1000;

/// Who cancels, and when.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// The voucher.
    pub serial: u64,
    /// The shop that asks; none may cancel any shop's.
    pub shop: Option<Label>,
    /// Who asks, where that is proved.
    pub principal: Option<PrincipalName>,
    /// The bridge of the request.
    pub bridge: Bridge,
    /// When.
    pub at_ms: i64,
}

#[derive(FromRow)]
struct OpenRow {
    state: String,
    shop: Option<String>,
    sold_ms: i64,
}

// === impl Tx ===

impl Tx {
    /// Cancels the sale of one voucher that is not used, within half an hour: nobody can use its
    /// code any more, and the money goes back.
    ///
    /// # Errors
    /// Those of [`Tx::sell`].
    pub async fn cancel(&mut self, cancel: &Cancel) -> Result<Result<(), Refusal>, StoreError> {
        let Ok(serial) = i64::try_from(cancel.serial) else { return Ok(Err(Refusal::NoVoucher)) };
        let row = sqlx::query_as::<_, OpenRow>(OPEN_SALE).bind(serial);
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        let theirs = |row: &OpenRow| match &cancel.shop {
            Some(shop) => row.shop.as_deref() == Some(&shop.to_string()),
            None => true,
        };
        let Some(row) = row.filter(theirs) else { return Ok(Err(Refusal::NoVoucher)) };
        let state = VoucherState::read(&row.state, serial)?;
        if state != VoucherState::Sold {
            return Ok(Err(Refusal::VoucherIs(state)));
        }
        if CANCEL_MS < cancel.at_ms.saturating_sub(row.sold_ms) {
            return Ok(Err(Refusal::TooLate));
        }
        let done = sqlx::query(CANCEL).bind(serial).execute(self.conn()).await;
        if done.map_err(StoreError::on(TABLE))?.rows_affected() != 1 {
            // Where transactions do not exclude each other, another one was first.
            return Ok(Err(Refusal::VoucherIs(VoucherState::Redeemed)));
        }
        let booked = sqlx::query(BOOK_BACK)
            .bind(cancel.at_ms)
            .bind(cancel.principal.map(|it| it.to_string()))
            .bind(cancel.bridge.to_string())
            .bind(serial)
            .execute(self.conn())
            .await
            .map_err(StoreError::on("takings"))?;
        StoreError::ensure_affected("takings", booked.rows_affected(), 1).map(Ok)
    }
}
