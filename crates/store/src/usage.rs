//! What each box used, by day: counted by the AARs, added up here.

use protocol::{Date, DeviceId};
use sqlx::{FromRow, QueryBuilder, Sqlite};

use crate::{Store, StoreError, Tx, hex::hex};

const TABLE: &str = "usage";

/// Rows a statement: 7 values each stay far under SQLite's 32,766.
const CHUNK: usize = 500;

const OF_DEVICE: &str = "SELECT * FROM usage WHERE device = $1 AND day < $2 \
    ORDER BY day DESC LIMIT $3";
const ON_DAY: &str = "SELECT * FROM usage WHERE day = $1 AND device > $2 ORDER BY device LIMIT $3";
const PURGE: &str = "DELETE FROM usage WHERE (device, day) IN \
    (SELECT device, day FROM usage WHERE day < $1 ORDER BY day, device LIMIT $2)";

/// What one box used on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The box.
    pub device: DeviceId,
    /// The day, in the zone of the servers.
    pub day: Date,
    /// AUTHs that passed the counter check.
    pub auths: i64,
    /// Those answered OK.
    pub good: i64,
    /// Seconds under a lease.
    pub online_s: i64,
    /// The first AUTH, Unix milliseconds.
    pub first_ms: i64,
    /// The last AUTH, Unix milliseconds.
    pub last_ms: i64,
}

#[derive(FromRow)]
struct Row {
    device: Vec<u8>,
    day: String,
    auths: i64,
    good: i64,
    online_s: i64,
    first_ms: i64,
    last_ms: i64,
}

// === impl Row ===

impl TryFrom<Row> for Usage {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = |column| StoreError::Inconsistent { table: TABLE, column, row: hex(&row.device) };
        let device = <[u8; 16]>::try_from(row.device.as_slice()).map_err(|_| at("device"))?;
        Ok(Self {
            device: DeviceId::from_bytes(device),
            day: row.day.parse().map_err(|_| at("day"))?,
            auths: row.auths,
            good: row.good,
            online_s: row.online_s,
            first_ms: row.first_ms,
            last_ms: row.last_ms,
        })
    }
}

// === impl Store ===

impl Store {
    /// Lists the days of a box before this one (all where there is none), newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn usage_of(
        &self,
        device: DeviceId,
        before: Option<Date>,
        limit: u32,
    ) -> Result<Vec<Usage>, StoreError> {
        // A letter sorts behind every day.
        let before = before.map_or_else(|| "x".to_owned(), |it| it.to_string());
        let rows = sqlx::query_as::<_, Row>(OF_DEVICE)
            .bind(device.as_bytes().to_vec())
            .bind(before)
            .bind(limit)
            .fetch_all(self.reads())
            .await;
        rows.map_err(StoreError::on(TABLE))?.into_iter().map(Usage::try_from).collect()
    }

    /// Lists the boxes of a day with an id after this one, in the order of their ids.
    ///
    /// # Errors
    /// Those of [`Store::usage_of`].
    pub async fn usage_on(
        &self,
        day: Date,
        after: DeviceId,
        limit: u32,
    ) -> Result<Vec<Usage>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(ON_DAY)
            .bind(day.to_string())
            .bind(after.as_bytes().to_vec())
            .bind(limit)
            .fetch_all(self.reads())
            .await;
        rows.map_err(StoreError::on(TABLE))?.into_iter().map(Usage::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Adds to the days of boxes what was counted since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn add_usage(&mut self, counted: &[Usage]) -> Result<(), StoreError> {
        for chunk in counted.chunks(CHUNK) {
            let mut builder = add(chunk);
            builder.build().execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        }
        Ok(())
    }

    /// Forgets at most so many rows of days before this one, and says how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn purge_usage(&mut self, before: Date, limit: u32) -> Result<u64, StoreError> {
        let done = sqlx::query(PURGE).bind(before.to_string()).bind(limit);
        let done = done.execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        Ok(done.rows_affected())
    }
}

