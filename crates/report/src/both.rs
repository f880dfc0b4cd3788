//! Two REPORT databases read as one: whatever stands in either, each row once.

mod stream;
mod tail;

use std::collections::BTreeMap;

use protocol::{Bridge, DbUrl, Pair};

use crate::db::ReportDb;
use crate::error::DbError;
use crate::row::Row;
pub use stream::Stream;
pub use tail::{Tail, Tailed};

/// The databases that can be read, one at least.
#[derive(Debug)]
pub struct Both {
    pub(crate) bases: Vec<(Side, ReportDb)>,
}

/// The first database or the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    First,
    Second,
}

/// A row, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The row.
    pub row: Row,
    /// Whether the first and the second database have it; none: that one was not asked.
    pub stands: Pair<Option<bool>>,
}

// === impl Both ===

impl Both {
    /// Opens what can be opened, and tells of the others; `Err` where that is nothing.
    ///
    /// # Errors
    ///
    /// Why each cannot be used, with its address.
    pub async fn open(
        urls: &Pair<Option<DbUrl>>,
    ) -> Result<(Self, Vec<(DbUrl, DbError)>), Vec<(DbUrl, DbError)>> {
        let (mut bases, mut errors) = (Vec::new(), Vec::new());
        for (side, url) in [(Side::First, &urls.first), (Side::Second, &urls.second)] {
            let Some(url) = url else { continue };
            match ReportDb::open(url).await {
                Ok(db) => bases.push((side, db)),
                Err(error) => errors.push((url.clone(), error)),
            }
        }
        if bases.is_empty() { Err(errors) } else { Ok((Self { bases }, errors)) }
    }

    /// Whether every database that has an address is open.
    pub fn is_whole(&self, urls: &Pair<Option<DbUrl>>) -> bool {
        urls.present().count() <= self.bases.len()
    }

    /// What became of one request, at every server that it passed, in the order of time.
    ///
    /// # Errors
    ///
    /// Those of [`ReportDb::trace`].
    pub async fn trace(&self, bridge: &Bridge) -> Result<Vec<Found>, DbError> {
        let mut found = BTreeMap::new();
        for (side, db) in &self.bases {
            for row in db.trace(bridge).await? {
                let place = (row.at_us, row.id);
                let known = found.entry(place).or_insert_with(|| self.nowhere(row));
                side.mark(&mut known.stands);
            }
        }
        Ok(found.into_values().collect())
    }

    fn nowhere(&self, row: Row) -> Found {
        let asked = |side| self.bases.iter().any(|(known, _)| *known == side).then_some(false);
        Found { row, stands: Pair::new(asked(Side::First), asked(Side::Second)) }
    }
}

// === impl Side ===

impl Side {
    const fn mark(self, stands: &mut Pair<Option<bool>>) {
        match self {
            Self::First => stands.first = Some(true),
            Self::Second => stands.second = Some(true),
        }
    }
}
