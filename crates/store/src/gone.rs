//! The boxes that were deleted.

use protocol::DeviceId;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Store, StoreError, Tx, changes::Counted, hex::hex};

const TABLE: &str = "gone";

const INSERT: &str = "INSERT INTO gone (id, request, at_ms, changed) VALUES ($1, $2, $3, $4)";
const BY_ID: &str = "SELECT * FROM gone WHERE id = $1";
const BY_REQUEST: &str = "SELECT * FROM gone WHERE request = $1 ORDER BY id LIMIT 2";
const CHANGED_SINCE: &str = "SELECT * FROM gone WHERE changed > $1 ORDER BY changed LIMIT $2";
/// What goes with a box, before the box itself.
const DELETES: [&str; 5] = [
    "DELETE FROM record_answer WHERE device = $1",
    "DELETE FROM history WHERE device = $1",
    "DELETE FROM guard WHERE device = $1",
    "DELETE FROM usage WHERE device = $1",
    "DELETE FROM device WHERE id = $1",
];

/// A box that was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The box.
    pub device: DeviceId,
    /// The request that deleted it.
    pub request: Uuid,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Number of the change; set by the store.
    pub changed: i64,
}

#[derive(FromRow)]
struct Row {
    id: Vec<u8>,
    request: Uuid,
    at_ms: i64,
    changed: i64,
}

// === impl Row ===

impl TryFrom<Row> for Gone {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let Row { id, request, at_ms, changed } = row;
        let bytes = <[u8; 16]>::try_from(id.as_slice());
        let at = |_| StoreError::Inconsistent { table: TABLE, column: "id", row: hex(&id) };
        Ok(Self { device: DeviceId::from_bytes(bytes.map_err(at)?), request, at_ms, changed })
    }
}

// === impl Store ===

impl Store {
    /// Lists boxes that were deleted after a number of change, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn gone_since(&self, changed: i64, limit: u32) -> Result<Vec<Gone>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(CHANGED_SINCE).bind(changed).bind(limit);
        let rows = rows.fetch_all(self.reads()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Gone::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Deletes a box with its history, counter, usage and kept answers, and sets `changed`. Its
    /// id is kept, so that every cache learns that it is gone.
    ///
    /// # Errors
    /// [`StoreError::Affected`] when it is not there; then those of [`Store::gone_since`].
    pub async fn delete_device(&mut self, gone: &mut Gone) -> Result<(), StoreError> {
        gone.changed = self.next_change(Counted::Device).await?;
        let id = gone.device.as_bytes().to_vec();
        let mut deleted = 0;
        for delete in DELETES {
            let done = sqlx::query(delete).bind(id.clone()).execute(self.conn()).await;
            deleted = done.map_err(StoreError::on(TABLE))?.rows_affected();
        }
        StoreError::ensure_affected("device", deleted, 1)?;
        let kept = sqlx::query(INSERT).bind(id).bind(gone.request).bind(gone.at_ms);
        let kept = kept.bind(gone.changed).execute(self.conn()).await;
        kept.map(drop).map_err(StoreError::on(TABLE))
    }

    /// Finds a box that was deleted.
    ///
    /// # Errors
    /// Those of [`Store::gone_since`].
    pub async fn gone(&mut self, device: DeviceId) -> Result<Option<Gone>, StoreError> {
        let query = sqlx::query_as::<_, Row>(BY_ID).bind(device.as_bytes().to_vec());
        let row = query.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        row.map(Gone::try_from).transpose()
    }

    /// Lists what a request deleted; two at most.
    ///
    /// # Errors
    /// Those of [`Store::gone_since`].
    pub async fn gone_by_request(&mut self, request: Uuid) -> Result<Vec<Gone>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(BY_REQUEST).bind(request).fetch_all(self.conn());
        let rows = rows.await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Gone::try_from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Usage, scene::*};

    #[tokio::test]
    async fn a_deleted_box_leaves_its_id_and_nothing_else() {
        let scene = Scene::new().await;
        let (one, two) = (scene.add(device(1)).await, scene.add(device(2)).await);
        let mut tx = scene.store.begin().await.unwrap();
        for device in [&one, &two] {
            tx.add_event(&event(device, device.id.as_bytes()[0])).await.unwrap();
            let day = "2026-11-20".parse().unwrap();
            let usage = Usage {
                device: device.id,
                day,
                auths: 1,
                good: 1,
                online_s: 1,
                first_ms: 1,
                last_ms: 1,
            };
            tx.add_usage(&[usage]).await.unwrap();
        }
        let request = Uuid::from_u128(7);
        let mut gone = Gone { device: one.id, request, at_ms: 5, changed: 0 };
        tx.delete_device(&mut gone).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(scene.store.device(one.id).await.unwrap(), None);
        assert_eq!(scene.store.history(&[one.id], None, 9).await.unwrap(), []);
        assert_eq!(scene.store.usage_of(one.id, None, 9).await.unwrap(), []);
        assert_eq!(scene.store.history(&[two.id], None, 9).await.unwrap().len(), 1);
        assert_eq!(scene.store.usage_of(two.id, None, 9).await.unwrap().len(), 1);
        assert_eq!(scene.store.gone_since(two.changed, 9).await.unwrap(), [gone]);
        let mut tx = scene.store.begin().await.unwrap();
        assert_eq!(tx.gone(one.id).await.unwrap(), Some(gone));
        assert_eq!(tx.gone_by_request(request).await.unwrap(), [gone]);
        assert!(tx.delete_device(&mut gone).await.is_err());
    }
}
