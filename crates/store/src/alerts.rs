//! What somebody should look at: low stock, guessed codes, boxes that behave as two.

mod watch;

use std::fmt;

use sqlx::FromRow;
use uuid::Uuid;

use crate::{Store, StoreError, Tx};

const TABLE: &str = "alert";

const RAISE: &str = "INSERT INTO alert (kind, subject, detail, since_ms, last_ms) \
    VALUES ($1, $2, $3, $4, $4) \
    ON CONFLICT (kind, subject) WHERE over_ms IS NULL DO UPDATE SET \
        detail = excluded.detail, last_ms = excluded.last_ms, times = alert.times + 1 \
    RETURNING times";
const END: &str =
    "UPDATE alert SET over_ms = $3 WHERE kind = $1 AND subject = $2 AND over_ms IS NULL";
const LASTING: &str = "SELECT subject, detail FROM alert WHERE kind = $1 AND over_ms IS NULL";
const BY_NUMBER: &str = "SELECT * FROM alert WHERE number = $1";
const SEE: &str = "UPDATE alert SET seen_ms = $2, seen_by = $3, request = $4, over_ms = $5 \
    WHERE number = $1 AND seen_ms IS NULL";
const OPEN: &str = "SELECT * FROM alert WHERE seen_ms IS NULL AND over_ms IS NULL \
    AND number < $1 ORDER BY number DESC LIMIT $2";
const ALL: &str = "SELECT * FROM alert WHERE number < $1 ORDER BY number DESC LIMIT $2";

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// Fewer recharge codes are free than there should be. It lasts until there are more.
    StockLow,
    /// More than one code in a hundred is wrong. It lasts until there are fewer.
    WrongCodes,
    /// So many wrong codes in a minute that somebody is guessing.
    Crowd,
    /// A key says that it is another one.
    Identity,
    /// The counter of a box jumped.
    Counter,
    /// A box authenticates from two places.
    Places,
}

/// Which alerts are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alerts {
    /// Those that nobody has acknowledged and that are not over.
    Open,
    /// All that there ever were.
    All,
}

/// What raising an alert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raised {
    /// It is new.
    New,
    /// It was there, and was counted.
    Again,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its number, from 1.
    pub number: i64,
    /// What kind of thing it is.
    pub kind: AlertKind,
    /// What it is about.
    pub subject: String,
    /// The figures of the last time, as JSON.
    pub detail: String,
    /// When it was first seen, Unix milliseconds.
    pub since_ms: i64,
    /// When it was last seen.
    pub last_ms: i64,
    /// How often it was seen.
    pub times: i64,
    /// When and by whom it was acknowledged.
    pub seen: Option<(i64, String)>,
    /// When it was over.
    pub over_ms: Option<i64>,
}

/// Who acknowledges an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub number: i64,
    /// Principal, or `local`.
    pub who: String,
    /// Made once for this wish.
    pub request: Uuid,
    /// When.
    pub at_ms: i64,
}

/// What became of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ack {
    /// It is acknowledged, now.
    Done(Alert),
    /// It was, by the same request.
    Same(Alert),
    /// Somebody else was first.
    Before(Alert),
    /// There is no such alert.
    Unknown,
}

/// One that lasts, with its last figures.
struct Lasting {
    kind: AlertKind,
    subject: String,
    detail: String,
}

#[derive(FromRow)]
struct Row {
    number: i64,
    kind: String,
    subject: String,
    detail: String,
    since_ms: i64,
    last_ms: i64,
    times: i64,
    seen_ms: Option<i64>,
    seen_by: Option<String>,
    request: Option<Uuid>,
    over_ms: Option<i64>,
}

