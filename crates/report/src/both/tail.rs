//! New rows as they come, from whichever database has them first.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Both;
use crate::db::{AHEAD_US, Filter, LATE_US, ReportDb};
use crate::error::DbError;
use crate::row::Row;

/// Rows of a page.
const PAGE: u32 = 1000;
/// Rows that one look brings at most; what is left comes with the next.
const MOST: usize = 10_000;

/// Follows two databases.
///
/// A row may come late: behind its server's last watermark, less the longest request, nothing can come any more. So
/// a look reads what follows that moment, and remembers what it has seen of it.
#[derive(Debug)]
pub struct Tail {
    filter: Filter,
    seen: BTreeMap<String, BTreeSet<(i64, Uuid)>>,
    primed: bool,
}

/// What one look brought.
#[derive(Debug, Default)]
pub struct Tailed {
    /// New rows, those of a server in the order of time.
    pub rows: Vec<Row>,
    /// Rows from the future by more than clocks may differ, left out.
    pub ahead: u64,
    /// Rows of which a value is not of its form, left out.
    pub unreadable: u64,
}

// === impl Tail ===

impl Tail {
    /// Begins with what comes after the first look, which brings nothing.
    pub fn new(filter: Filter) -> Self {
        Self { filter, seen: BTreeMap::new(), primed: false }
    }

    /// Looks for new rows, each once.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`] where no database could be read.
    pub async fn look(&mut self, both: &Both, now_us: i64) -> Result<Tailed, DbError> {
        let (mut tailed, mut failed, mut floors) = (Tailed::default(), None, BTreeMap::new());
        let mut read = false;
        for (_, db) in &both.bases {
            match self.look_at(db, now_us, &mut tailed, &mut floors).await {
                Ok(()) => read = true,
                Err(error) => failed = Some(error),
            }
        }
        if let (false, Some(error)) = (read, failed) {
            return Err(error);
        }
        for (server, seen) in &mut self.seen {
            if let Some(floor) = floors.get(server) {
                *seen = seen.split_off(&(*floor, Uuid::nil()));
            }
        }
        if !self.primed {
            tailed.rows.clear();
        }
        self.primed = true;
        Ok(tailed)
    }

    async fn look_at(
        &mut self,
        db: &ReportDb,
        now_us: i64,
        tailed: &mut Tailed,
        floors: &mut BTreeMap<String, i64>,
    ) -> Result<(), DbError> {
        let watermarks = db.watermarks(now_us).await?;
        for server in db.servers().await? {
            let mark = watermarks.get(&server).copied();
            let floor = mark.unwrap_or(now_us).saturating_sub(LATE_US);
            let least = floors.entry(server.clone()).or_insert(floor);
            *least = floor.min(*least);
            let seen = self.seen.entry(server.clone()).or_default();
            let mut after = Some((floor, Uuid::nil()));
            while let Some((at_us, id)) = after {
                let page = db.since(&self.filter, (&server, at_us, id), PAGE).await?;
                tailed.unreadable = tailed
                    .unreadable
                    .saturating_add(u64::try_from(page.unreadable.len()).unwrap_or(u64::MAX));
                for row in page.rows {
                    if now_us.saturating_add(AHEAD_US) < row.at_us {
                        tailed.ahead = tailed.ahead.saturating_add(1);
                    } else if seen.insert((row.at_us, row.id)) {
                        tailed.rows.push(row);
                    }
                }
                after = page.last.filter(|_| tailed.rows.len() < MOST || !self.primed);
                if !self.primed {
                    tailed.rows.clear();
                }
            }
        }
        Ok(())
    }
}
