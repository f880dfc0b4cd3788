//! Reconciling: each voucher against the ledger, the stock and the money, and the running counts
//! against what is there.
//!
//! A ledger row, a recharge code that was given and a booked taking each name one voucher, and no
//! voucher has two of a kind: so whatever does not match shows at a voucher.

mod totals;

use sqlx::FromRow;

pub use self::totals::{Total, Totals};
use crate::{Serials, Store, StoreError, batches::signed};

const TABLE: &str = "voucher";

const LAST: &str = "SELECT next - 1 FROM voucher_serial WHERE one = 1";

/// The vouchers of a range at which something does not match; each column says what.
const MISMATCHES: &str = "SELECT * FROM (SELECT voucher.serial AS serial, \
        (voucher.state = 'redeemed') AS redeemed, \
        (ledger.number IS NOT NULL) AS in_ledger, \
        (redemption.voucher IS NOT NULL) AS answered, \
        (recharge.id IS NOT NULL) AS given, \
        (recharge.id IS NULL OR recharge.operator = voucher.operator \
            AND recharge.amount = voucher.amount AND recharge.currency = voucher.currency) \
            AS worth, \
        (voucher.sale IS NOT NULL) AS sold, \
        (sale.number IS NOT NULL) AS paid, \
        (sale.number IS NULL OR sale.operator = voucher.operator \
            AND sale.amount = voucher.amount AND sale.currency = voucher.currency) AS price, \
        (voucher.state = 'void' AND voucher.was = 'cancelled') AS cancelled, \
        (back.number IS NOT NULL) AS paid_back \
    FROM voucher LEFT JOIN ledger ON ledger.voucher = voucher.id \
        LEFT JOIN redemption ON redemption.voucher = voucher.id \
        LEFT JOIN recharge ON recharge.voucher = voucher.id \
        LEFT JOIN takings AS sale ON sale.voucher = voucher.id AND sale.kind = 'sale' \
        LEFT JOIN takings AS back ON back.voucher = voucher.id AND back.kind = 'cancel' \
    WHERE voucher.serial BETWEEN $1 AND $2) AS found \
    WHERE redeemed <> in_ledger OR redeemed <> answered OR redeemed <> given OR NOT worth \
        OR sold <> paid OR NOT price OR cancelled <> paid_back \
    ORDER BY serial LIMIT $3";

/// Something that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `voucher/<serial>`, `batch/<number>`, `count/...`, `serials`.
    pub subject: String,
    /// What does not match, in English.
    pub what: String,
}

#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column: a table against another")]
struct Row {
    serial: i64,
    redeemed: bool,
    in_ledger: bool,
    answered: bool,
    given: bool,
    worth: bool,
    sold: bool,
    paid: bool,
    price: bool,
    cancelled: bool,
    paid_back: bool,
}

// === impl Row ===

impl Row {
    /// Names each mismatch of a voucher.
    fn differences(&self) -> impl Iterator<Item = Difference> {
        let pair = |one, other, first: &'static str, second: &'static str| match (one, other) {
            (true, false) => Some(first),
            (false, true) => Some(second),
            _ => None,
        };
        let found = [
            pair(
                self.redeemed,
                self.in_ledger,
                "redeemed, and not in the ledger",
                "in the ledger, and not redeemed",
            ),
            pair(
                self.redeemed,
                self.answered,
                "redeemed, and no answer is kept",
                "an answer is kept, and it is not redeemed",
            ),
            pair(
                self.redeemed,
                self.given,
                "redeemed, and no recharge code was given",
                "a recharge code was given, and it is not redeemed",
            ),
            (!self.worth).then_some("the recharge code that was given is worth something else"),
            pair(
                self.sold,
                self.paid,
                "sold, and no money is booked",
                "money is booked, and it is not sold",
            ),
            (!self.price).then_some("the money that is booked is not its price"),
            pair(
                self.cancelled,
                self.paid_back,
                "cancelled, and no money went back",
                "money went back, and it is not cancelled",
            ),
        ];
        let subject = format!("voucher/{}", self.serial);
        found
            .into_iter()
            .flatten()
            .map(move |what| Difference { subject: subject.clone(), what: what.to_owned() })
    }
}

// === impl Store ===

impl Store {
    /// The last serial that was given to a batch or a sale; 0 for none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn last_serial(&self) -> Result<u64, StoreError> {
        let last: i64 = sqlx::query_scalar(LAST)
            .fetch_one(self.reads())
            .await
            .map_err(StoreError::on("voucher_serial"))?;
        Ok(u64::try_from(last).unwrap_or_default())
    }

    /// Compares each voucher of a range with the ledger, the stock and the money.
    ///
    /// # Errors
    /// Those of [`Store::last_serial`].
    pub async fn mismatches(
        &self,
        serials: Serials,
        limit: u32,
    ) -> Result<Vec<Difference>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(MISMATCHES)
            .bind(signed(serials.first))
            .bind(signed(serials.last))
            .bind(limit)
            .fetch_all(self.reads())
            .await
            .map_err(StoreError::on(TABLE))?;
        Ok(rows.iter().flat_map(Row::differences).collect())
    }
}

#[cfg(test)]
mod tests;
