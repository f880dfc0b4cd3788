//! Giving and declining: what an answer to somebody's wish does.

use protocol::{Date, Label};

use super::rows::{VOUCHER, VoucherRow};
use super::{Decision, Refund, RefundKind, RefundRefusal, RefundState, TABLE};
use crate::stock::end;
use crate::{Goods, NewVoucher, Refusal, Sale, Sold, StoreError, Tx, VoucherState};

const SHUT: &str = "UPDATE voucher SET state = 'void', was = 'refunded', code = NULL \
    WHERE serial = $1 AND state = 'sold'";
const BOOK: &str = "INSERT INTO takings \
    (at_ms, kind, voucher, shop, operator, amount, currency, principal, bridge) \
    SELECT $1, 'refund', id, COALESCE(shop, ''), operator, amount, currency, $2, $3 \
    FROM voucher WHERE serial = $4";
const DECIDE: &str = "UPDATE refund SET state = $2, decided_ms = $3, decided_by = $4, \
        decided_request = $5, replacement = $6 \
    WHERE number = $1 AND state = 'asked'";

// === impl Tx ===

impl Tx {
    /// Gives what was asked for: the old voucher is shut where it was not redeemed, the money
    /// goes back, and a replacement is sold for it.
    ///
    /// `drawn` is the new voucher, used for a replacement alone; `day` is today, and when it began.
    ///
    /// # Errors
    /// Those of [`Tx::sell`].
    pub async fn give_refund(
        &mut self,
        refund: &Refund,
        decision: &Decision,
        drawn: &NewVoucher,
        day: (Date, i64),
    ) -> Result<Result<Refund, RefundRefusal>, StoreError> {
        let Some((serial, voucher)) = self.voucher_row(refund.serial).await? else {
            return Ok(Err(RefundRefusal::NoVoucher));
        };
        let now = VoucherState::read(&voucher.state, serial)?;
        if now != refund.voucher_state {
            let redeemed = now == VoucherState::Redeemed;
            let why =
                if redeemed { RefundRefusal::Meanwhile } else { RefundRefusal::VoucherIs(now) };
            return Ok(Err(why));
        }
        if voucher.credit.as_deref() == Some("CREDITED") {
            return Ok(Err(RefundRefusal::Credited));
        }
        if now == VoucherState::Sold {
            let done = sqlx::query(SHUT).bind(serial).execute(self.conn()).await;
            StoreError::ensure_affected(
                VOUCHER,
                done.map_err(StoreError::on(VOUCHER))?.rows_affected(),
                1,
            )?;
        }
        self.book_refund(serial, decision).await?;
        let mut given = None;
        if refund.kind == RefundKind::Replace {
            let sale = sale(refund, &voucher, decision, day.0)?;
            match self.sell(&sale, Goods::Drawn(std::slice::from_ref(drawn)), day).await? {
                Sold::Vouchers(_) => given = Some(drawn.id.to_vec()),
                Sold::Again(_) => return Ok(Err(RefundRefusal::NotSold(Refusal::OtherWish))),
                Sold::Refused(refusal) => return Ok(Err(RefundRefusal::NotSold(refusal))),
            }
        }
        self.decide_refund(refund.number, RefundState::Done, decision, given).await
    }

    /// Declines what was asked for; it may be asked for again.
    ///
    /// # Errors
    /// Those of [`Tx::refund_by_request`].
    pub async fn decline_refund(
        &mut self,
        refund: &Refund,
        decision: &Decision,
    ) -> Result<Result<Refund, RefundRefusal>, StoreError> {
        self.decide_refund(refund.number, RefundState::Declined, decision, None).await
    }

    async fn decide_refund(
        &mut self,
        number: i64,
        state: RefundState,
        decision: &Decision,
        replacement: Option<Vec<u8>>,
    ) -> Result<Result<Refund, RefundRefusal>, StoreError> {
        let done = sqlx::query(DECIDE)
            .bind(number)
            .bind(state.as_str())
            .bind(decision.at_ms)
            .bind(decision.who.as_str())
            .bind(decision.request.uuid())
            .bind(replacement)
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        let Some(refund) = self.refund(number).await? else {
            return Ok(Err(RefundRefusal::NoRefund));
        };
        // Where transactions do not exclude each other, another one was first.
        let first = done.rows_affected() == 1;
        Ok(if first { Ok(refund) } else { Err(RefundRefusal::Decided(refund.state)) })
    }

    async fn book_refund(&mut self, serial: i64, decision: &Decision) -> Result<(), StoreError> {
        let done = sqlx::query(BOOK)
            .bind(decision.at_ms)
            .bind(decision.principal.map(|it| it.to_string()))
            .bind(decision.bridge.to_string())
            .bind(serial)
            .execute(self.conn())
            .await
            .map_err(StoreError::on("takings"))?;
        StoreError::ensure_affected("takings", done.rows_affected(), 1)
    }
}

/// The sale of the new voucher: what the old one bought, at the same shop.
fn sale(
    refund: &Refund,
    voucher: &VoucherRow,
    decision: &Decision,
    today: Date,
) -> Result<Sale, StoreError> {
    let row = refund.serial.to_string();
    let shop = voucher.shop.as_deref().map(str::parse::<Label>).transpose();
    let inconsistent =
        |_| StoreError::Inconsistent { table: VOUCHER, column: "shop", row: row.clone() };
    Ok(Sale {
        request: refund.request,
        product: refund.product,
        expires: end(&voucher.good_until, VOUCHER, &row)?.filter(|last| today <= *last),
        shop: shop.map_err(inconsistent)?,
        principal: decision.principal,
        bridge: decision.bridge,
        at_ms: decision.at_ms,
    })
}
