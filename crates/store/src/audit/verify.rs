//! Whether the audit log is whole.

use std::fmt;

use crypto::{KeyId, Secret32};
use sqlx::{Sqlite, Transaction};

use super::list::Row;
use super::{AuditHead, AuditMark, Audited, TABLE};
use crate::{Store, StoreError};

const AFTER: &str = "SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2";

/// Rows that are read at once: some 200 KiB.
const PAGE: u32 = 500;

/// How far the log was looked at, and what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditVerified {
    /// The last place of the chain that holds.
    pub good: AuditMark,
    /// The end that the head claims.
    pub end: AuditMark,
    /// What is wrong behind `good`, if anything; the first of it.
    pub fault: Option<AuditFault>,
}

/// What is wrong with the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// Row `number` does not follow from the row before it: it, or that one, was changed.
    Changed {
        /// Its number.
        number: i64,
    },
    /// Row `number` is missing, and a later one is there.
    Missing {
        /// Its number.
        number: i64,
    },
    /// Rows were cut from the end: `from` to `to` are missing.
    Cut {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// Rows stand behind the end that the head claims.
    Behind {
        /// The first of them.
        number: i64,
    },
    /// The head is not sealed under a key of ours, or not for this end: it was written by
    /// somebody without the key.
    Head,
    /// The place from which it was to go on is not in the log any more: what was written down of
    /// row `number` then is not what stands there, or nothing stands there.
    Rewritten {
        /// Its number.
        number: i64,
    },
}

// === impl AuditFault ===

impl AuditFault {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Cut { .. } => "cut",
            Self::Behind { .. } => "behind",
            Self::Head => "head",
            Self::Rewritten { .. } => "rewritten",
        }
    }

    /// The row at which it shows, where it has one.
    pub fn number(self) -> Option<i64> {
        match self {
            Self::Changed { number }
            | Self::Missing { number }
            | Self::Cut { from: number, .. }
            | Self::Behind { number }
            | Self::Rewritten { number } => Some(number),
            Self::Head => None,
        }
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { number } => write!(f, "row {number} was changed, or the one before"),
            Self::Missing { number } => write!(f, "row {number} is missing"),
            Self::Cut { from, to } => write!(f, "rows {from} to {to} were cut off"),
            Self::Behind { number } => write!(f, "row {number} stands behind the end"),
            Self::Head => f.write_str("the end is not sealed by a key of ours"),
            Self::Rewritten { number } => {
                write!(f, "row {number} is not the one that was there before")
            }
        }
    }
}

// === impl Store ===

impl Store {
    /// Says whether the audit log is whole behind a place that is known to be good, over `limit`
    /// rows at most: where `good` is not yet `end`, go on from `good`.
    ///
    /// `keys` are all keys `index`. Everything is read in one snapshot, while others write.
    ///
    /// How far a cut end shows: the head names how many rows there are, and its seal cannot be
    /// made without a key. Who puts an old copy of the whole database back, head and all, shows
    /// only against a mark that somebody wrote down elsewhere: give it as `from`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn verify_audit<'k>(
        &self,
        from: AuditMark,
        limit: u32,
        keys: impl IntoIterator<Item = (KeyId, &'k Secret32)>,
    ) -> Result<AuditVerified, StoreError> {
        let mut view = self.reads().begin().await.map_err(StoreError::on(TABLE))?;
        let head = AuditHead::read(&mut *view).await?;
        let mut verified = AuditVerified { good: from, end: head.mark, fault: None };
        if !head.is_sealed(keys) {
            verified.fault = Some(AuditFault::Head);
        } else if !is_there(&mut view, &from).await? {
            verified.fault = Some(AuditFault::Rewritten { number: from.number });
        } else {
            walk(&mut view, &mut verified, limit).await?;
        }
        Ok(verified)
    }
}

/// Whether a place is one of this chain.
async fn is_there(
    view: &mut Transaction<'static, Sqlite>,
    place: &AuditMark,
) -> Result<bool, StoreError> {
    if *place == AuditMark::START {
        return Ok(true);
    }
    let row = page(view, place.number.saturating_sub(1), 1).await?;
    Ok(row.first().is_some_and(|row| row.number == place.number && row.hash == place.hash))
}

/// Follows the chain, and stops at the first fault.
async fn walk(
    view: &mut Transaction<'static, Sqlite>,
    verified: &mut AuditVerified,
    limit: u32,
) -> Result<(), StoreError> {
    let mut left = limit;
    while 0 < left {
        let rows = page(view, verified.good.number, PAGE.min(left)).await?;
        for row in &rows {
            verified.fault = fault(row, verified);
            if verified.fault.is_some() {
                return Ok(());
            }
            verified.good = verified.good.next(&row.entry);
        }
        if rows.is_empty() {
            break;
        }
        left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    }
    let (good, end) = (verified.good, verified.end);
    if good.number == end.number && good.hash != end.hash {
        verified.fault = Some(AuditFault::Changed { number: good.number });
    } else if good.number < end.number && 0 < left {
        let from = good.number.saturating_add(1);
        verified.fault = Some(AuditFault::Cut { from, to: end.number });
    }
    Ok(())
}

/// What is wrong with the row that follows the last good one.
fn fault(row: &Audited, verified: &AuditVerified) -> Option<AuditFault> {
    let next = verified.good.next(&row.entry);
    if verified.end.number < row.number {
        Some(AuditFault::Behind { number: row.number })
    } else if next.number < row.number {
        Some(AuditFault::Missing { number: next.number })
    } else if next.hash != row.hash {
        Some(AuditFault::Changed { number: row.number })
    } else {
        None
    }
}

async fn page(
    view: &mut Transaction<'static, Sqlite>,
    after: i64,
    limit: u32,
) -> Result<Vec<Audited>, StoreError> {
    let rows = sqlx::query_as::<_, Row>(AFTER).bind(after).bind(limit);
    let rows = rows.fetch_all(&mut **view).await.map_err(StoreError::on(TABLE))?;
    rows.into_iter().map(Audited::try_from).collect()
}
