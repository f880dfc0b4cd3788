//! The counters of the boxes, as AAR flushes them for its twin and its next start.

use protocol::{DeviceId, Outcome};
use sqlx::{FromRow, QueryBuilder, Sqlite};

use crate::{Store, StoreError, Tx, changes::Counted, hex::hex};

const TABLE: &str = "guard";

/// Rows a statement: 8 values each stay far under SQLite's 32,766, and a fixed size keeps the
/// statement cache small.
const CHUNK: usize = 500;

const CHANGED_SINCE: &str = "SELECT * FROM guard WHERE (changed, device) > ($1, $2) \
    ORDER BY changed, device LIMIT $3";

/// The last AUTH of a box that passed the counter check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The box.
    pub device: DeviceId,
    /// Its counter.
    pub counter: i64,
    /// The nonce of its crypto.
    pub nonce: [u8; 12],
    /// When it was judged.
    pub seen_ms: i64,
    /// The result it got.
    pub outcome: Outcome,
    /// The lease it got, or 0.
    pub lease_s: u32,
    /// The spread it got, or 0.
    pub spread_s: u32,
}

/// Where a reader of guard changes stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardCursor {
    changed: i64,
    device: [u8; 16],
}

#[derive(FromRow)]
struct Row {
    device: Vec<u8>,
    counter: i64,
    nonce: Vec<u8>,
    seen_ms: i64,
    outcome: String,
    lease: i64,
    spread: i64,
    changed: i64,
}

// === impl GuardCursor ===

impl GuardCursor {
    /// Before every change.
    pub const START: Self = Self { changed: -1, device: [0; 16] };
}

// === impl Row ===

impl TryFrom<Row> for Guard {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = |column| StoreError::Inconsistent { table: TABLE, column, row: hex(&row.device) };
        let device = <[u8; 16]>::try_from(row.device.as_slice()).map_err(|_| at("device"))?;
        Ok(Self {
            device: DeviceId::from_bytes(device),
            counter: row.counter,
            nonce: row.nonce.as_slice().try_into().map_err(|_| at("nonce"))?,
            seen_ms: row.seen_ms,
            outcome: row.outcome.parse().map_err(|_| at("outcome"))?,
            lease_s: row.lease.try_into().map_err(|_| at("lease"))?,
            spread_s: row.spread.try_into().map_err(|_| at("spread"))?,
        })
    }
}

// === impl Store ===

impl Store {
    /// Lists guards that changed after a cursor, which it moves past them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`]; the
    /// cursor then stays.
    pub async fn guards_changed_since(
        &self,
        cursor: &mut GuardCursor,
        limit: u32,
    ) -> Result<Vec<Guard>, StoreError> {
        let query = sqlx::query_as::<_, Row>(CHANGED_SINCE).bind(cursor.changed);
        let query = query.bind(cursor.device.to_vec()).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(StoreError::on(TABLE))?;
        let last = rows.last().map(|row| row.changed);
        let guards = rows.into_iter().map(Guard::try_from).collect::<Result<Vec<_>, _>>()?;
        if let (Some(changed), Some(guard)) = (last, guards.last()) {
            *cursor = GuardCursor { changed, device: *guard.device.as_bytes() };
        }
        Ok(guards)
    }
}

// === impl Tx ===

impl Tx {
    /// Keeps guards, each where its counter is greater than the one kept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn raise_guards(&mut self, guards: &[Guard]) -> Result<(), StoreError> {
        if guards.is_empty() {
            return Ok(());
        }
        let changed = self.next_change(Counted::Guard).await?;
        for chunk in guards.chunks(CHUNK) {
            let mut builder = raise(chunk, changed);
            builder.build().execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        }
        Ok(())
    }
}

fn raise(guards: &[Guard], changed: i64) -> QueryBuilder<Sqlite> {
    let mut builder = QueryBuilder::new(
        "INSERT INTO guard (device, counter, nonce, seen_ms, outcome, lease, spread, changed) ",
    );
    builder.push_values(guards, |mut row, guard| {
        row.push_bind(guard.device.as_bytes().to_vec())
            .push_bind(guard.counter)
            .push_bind(guard.nonce.to_vec())
            .push_bind(guard.seen_ms)
            .push_bind(guard.outcome.as_str())
            .push_bind(i64::from(guard.lease_s))
            .push_bind(i64::from(guard.spread_s))
            .push_bind(changed);
    });
    builder.push(
        " ON CONFLICT (device) DO UPDATE SET counter = excluded.counter, nonce = excluded.nonce, \
         seen_ms = excluded.seen_ms, outcome = excluded.outcome, lease = excluded.lease, \
         spread = excluded.spread, changed = excluded.changed \
         WHERE excluded.counter > guard.counter",
    );
    builder
}

#[cfg(test)]
mod tests;
