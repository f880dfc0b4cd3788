//! The stock of recharge codes.

use std::fmt;

use protocol::{Amount, Currency, Date, Operator, PrincipalName, RequestId};
use sqlx::{FromRow, SqliteConnection};

use crate::{Keyed, Store, StoreError, Tx, hex::hex};

const TABLE: &str = "recharge";

const KNOWN: &str = "SELECT import, line FROM recharge WHERE code_index = $1";
const INSERT: &str = "INSERT INTO recharge \
    (id, operator, amount, currency, code, code_index, code_key, good_until, state, \
     import, line, imported_ms, imported_by) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'free', $9, $10, $11, $12)";
const LEVELS: &str = "SELECT operator, amount, currency, SUM(free) AS free, SUM(given) AS given, \
        SUM(expired) AS expired, SUM(open) AS open, SUM(unsold) AS unsold \
    FROM (SELECT operator, amount, currency, \
            CASE WHEN state = 'free' AND good_until >= $1 THEN n ELSE 0 END AS free, \
            CASE WHEN state = 'given' THEN n ELSE 0 END AS given, \
            CASE WHEN state = 'free' AND good_until < $1 THEN n ELSE 0 END AS expired, \
            0 AS open, 0 AS unsold \
        FROM recharge_tally \
        UNION ALL SELECT operator, amount, currency, 0, 0, 0, \
            CASE WHEN state IN ('sold', 'frozen/sold') THEN n ELSE 0 END, \
            CASE WHEN state = 'created' THEN n ELSE 0 END \
        FROM voucher_tally WHERE good_until >= $1) AS counted \
    GROUP BY operator, amount, currency ORDER BY operator, currency, amount";

/// Sorts after every real date, so that dates compare as text.
const NO_END: &str = "9999-12-31";

/// What a recharge is worth: what vouchers buy and stock is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The network operator.
    pub operator: Operator,
    /// The face value.
    pub amount: Amount,
    /// The currency of the face value.
    pub currency: Currency,
}

/// An import: who brings recharge codes, by which request.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Made once by the client; the same one again changes nothing.
    pub request: RequestId,
    /// Who brings them, where that is proved.
    pub principal: Option<PrincipalName>,
    /// When.
    pub at_ms: i64,
}

/// A recharge code to be taken into stock.
#[derive(Clone, Debug)]
pub struct NewRecharge {
    /// 16 random bytes; the sealed code is bound to them.
    pub id: [u8; 16],
    /// What it is worth.
    pub product: Product,
    /// The sealed code.
    pub code: Vec<u8>,
    /// The code's index under each live key, the current one first.
    pub indexes: Vec<Keyed>,
    /// Its last good day.
    pub expires: Option<Date>,
    /// Its line in the import, from 1.
    pub line: u32,
}

/// What became of a recharge code that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stocked {
    /// It is in stock now.
    Taken,
    /// It was there before, by this very line of this import.
    Again,
    /// It was there before, by another line or import.
    Duplicate,
}

/// How much there is of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// What is counted.
    pub product: Product,
    /// Recharge codes that can be given.
    pub free: u64,
    /// Recharge codes that were given.
    pub given: u64,
    /// Recharge codes that ended before they were given.
    pub expired: u64,
    /// Vouchers sold, good, and not yet redeemed.
    pub open: u64,
    /// Vouchers of batches, good, and not sold.
    pub unsold: u64,
}

#[derive(FromRow)]
struct KnownRow {
    import: Vec<u8>,
    line: i64,
}

#[derive(FromRow)]
struct LevelRow {
    operator: String,
    amount: String,
    currency: String,
    free: i64,
    given: i64,
    expired: i64,
    open: i64,
    unsold: i64,
}

// === impl Product ===

impl Product {
    /// Makes a product; amounts that differ in zeros at their end alone are the same.
    pub fn new(operator: Operator, amount: Amount, currency: Currency) -> Self {
        let text = amount.as_str();
        let short = match text.split_once('.') {
            Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
            None => text,
        };
        Self { operator, amount: short.parse().unwrap_or(amount), currency }
    }

