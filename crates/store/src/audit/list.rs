//! Reading the audit log, newest first.

use sqlx::{FromRow, QueryBuilder, Sqlite};
use uuid::Uuid;

use super::{Entry, TABLE};
use crate::{Store, StoreError};

/// Which rows are asked for; nothing set means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what this one did.
    pub who: Option<String>,
    /// Only this verb.
    pub verb: Option<String>,
    /// Only what was done to this.
    pub subject: Option<String>,
    /// Only from this moment on, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Only before this moment, Unix milliseconds.
    pub to_ms: Option<i64>,
    /// Only rows before this number: where the last page ended.
    pub before: Option<i64>,
}

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Its number, from 1.
    pub number: i64,
    /// What it says.
    pub entry: Entry,
    /// Its hash.
    pub hash: [u8; 32],
}

#[derive(FromRow)]
pub(super) struct Row {
    number: i64,
    at_ms: i64,
    who: String,
    verb: String,
    subject: String,
    request: Option<Uuid>,
    bridge: String,
    why: Option<Vec<u8>>,
    detail: Option<String>,
    hash: Vec<u8>,
}

// === impl Row ===

impl TryFrom<Row> for Audited {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at =
            |column| StoreError::Inconsistent { table: TABLE, column, row: row.number.to_string() };
        let (bridge, hash) = (row.bridge.parse(), row.hash.as_slice().try_into());
        let entry = Entry {
            at_ms: row.at_ms,
            who: row.who,
            verb: row.verb,
            subject: row.subject,
            request: row.request,
            bridge: bridge.map_err(|_| at("bridge"))?,
            why: row.why,
            detail: row.detail,
        };
        Ok(Self { number: row.number, entry, hash: hash.map_err(|_| at("hash"))? })
    }
}

// === impl Store ===

impl Store {
    /// Lists rows of the audit log, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn audit_list(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<Audited>, StoreError> {
        let mut builder = query(filter, limit);
        let rows = builder.build_query_as::<Row>().fetch_all(self.reads()).await;
        rows.map_err(StoreError::on(TABLE))?.into_iter().map(Audited::try_from).collect()
    }
}

fn query(filter: &AuditFilter, limit: u32) -> QueryBuilder<Sqlite> {
    let mut builder = QueryBuilder::new("SELECT * FROM audit WHERE number > 0");
    let texts = [("who", &filter.who), ("verb", &filter.verb), ("subject", &filter.subject)];
    for (column, value) in texts {
        if let Some(value) = value {
            builder.push(format_args!(" AND {column} = ")).push_bind(value.clone());
        }
    }
    let bounds =
        [("at_ms >=", filter.from_ms), ("at_ms <", filter.to_ms), ("number <", filter.before)];
    for (bound, value) in bounds {
        if let Some(value) = value {
            builder.push(format_args!(" AND {bound} ")).push_bind(value);
        }
    }
    builder.push(" ORDER BY number DESC LIMIT ").push_bind(limit);
    builder
}
