//! What redemptions are known by, as it is kept.

use protocol::{DeviceId, RequestId};
use sqlx::{FromRow, SqliteExecutor};
use uuid::Uuid;

use super::decision::Key;
use crate::{StoreError, Tx, hex::hex};

const TABLE: &str = "redemption_key";

const BY_REQUEST: &str = "SELECT voucher FROM redemption_key WHERE kind = 'request' AND value = $1";
const INSERT: &str =
    "INSERT INTO redemption_key (voucher, kind, value, at_ms) VALUES ($1, $2, $3, $4)";
const READ: &str = "SELECT kind, value FROM redemption_key WHERE voucher = $1";

#[derive(FromRow)]
struct KeyRow {
    kind: String,
    value: Vec<u8>,
}

// === impl KeyRow ===

impl TryFrom<KeyRow> for Key {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        let at =
            || StoreError::Inconsistent { table: TABLE, column: "value", row: hex(&row.value) };
        let value = row.value.as_slice();
        match row.kind.as_str() {
            "request" => {
                let uuid = Uuid::from_slice(value).map_err(|_| at())?;
                Ok(Self::Request(RequestId::from_uuid(uuid)))
            }
            "device" => {
                let bytes = value.try_into().map_err(|_| at())?;
                Ok(Self::Device(DeviceId::from_bytes(bytes)))
            }
            _ => {
                let text = str::from_utf8(value).map_err(|_| at())?;
                text.parse().map(Self::Bridge).map_err(|_| at())
            }
        }
    }
}

// === impl Key ===

impl Key {
    fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Device(_) => "device",
            Self::Bridge(_) => "bridge",
        }
    }

    fn value(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.uuid().as_bytes().to_vec(),
            Self::Device(device) => device.as_bytes().to_vec(),
            Self::Bridge(bridge) => bridge.as_str().as_bytes().to_vec(),
        }
    }
}

// === impl Tx ===

impl Tx {
    /// The voucher that a request redeemed, by its id.
    pub(crate) async fn voucher_of_request(
        &mut self,
        request: Option<RequestId>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match request {
            Some(request) => voucher_by_request(self.conn(), request).await,
            None => Ok(None),
        }
    }

    /// The boxes that a redemption is known by.
    pub(crate) async fn devices_of(&mut self, voucher: &[u8]) -> Result<Vec<DeviceId>, StoreError> {
        let keys = self.redemption_keys(voucher).await?;
        let device = |key| match key {
            Key::Device(device) => Some(device),
            Key::Request(_) | Key::Bridge(_) => None,
        };
        Ok(keys.into_iter().filter_map(device).collect())
    }

    /// Whether a request redeemed another voucher than this.
    pub(super) async fn is_other_code(
        &mut self,
        request: Option<RequestId>,
        voucher: Option<&Vec<u8>>,
    ) -> Result<bool, StoreError> {
        let of_request = self.voucher_of_request(request).await?;
        Ok(of_request.is_some() && of_request.as_ref() != voucher)
    }

    pub(super) async fn insert_keys(
        &mut self,
        voucher: &[u8],
        keys: &[Key],
        at_ms: i64,
    ) -> Result<(), StoreError> {
        for key in keys {
            let done = sqlx::query(INSERT)
                .bind(voucher)
                .bind(key.kind())
                .bind(key.value())
                .bind(at_ms)
                .execute(self.conn())
                .await
                .map_err(StoreError::on(TABLE))?;
            StoreError::ensure_affected(TABLE, done.rows_affected(), 1)?;
        }
        Ok(())
    }

    pub(super) async fn redemption_keys(&mut self, voucher: &[u8]) -> Result<Vec<Key>, StoreError> {
        let rows = sqlx::query_as::<_, KeyRow>(READ).bind(voucher.to_vec());
        let rows = rows.fetch_all(self.conn()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Key::try_from).collect()
    }
}

/// The voucher that a request redeemed, by its id.
pub(super) async fn voucher_by_request(
    db: impl SqliteExecutor<'_>,
    request: RequestId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let voucher = sqlx::query_scalar(BY_REQUEST).bind(request.uuid().as_bytes().to_vec());
    voucher.fetch_optional(db).await.map_err(StoreError::on(TABLE))
}