    /// Reads the three columns; `row` names the row of `table` for the error.
    pub(crate) fn read(
        columns: [&str; 3],
        table: &'static str,
        row: &str,
    ) -> Result<Self, StoreError> {
        let [operator, amount, currency] = columns;
        let at = |column| StoreError::Inconsistent { table, column, row: row.to_owned() };
        Ok(Self {
            operator: operator.parse().map_err(|_| at("operator"))?,
            amount: amount.parse().map_err(|_| at("amount"))?,
            currency: currency.parse().map_err(|_| at("currency"))?,
        })
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.operator, self.amount, self.currency)
    }
}

// === impl NewRecharge ===

impl NewRecharge {
    /// The place of the sealed code with this id.
    ///
    /// Source: protocol.md §6
    pub fn place(id: &[u8; 16]) -> String {
        format!("recharge/code/{}", hex(id))
    }
}

// === impl LevelRow ===

impl TryFrom<LevelRow> for Level {
    type Error = StoreError;

    fn try_from(row: LevelRow) -> Result<Self, StoreError> {
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        Ok(Self {
            product: Product::read([&row.operator, &row.amount, &row.currency], TABLE, "(sum)")?,
            free: count(row.free),
            given: count(row.given),
            expired: count(row.expired),
            open: count(row.open),
            unsold: count(row.unsold),
        })
    }
}

// === impl Store ===

impl Store {
    /// Says what [`Tx::stock_recharge`] would, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn recharge_known(
        &self,
        import: &Import,
        recharge: &NewRecharge,
    ) -> Result<Option<Stocked>, StoreError> {
        let mut conn = self.reads().acquire().await.map_err(StoreError::on(TABLE))?;
        known(&mut conn, import, recharge).await
    }

    /// Counts the stock of each product, as of a day.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn stock(&self, today: Date) -> Result<Vec<Level>, StoreError> {
        let rows = sqlx::query_as::<_, LevelRow>(LEVELS).bind(today.to_string());
        let rows = rows.fetch_all(self.reads()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Level::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Takes a recharge code into stock, unless it is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn stock_recharge(
        &mut self,
        import: &Import,
        recharge: &NewRecharge,
    ) -> Result<Stocked, StoreError> {
        if let Some(known) = known(self.conn(), import, recharge).await? {
            return Ok(known);
        }
        let index = recharge.indexes.first().ok_or_else(|| unindexed(TABLE))?;
        let done = sqlx::query(INSERT)
            .bind(recharge.id.to_vec())
            .bind(recharge.product.operator.to_string())
            .bind(recharge.product.amount.to_string())
            .bind(recharge.product.currency.to_string())
            .bind(recharge.code.as_slice())
            .bind(index.digest.to_vec())
            .bind(index.key.to_vec())
            .bind(end_text(recharge.expires))
            .bind(import.request.uuid())
            .bind(recharge.line)
            .bind(import.at_ms)
            .bind(import.principal.map(|it| it.to_string()))
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)?;
        Ok(Stocked::Taken)
    }
}

/// Looks for a code under each key: by this very line it was taken, else it is a duplicate.
async fn known(
    conn: &mut SqliteConnection,
    import: &Import,
    recharge: &NewRecharge,
) -> Result<Option<Stocked>, StoreError> {
    for index in &recharge.indexes {
        let row = sqlx::query_as::<_, KnownRow>(KNOWN).bind(index.digest.to_vec());
        let row = row.fetch_optional(&mut *conn).await.map_err(StoreError::on(TABLE))?;
        if let Some(row) = row {
            let same = row.import == import.request.uuid().as_bytes()
                && row.line == i64::from(recharge.line);
            return Ok(Some(if same { Stocked::Again } else { Stocked::Duplicate }));
        }
    }
    Ok(None)
}

/// What is wrong when a caller brings a code without an index.
pub(crate) fn unindexed(table: &'static str) -> StoreError {
    StoreError::Inconsistent { table, column: "code_index", row: "(new)".to_owned() }
}

/// The `good_until` of an end date, or of none.
pub(crate) fn end_text(expires: Option<Date>) -> String {
    expires.map_or_else(|| NO_END.to_owned(), |date| date.to_string())
}

/// Reads a `good_until`; `row` names the row of `table` for the error.
pub(crate) fn end(
    good_until: &str,
    table: &'static str,
    row: &str,
) -> Result<Option<Date>, StoreError> {
    let at = || StoreError::Inconsistent { table, column: "good_until", row: row.to_owned() };
    match good_until {
        NO_END => Ok(None),
        date => date.parse().map(Some).map_err(|_| at()),
    }
}

#[cfg(test)]
mod tests;
