//! All rows of a filter in the order of their ids, a page of each database in memory.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{Both, Found, Side};
use crate::db::{Filter, ReportDb};
use crate::error::DbError;
use crate::row::Row;

/// Rows of a page.
const PAGE: u32 = 1000;

/// Rows of two databases, merged.
#[derive(Debug)]
pub struct Stream<'a> {
    both: &'a Both,
    filter: Filter,
    heads: Vec<Head<'a>>,
    unreadable: u64,
}

/// How far one database was read.
#[derive(Debug)]
struct Head<'a> {
    side: Side,
    db: &'a ReportDb,
    rows: VecDeque<Row>,
    /// Where the next page begins; nothing at the end.
    after: Option<Uuid>,
}

// === impl Both ===

impl Both {
    /// Reads all rows of a filter, whose `after` and `limit` do not count.
    pub fn stream(&self, filter: Filter) -> Stream<'_> {
        let heads = self.bases.iter().map(|(side, db)| Head {
            side: *side,
            db,
            rows: VecDeque::new(),
            after: Some(Uuid::nil()),
        });
        Stream { both: self, filter, heads: heads.collect(), unreadable: 0 }
    }
}

// === impl Stream ===

impl Stream<'_> {
    /// The next row; nothing at the end.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub async fn next(&mut self) -> Result<Option<Found>, DbError> {
        for head in &mut self.heads {
            self.unreadable = self.unreadable.saturating_add(head.fill(&self.filter).await?);
        }
        let least = self.heads.iter().filter_map(|head| Some(head.rows.front()?.id)).min();
        let Some(id) = least else { return Ok(None) };
        let mut found: Option<Found> = None;
        for head in &mut self.heads {
            if head.rows.front().is_some_and(|row| row.id == id)
                && let Some(row) = head.rows.pop_front()
            {
                let known = found.get_or_insert_with(|| self.both.nowhere(row));
                head.side.mark(&mut known.stands);
            }
        }
        Ok(found)
    }

    /// Rows so far, in each database, of which a value is not of its form: they are left out.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }
}

// === impl Head ===

impl Head<'_> {
    /// Sees to it that a row is at hand, if there is one; counts those that could not be read.
    async fn fill(&mut self, filter: &Filter) -> Result<u64, DbError> {
        let mut unreadable = 0_u64;
        while let (true, Some(after)) = (self.rows.is_empty(), self.after) {
            let page = self.db.follow(filter, after, PAGE).await?;
            self.after = page.last.map(|(_, id)| id);
            let count = u64::try_from(page.unreadable.len()).unwrap_or(u64::MAX);
            unreadable = unreadable.saturating_add(count);
            self.rows.extend(page.rows);
        }
        Ok(unreadable)
    }
}
