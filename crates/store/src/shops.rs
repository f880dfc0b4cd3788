//! Shops: what each may sell a day, what it has, and what it took.

use protocol::{Amount, Currency, Label};
use sqlx::FromRow;

use crate::{Money, Product, Serials, Store, StoreError, Tx, batches::signed};

const TABLE: &str = "shop";
const TAKINGS: &str = "takings";

const KEEPS: &str = "SELECT EXISTS (SELECT 1 FROM shop WHERE name = $1)";
const LIMIT: &str = "SELECT day_limit FROM shop WHERE name = $1 AND currency = $2";
const SET_LIMIT: &str = "INSERT INTO shop (name, currency, day_limit, changed_ms) \
    VALUES ($1, $2, $3, $4) \
    ON CONFLICT (name, currency) DO UPDATE SET day_limit = excluded.day_limit, \
        changed_ms = excluded.changed_ms";
const OPEN: &str = "INSERT INTO shop (name, currency, day_limit, changed_ms) \
    SELECT DISTINCT $1, currency, NULL, $2 FROM voucher \
    WHERE serial BETWEEN $3 AND $4 AND shop = $1 \
    ON CONFLICT (name, currency) DO NOTHING";
const SOLD_SINCE: &str = "SELECT amount, SUM(CASE WHEN kind = 'sale' THEN 1 ELSE -1 END) \
    FROM takings WHERE shop = $1 AND at_ms >= $2 AND currency = $3 GROUP BY amount";
const DAY: &str = "SELECT shop, operator, amount, currency, \
        SUM(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS sold, \
        SUM(CASE WHEN kind = 'cancel' THEN 1 ELSE 0 END) AS cancelled, \
        SUM(CASE WHEN kind = 'refund' THEN 1 ELSE 0 END) AS refunded \
    FROM takings WHERE at_ms >= $1 AND at_ms < $2 AND (shop = $3 OR $3 IS NULL) \
    GROUP BY shop, operator, amount, currency ORDER BY shop, operator, currency, amount";
const DAY_OF_SHOP: &str = "SELECT shop, operator, amount, currency, \
        SUM(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS sold, \
        SUM(CASE WHEN kind = 'cancel' THEN 1 ELSE 0 END) AS cancelled, \
        SUM(CASE WHEN kind = 'refund' THEN 1 ELSE 0 END) AS refunded \
    FROM takings WHERE at_ms >= $1 AND at_ms < $2 AND shop = $3 \
    GROUP BY shop, operator, amount, currency ORDER BY shop, operator, currency, amount";
const SHELF: &str = "SELECT operator, amount, currency, state, SUM(n) FROM voucher_tally \
    WHERE shop = $1 GROUP BY operator, amount, currency, state HAVING SUM(n) <> 0 \
    ORDER BY operator, currency, amount, state";

/// What a shop took for one product in some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The shop; empty where nobody said.
    pub shop: String,
    /// What was sold.
    pub product: Product,
    /// How many were sold.
    pub sold: u64,
    /// How many of these or earlier ones were cancelled.
    pub cancelled: u64,
    /// How many were paid back.
    pub refunded: u64,
}

/// How many vouchers of one product and state a shop has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnShelf {
    /// What they buy.
    pub product: Product,
    /// Their state; of frozen and void ones with what they were: `frozen/sold`.
    pub state: String,
    /// How many.
    pub n: u64,
}

#[derive(FromRow)]
struct TakingRow {
    shop: String,
    operator: String,
    amount: String,
    currency: String,
    sold: i64,
    cancelled: i64,
    refunded: i64,
}

// === impl Taking ===

impl Taking {
    /// The money that is in the till for it.
    pub fn money(&self) -> Money {
        let back = self.cancelled.saturating_add(self.refunded);
        Money::times(&self.product.amount, signed(self.sold).saturating_sub(signed(back)))
    }
}

impl TryFrom<TakingRow> for Taking {
    type Error = StoreError;

    fn try_from(row: TakingRow) -> Result<Self, StoreError> {
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        let product = Product::read([&row.operator, &row.amount, &row.currency], TAKINGS, "(sum)")?;
        Ok(Self {
            shop: row.shop,
            product,
            sold: count(row.sold),
            cancelled: count(row.cancelled),
            refunded: count(row.refunded),
        })
    }
}

// === impl Store ===

