//! A batch as it is stored.

use sqlx::{FromRow, SqliteExecutor};

use super::{Batch, TABLE, signed};
use crate::{Product, StoreError, stock::end};

pub(super) const READ: &str = "SELECT id, operator, amount, currency, good_until, first, count, \
    made, state, label, created_ms, printed_ms FROM batch";

#[derive(FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    operator: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    good_until: Option<String>,
    first: Option<i64>,
    count: i64,
    made: i64,
    state: String,
    label: Option<String>,
    created_ms: i64,
    printed_ms: Option<i64>,
}

// === impl Row ===

impl TryFrom<Row> for Batch {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let name = row.id.to_string();
        let at = |column| StoreError::Inconsistent { table: TABLE, column, row: name.clone() };
        let product = match (&row.operator, &row.amount, &row.currency) {
            (Some(operator), Some(amount), Some(currency)) => {
                Some(Product::read([operator, amount, currency], TABLE, &name)?)
            }
            _ => None,
        };
        let expires = row.good_until.map(|it| end(&it, TABLE, &name)).transpose()?.flatten();
        let first = row.first.map(|it| u64::try_from(it).map_err(|_| at("first"))).transpose()?;
        Ok(Self {
            id: u64::try_from(row.id).map_err(|_| at("id"))?,
            product,
            expires,
            first,
            count: u64::try_from(row.count).map_err(|_| at("count"))?,
            made: u64::try_from(row.made).map_err(|_| at("made"))?,
            state: row.state.parse().map_err(|_| at("state"))?,
            label: row.label,
            created_ms: row.created_ms,
            printed_ms: row.printed_ms,
            counts: Vec::new(),
        })
    }
}

/// Reads one.
pub(super) async fn read(
    db: impl SqliteExecutor<'_>,
    id: u64,
) -> Result<Option<Batch>, StoreError> {
    let query = format!("{READ} WHERE id = $1");
    let row = sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe(query)).bind(signed(id));
    let row = row.fetch_optional(db).await.map_err(StoreError::on(TABLE))?;
    row.map(Batch::try_from).transpose()
}