fn add(counted: &[Usage]) -> QueryBuilder<Sqlite> {
    let mut builder = QueryBuilder::new(
        "INSERT INTO usage (device, day, auths, good, online_s, first_ms, last_ms) ",
    );
    builder.push_values(counted, |mut row, usage| {
        row.push_bind(usage.device.as_bytes().to_vec())
            .push_bind(usage.day.to_string())
            .push_bind(usage.auths)
            .push_bind(usage.good)
            .push_bind(usage.online_s)
            .push_bind(usage.first_ms)
            .push_bind(usage.last_ms);
    });
    builder.push(
        " ON CONFLICT (device, day) DO UPDATE SET auths = usage.auths + excluded.auths, \
         good = usage.good + excluded.good, online_s = usage.online_s + excluded.online_s, \
         first_ms = CASE WHEN excluded.first_ms < usage.first_ms THEN excluded.first_ms \
         ELSE usage.first_ms END, \
         last_ms = CASE WHEN excluded.last_ms > usage.last_ms THEN excluded.last_ms \
         ELSE usage.last_ms END",
    );
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::*;

    fn usage(n: u8, day: &str, at_ms: i64) -> Usage {
        let day = day.parse().unwrap();
        let device = device(n).id;
        Usage { device, day, auths: 2, good: 1, online_s: 60, first_ms: at_ms, last_ms: at_ms + 5 }
    }

    #[tokio::test]
    async fn adds_up_what_both_aars_counted() {
        let scene = Scene::new().await;
        let twin = scene.twin().await;
        for (store, at_ms) in [(&scene.store, 100), (&twin, 50), (&scene.store, 70)] {
            let mut tx = store.begin().await.unwrap();
            tx.add_usage(&[usage(1, "2026-11-20", at_ms)]).await.unwrap();
            tx.commit().await.unwrap();
        }
        let days = scene.store.usage_of(device(1).id, None, 9).await.unwrap();
        let all = Usage { auths: 6, good: 3, online_s: 180, first_ms: 50, last_ms: 105, ..days[0] };
        assert_eq!(days, [all]);
    }

    #[tokio::test]
    async fn lists_the_days_of_a_box_and_the_boxes_of_a_day() {
        let scene = Scene::new().await;
        let days = ["2026-11-18", "2026-11-19", "2026-11-20"];
        let counted: Vec<_> =
            days.iter().flat_map(|day| [1, 2, 3].map(|n| usage(n, day, 1))).collect();
        let mut tx = scene.store.begin().await.unwrap();
        tx.add_usage(&counted).await.unwrap();
        tx.commit().await.unwrap();
        let day = |it: &Usage| it.day.to_string();
        let newest = scene.store.usage_of(device(2).id, None, 2).await.unwrap();
        assert_eq!(newest.iter().map(day).collect::<Vec<_>>(), [days[2], days[1]]);
        let rest = scene.store.usage_of(device(2).id, Some(newest[1].day), 2).await.unwrap();
        assert_eq!(rest.iter().map(day).collect::<Vec<_>>(), [days[0]]);
        let on = scene.store.usage_on(newest[0].day, device(1).id, 9).await.unwrap();
        assert_eq!(on.iter().map(|it| it.device).collect::<Vec<_>>(), [device(2).id, device(3).id]);
    }

    #[tokio::test]
    async fn forgets_old_days_a_part_at_a_time() {
        let scene = Scene::new().await;
        let mut tx = scene.store.begin().await.unwrap();
        let counted: Vec<_> = (1..=5).map(|n| usage(n, "2025-01-01", 1)).collect();
        tx.add_usage(&counted).await.unwrap();
        tx.add_usage(&[usage(9, "2026-11-20", 1)]).await.unwrap();
        let before = "2026-01-01".parse().unwrap();
        let mut forgotten = Vec::new();
        for _ in 0..3 {
            forgotten.push(tx.purge_usage(before, 3).await.unwrap());
        }
        assert_eq!(forgotten, [3, 2, 0]);
        tx.commit().await.unwrap();
        assert_eq!(scene.store.usage_of(device(9).id, None, 9).await.unwrap().len(), 1);
    }
}