impl Store {
    /// What was taken from one moment to another, by shop and product.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn takings(
        &self,
        (from_ms, to_ms): (i64, i64),
        shop: Option<&Label>,
    ) -> Result<Vec<Taking>, StoreError> {
        let statement = if shop.is_some() { DAY_OF_SHOP } else { DAY };
        let rows = sqlx::query_as::<_, TakingRow>(statement)
            .bind(from_ms)
            .bind(to_ms)
            .bind(shop.map(ToString::to_string))
            .fetch_all(self.reads())
            .await;
        rows.map_err(StoreError::on(TAKINGS))?.into_iter().map(Taking::try_from).collect()
    }

    /// What a shop has, by product and state.
    ///
    /// # Errors
    /// Those of [`Store::takings`].
    pub async fn shelf(&self, shop: &Label) -> Result<Vec<OnShelf>, StoreError> {
        let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(SHELF)
            .bind(shop.to_string())
            .fetch_all(self.reads())
            .await
            .map_err(StoreError::on("voucher_tally"))?;
        let read =
            |(operator, amount, currency, state, n): (String, String, String, String, i64)| {
                let product =
                    Product::read([&operator, &amount, &currency], "voucher_tally", "(sum)")?;
                Ok(OnShelf { product, state, n: u64::try_from(n).unwrap_or_default() })
            };
        rows.into_iter().map(read).collect()
    }

    /// What a shop may sell a day in a currency, where it has a limit.
    ///
    /// # Errors
    /// Those of [`Store::takings`].
    pub async fn day_limit(
        &self,
        shop: &Label,
        currency: Currency,
    ) -> Result<Option<Amount>, StoreError> {
        let limit: Option<Option<String>> = sqlx::query_scalar(LIMIT)
            .bind(shop.to_string())
            .bind(currency.to_string())
            .fetch_optional(self.reads())
            .await
            .map_err(StoreError::on(TABLE))?;
        read_limit(limit.flatten(), shop)
    }
}

// === impl Tx ===

impl Tx {
    /// Says whether a shop was ever given stock: then it sells that alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn keeps_stock(&mut self, shop: &Label) -> Result<bool, StoreError> {
        let known = sqlx::query_scalar(KEEPS).bind(shop.to_string()).fetch_one(self.conn()).await;
        known.map_err(StoreError::on(TABLE))
    }

    /// Sets what a shop may sell a day.
    ///
    /// # Errors
    /// Those of [`Tx::keeps_stock`].
    pub async fn set_day_limit(
        &mut self,
        shop: &Label,
        (limit, currency): (Amount, Currency),
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(SET_LIMIT)
            .bind(shop.to_string())
            .bind(currency.to_string())
            .bind(limit.to_string())
            .bind(at_ms)
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }

    /// Notes that a shop has stock, once it has some of these.
    ///
    /// # Errors
    /// Those of [`Tx::keeps_stock`].
    pub async fn open_shop(
        &mut self,
        shop: &Label,
        serials: Serials,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(OPEN)
            .bind(shop.to_string())
            .bind(at_ms)
            .bind(signed(serials.first))
            .bind(signed(serials.last))
            .execute(self.conn())
            .await;
        done.map(drop).map_err(StoreError::on(TABLE))
    }

    /// Says whether a shop stays within its limit of the day with so many more.
    pub(crate) async fn within_limit(
        &mut self,
        shop: &Label,
        product: &Product,
        count: i64,
        day_ms: i64,
    ) -> Result<bool, StoreError> {
        let limit: Option<Option<String>> = sqlx::query_scalar(LIMIT)
            .bind(shop.to_string())
            .bind(product.currency.to_string())
            .fetch_optional(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        let Some(limit) = read_limit(limit.flatten(), shop)? else { return Ok(true) };
        let sold: Vec<(String, i64)> = sqlx::query_as(SOLD_SINCE)
            .bind(shop.to_string())
            .bind(day_ms)
            .bind(product.currency.to_string())
            .fetch_all(self.conn())
            .await
            .map_err(StoreError::on(TAKINGS))?;
        let mut sum = Money::times(&product.amount, count);
        for (amount, n) in sold {
            let amount: Amount = amount.parse().map_err(|_| StoreError::Inconsistent {
                table: TAKINGS,
                column: "amount",
                row: shop.to_string(),
            })?;
            sum = sum.plus(Money::times(&amount, n));
        }
        Ok(sum <= Money::times(&limit, 1))
    }
}

fn read_limit(limit: Option<String>, shop: &Label) -> Result<Option<Amount>, StoreError> {
    let at =
        || StoreError::Inconsistent { table: TABLE, column: "day_limit", row: shop.to_string() };
    limit.map(|it| it.parse().map_err(|_| at())).transpose()
}

#[cfg(test)]
mod tests;