// === impl AlertKind ===

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::StockLow,
        Self::WrongCodes,
        Self::Crowd,
        Self::Identity,
        Self::Counter,
        Self::Places,
    ];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StockLow => "stock_low",
            Self::WrongCodes => "wrong_codes",
            Self::Crowd => "crowd",
            Self::Identity => "identity",
            Self::Counter => "counter",
            Self::Places => "places",
        }
    }

    /// Whether it lasts until its cause goes away; others are over when somebody has seen them.
    pub fn lasts(self) -> bool {
        matches!(self, Self::StockLow | Self::WrongCodes)
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Row ===

impl TryFrom<Row> for Alert {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let row_name = row.number.to_string();
        let kind = AlertKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        Ok(Self {
            number: row.number,
            kind: kind.ok_or(StoreError::Inconsistent {
                table: TABLE,
                column: "kind",
                row: row_name,
            })?,
            subject: row.subject,
            detail: row.detail,
            since_ms: row.since_ms,
            last_ms: row.last_ms,
            times: row.times,
            seen: row.seen_ms.zip(row.seen_by),
            over_ms: row.over_ms,
        })
    }
}

// === impl Store ===

impl Store {
    /// Lists alerts, newest first, those before a number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn alerts(
        &self,
        which: Alerts,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Alert>, StoreError> {
        let sql = match which {
            Alerts::Open => OPEN,
            Alerts::All => ALL,
        };
        let query = sqlx::query_as::<_, Row>(sql).bind(before.unwrap_or(i64::MAX)).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Alert::try_from).collect()
    }

    /// The alerts of a kind that last.
    async fn alerted(&self, kind: AlertKind) -> Result<Vec<Lasting>, StoreError> {
        let query = sqlx::query_as::<_, (String, String)>(LASTING).bind(kind.as_str());
        let rows = query.fetch_all(self.reads()).await.map_err(StoreError::on(TABLE))?;
        let lasting = |(subject, detail)| Lasting { kind, subject, detail };
        Ok(rows.into_iter().map(lasting).collect())
    }
}

// === impl Tx ===

impl Tx {
    /// Raises an alert, or counts it where it lasts; a new one is in the log too.
    ///
    /// `detail` is JSON, without a code or a customer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn raise_alert(
        &mut self,
        kind: AlertKind,
        subject: &str,
        detail: &str,
        at_ms: i64,
    ) -> Result<Raised, StoreError> {
        let query =
            sqlx::query_scalar(RAISE).bind(kind.as_str()).bind(subject).bind(detail).bind(at_ms);
        let times: i64 = query.fetch_one(self.conn()).await.map_err(StoreError::on(TABLE))?;
        if times == 1 {
            tracing::warn!(alert = kind.as_str(), subject, detail, "somebody should look at this");
            return Ok(Raised::New);
        }
        Ok(Raised::Again)
    }

    /// Ends an alert whose cause is gone, if it lasts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn end_alert(
        &mut self,
        kind: AlertKind,
        subject: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(END).bind(kind.as_str()).bind(subject).bind(at_ms);
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on(TABLE))
    }

    /// Acknowledges an alert. One person does; others are told who was first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn ack_alert(&mut self, seen: &Seen) -> Result<Ack, StoreError> {
        let row = sqlx::query_as::<_, Row>(BY_NUMBER).bind(seen.number);
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        let Some(row) = row else { return Ok(Ack::Unknown) };
        let by = row.request;
        let mut alert = Alert::try_from(row)?;
        if alert.seen.is_some() {
            let same = by == Some(seen.request);
            return Ok(if same { Ack::Same(alert) } else { Ack::Before(alert) });
        }
        if !alert.kind.lasts() {
            alert.over_ms = alert.over_ms.or(Some(seen.at_ms));
        }
        alert.seen = Some((seen.at_ms, seen.who.clone()));
        let query = sqlx::query(SEE)
            .bind(seen.number)
            .bind(seen.at_ms)
            .bind(seen.who.as_str())
            .bind(seen.request)
            .bind(alert.over_ms);
        let done = query.execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)?;
        Ok(Ack::Done(alert))
    }
}

#[cfg(test)]
mod tests;
