//! What is looked at from time to time: the stock, and the share of wrong codes.

use protocol::Date;
use serde_json::json;

use super::{AlertKind, Lasting};
use crate::{Level, Store, StoreError, Tx};

const WRONG: &str = "SELECT COALESCE(SUM(wrong), 0) FROM wrong_hour WHERE hour >= $1";
const RIGHT: &str = "SELECT COUNT(*) FROM ledger WHERE at_ms >= $1";
const COUNT_WRONG: &str = "INSERT INTO wrong_hour (hour, wrong) VALUES ($1, 1) \
    ON CONFLICT (hour) DO UPDATE SET wrong = wrong_hour.wrong + 1";
const SWEEP: &str = "DELETE FROM wrong_hour WHERE hour < $1";

const HOUR_MS: i64 = 3_600_000;

/// Hours that are kept.
const KEPT_HOURS: i64 = 48;

/// Fewer wrong codes than these in an hour are typing errors, whatever their share.
const WRONG_LEAST: i64 = 20;

/// What the share of wrong codes is told of.
const CODES: &str = "codes";

/// What should be so now.
struct Finding {
    kind: AlertKind,
    subject: String,
    /// The figures, where it should be told.
    detail: Option<String>,
}

// === impl Store ===

impl Store {
    /// Looks at the stock and at the share of wrong codes; raises what is new, and ends what is
    /// over. Where nothing has changed, nothing is written.
    ///
    /// Stock is low where fewer than `stock_low` recharge codes are free beyond those that open
    /// sales may ask for. Codes are wrong too often where more than one in a hundred was, in the
    /// last hour or two, and 20 at least.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn watch(&self, stock_low: u64, today: Date, now_ms: i64) -> Result<(), StoreError> {
        let mut found: Vec<Finding> =
            self.stock(today).await?.iter().map(|level| stock(level, stock_low)).collect();
        found.push(self.wrong_share(now_ms).await?);
        let mut lasting = self.alerted(AlertKind::StockLow).await?;
        lasting.extend(self.alerted(AlertKind::WrongCodes).await?);
        // What is not in stock at all any more has no level, and no alert.
        let gone =
            |it: &Lasting| Finding { kind: it.kind, subject: it.subject.clone(), detail: None };
        let gone: Vec<Finding> = lasting
            .iter()
            .filter(|it| !found.iter().any(|finding| finding.is(it)))
            .map(gone)
            .collect();
        found.extend(gone);
        let changed: Vec<_> = found.iter().filter(|it| it.changes(&lasting)).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for finding in changed {
            finding.write(&mut tx, now_ms).await?;
        }
        tx.commit().await
    }

    async fn wrong_share(&self, now_ms: i64) -> Result<Finding, StoreError> {
        let hour = now_ms.div_euclid(HOUR_MS).saturating_sub(1);
        let wrong = sqlx::query_scalar::<_, i64>(WRONG).bind(hour).fetch_one(self.reads()).await;
        let wrong = wrong.map_err(StoreError::on("wrong_hour"))?;
        let right = sqlx::query_scalar::<_, i64>(RIGHT).bind(hour.saturating_mul(HOUR_MS));
        let right = right.fetch_one(self.reads()).await.map_err(StoreError::on("ledger"))?;
        let all = wrong.saturating_add(right);
        let often = WRONG_LEAST <= wrong && all < wrong.saturating_mul(100);
        Ok(Finding {
            kind: AlertKind::WrongCodes,
            subject: CODES.to_owned(),
            detail: often.then(|| json!({ "wrong": wrong, "all": all }).to_string()),
        })
    }
}

// === impl Finding ===

impl Finding {
    fn is(&self, lasting: &Lasting) -> bool {
        self.kind == lasting.kind && self.subject == lasting.subject
    }

    /// Whether what lasts is otherwise than what was found.
    fn changes(&self, lasting: &[Lasting]) -> bool {
        let before = lasting.iter().find(|it| self.is(it)).map(|it| &it.detail);
        before != self.detail.as_ref()
    }

    async fn write(&self, tx: &mut Tx, now_ms: i64) -> Result<(), StoreError> {
        match &self.detail {
            Some(detail) => {
                tx.raise_alert(self.kind, &self.subject, detail, now_ms).await.map(drop)
            }
            None => tx.end_alert(self.kind, &self.subject, now_ms).await,
        }
    }
}

fn stock(level: &Level, stock_low: u64) -> Finding {
    let product = &level.product;
    let spare = level.free.saturating_sub(level.open);
    let detail = json!({ "spare": spare, "low": stock_low });
    Finding {
        kind: AlertKind::StockLow,
        subject: format!("stock/{}/{}/{}", product.operator, product.amount, product.currency),
        detail: (spare < stock_low).then(|| detail.to_string()),
    }
}

// === impl Tx ===

impl Tx {
    /// Counts a wrong code of anybody, for [`Store::watch`].
    pub(crate) async fn count_wrong(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let query = sqlx::query(COUNT_WRONG).bind(now_ms.div_euclid(HOUR_MS));
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on("wrong_hour"))
    }

    /// Tells somebody that many wrong codes came within a minute.
    pub(crate) async fn raise_crowd(&mut self, limit: i64, now_ms: i64) -> Result<(), StoreError> {
        let detail = json!({ "limit": limit }).to_string();
        self.raise_alert(AlertKind::Crowd, CODES, &detail, now_ms).await.map(drop)
    }

    /// Forgets the hours that nobody asks for any more.
    pub(crate) async fn sweep_wrong_hours(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let before = now_ms.div_euclid(HOUR_MS).saturating_sub(KEPT_HOURS);
        let query = sqlx::query(SWEEP).bind(before);
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on("wrong_hour"))
    }
}

#[cfg(test)]
mod tests;
