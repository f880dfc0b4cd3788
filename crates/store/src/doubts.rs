//! Redemptions whose credit is in doubt: support verifies them with the operator.

use sqlx::FromRow;

use crate::{Product, Store, StoreError, batches::signed};

const TABLE: &str = "redemption";

const LIST: &str = "SELECT voucher.serial, voucher.operator, voucher.amount, voucher.currency, \
        redemption.at_ms, redemption.credit, redemption.credit_text, redemption.credit_ms \
    FROM redemption JOIN voucher ON voucher.id = redemption.voucher \
    WHERE redemption.credit IN ('REFUSED', 'UNKNOWN', 'NOT_TRIED') \
        AND (redemption.at_ms > $1 OR redemption.at_ms = $1 AND voucher.serial > $2) \
    ORDER BY redemption.at_ms, voucher.serial LIMIT $3";

/// A redemption whose credit is in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The voucher.
    pub serial: u64,
    /// What it bought.
    pub product: Product,
    /// When it was redeemed.
    pub at_ms: i64,
    /// What CREDIT said: `REFUSED`, `UNKNOWN` or `NOT_TRIED`.
    pub credit: String,
    /// What the network said, digits masked.
    pub text: Option<String>,
    /// When CREDIT said so.
    pub credit_ms: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    serial: i64,
    operator: String,
    amount: String,
    currency: String,
    at_ms: i64,
    credit: String,
    credit_text: Option<String>,
    credit_ms: Option<i64>,
}

// === impl Row ===

impl TryFrom<Row> for Doubt {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let name = row.serial.to_string();
        Ok(Self {
            serial: u64::try_from(row.serial).unwrap_or_default(),
            product: Product::read([&row.operator, &row.amount, &row.currency], TABLE, &name)?,
            at_ms: row.at_ms,
            credit: row.credit,
            text: row.credit_text,
            credit_ms: row.credit_ms,
        })
    }
}

// === impl Store ===

impl Store {
    /// Lists what is to be verified, oldest first, behind a moment and serial.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn doubts(
        &self,
        (after_ms, after): (i64, u64),
        limit: u32,
    ) -> Result<Vec<Doubt>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(LIST)
            .bind(after_ms)
            .bind(signed(after))
            .bind(limit)
            .fetch_all(self.reads())
            .await
            .map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Doubt::try_from).collect()
    }
}
