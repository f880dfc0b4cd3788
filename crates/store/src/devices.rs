//! The boxes.

use protocol::{Date, DeviceId};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteExecutor, query::Query, sqlite::SqliteArguments};

use crate::{Labels, State, Store, StoreError, Tx, changes::Counted, hex::hex};

const TABLE: &str = "device";

const BY_ID: &str = "SELECT * FROM device WHERE id = $1";
const BY_IMEI: &str = "SELECT * FROM device WHERE imei_index = $1";
const BY_MAC: &str = "SELECT * FROM device WHERE mac_index = $1 ORDER BY id LIMIT 100";
const BY_SERIAL: &str = "SELECT * FROM device WHERE serial_index = $1 ORDER BY id LIMIT 100";
const BY_REPLACED: &str = "SELECT * FROM device WHERE replaces = $1 LIMIT 1";
const CHANGED_SINCE: &str = "SELECT * FROM device WHERE changed > $1 ORDER BY changed LIMIT $2";

/// Boxes read by one statement.
const IDS: usize = 500;

const INSERT: &str = "INSERT INTO device \
    (id, state, key, pending, infos, pubkey, subscriber, msisdn, activation, until, fresh, changed, \
     group_name, tags, replaces, mac_index, mac_key, imei_index, imei_key, serial_index, serial_key, activation_index, activation_key, created_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";
const UPDATE: &str = "UPDATE device SET state = $2, key = $3, pending = $4, infos = $5, pubkey = $6, \
    subscriber = $7, msisdn = $8, activation = $9, until = $10, fresh = $11, changed = $12, \
    group_name = $13, tags = $14, replaces = $15 WHERE id = $1";

/// A value's keyed index, and which key made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// Id of the master key behind it.
    pub key: [u8; 4],
    /// HMAC-SHA256 of the value.
    pub digest: [u8; 32],
}

/// A box as it is kept: sealed values and keyed indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The box's id.
    pub id: DeviceId,
    /// What it may do.
    pub state: State,
    /// Index of `mac/` + macaddr; not unique.
    pub mac: Keyed,
    /// Index of `imei/` + imei, where it told one; unique.
    pub imei: Option<Keyed>,
    /// Index of `serial/` + serial, where it is a real one.
    pub serial: Option<Keyed>,
    /// Sealed box key.
    pub key: Vec<u8>,
    /// Sealed key of a rekey that no AUTH used yet.
    pub pending: Option<Vec<u8>>,
    /// Sealed INFOS.
    pub infos: Vec<u8>,
    /// RSA public key (SPKI DER), where it sent one.
    pub pubkey: Option<Vec<u8>>,
    /// Sealed name of the customer.
    pub subscriber: Option<Vec<u8>>,
    /// Sealed number of the customer.
    pub msisdn: Option<Vec<u8>>,
    /// Index of the activation code under the pepper.
    pub activation_index: Keyed,
    /// Sealed activation code, until it is used.
    pub activation: Option<Vec<u8>>,
    /// Its last good day.
    pub until: Option<Date>,
    /// Its group and its tags.
    pub labels: Labels,
    /// The box whose customer and history it took over.
    pub replaces: Option<DeviceId>,
    /// True from a recording or a rekey to the first AUTH answered OK.
    pub fresh: bool,
    /// When it was recorded.
    pub created_ms: i64,
    /// Number of its last change; set by the store.
    pub changed: i64,
}

#[derive(FromRow)]
struct Row {
    id: Vec<u8>,
    state: String,
    mac_index: Vec<u8>,
    mac_key: Vec<u8>,
    imei_index: Option<Vec<u8>>,
    imei_key: Option<Vec<u8>>,
    serial_index: Option<Vec<u8>>,
    serial_key: Option<Vec<u8>>,
    key: Vec<u8>,
    pending: Option<Vec<u8>>,
    infos: Vec<u8>,
    pubkey: Option<Vec<u8>>,
    subscriber: Option<Vec<u8>>,
    msisdn: Option<Vec<u8>>,
    activation_index: Vec<u8>,
    activation_key: Vec<u8>,
    activation: Option<Vec<u8>>,
    until: Option<String>,
    group_name: Option<String>,
    tags: String,
    replaces: Option<Vec<u8>>,
    fresh: bool,
    created_ms: i64,
    changed: i64,
}

// === impl Keyed ===

impl Keyed {
    pub(crate) fn read(
        index: &[u8],
        key: &[u8],
        at: impl Fn() -> StoreError,
    ) -> Result<Self, StoreError> {
        match (key.try_into(), index.try_into()) {
            (Ok(key), Ok(digest)) => Ok(Self { key, digest }),
            _ => Err(at()),
        }
    }
}

// === impl Row ===

impl Row {
    fn inconsistent(&self, column: &'static str) -> StoreError {
        let row = hex(&self.id);
        StoreError::Inconsistent { table: TABLE, column, row }
    }

    fn optional(
        &self,
        index: Option<&Vec<u8>>,
        key: Option<&Vec<u8>>,
        column: &'static str,
    ) -> Result<Option<Keyed>, StoreError> {
        let Some(index) = index else { return Ok(None) };
        let key = key.ok_or_else(|| self.inconsistent(column))?;
        Keyed::read(index, key, || self.inconsistent(column)).map(Some)
    }

    fn until(&self) -> Result<Option<Date>, StoreError> {
        let date = self.until.as_deref().map(str::parse).transpose();
        date.map_err(|_| self.inconsistent("until"))
    }

    fn labels(&self) -> Result<Labels, StoreError> {
        let read = Labels::read(self.group_name.as_deref(), &self.tags);
        read.map_err(|_| self.inconsistent("tags"))
    }

    fn replaces(&self) -> Result<Option<DeviceId>, StoreError> {
        let Some(bytes) = &self.replaces else { return Ok(None) };
        let bytes = <[u8; 16]>::try_from(bytes.as_slice());
        bytes.map(|it| Some(DeviceId::from_bytes(it))).map_err(|_| self.inconsistent("replaces"))
    }

    fn id(&self) -> Result<DeviceId, StoreError> {
        let bytes = <[u8; 16]>::try_from(self.id.as_slice());
        bytes.map(DeviceId::from_bytes).map_err(|_| self.inconsistent("id"))
    }
}

impl TryFrom<Row> for Device {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id()?,
            state: row.state.parse().map_err(|_| row.inconsistent("state"))?,
            mac: Keyed::read(&row.mac_index, &row.mac_key, || row.inconsistent("mac_index"))?,
            imei: row.optional(row.imei_index.as_ref(), row.imei_key.as_ref(), "imei_index")?,
            serial: row.optional(
                row.serial_index.as_ref(),
                row.serial_key.as_ref(),
                "serial_index",
            )?,
            activation_index: Keyed::read(&row.activation_index, &row.activation_key, || {
                row.inconsistent("activation_index")
            })?,
            until: row.until()?,
            labels: row.labels()?,
            replaces: row.replaces()?,
            key: row.key,
            pending: row.pending,
            infos: row.infos,
            pubkey: row.pubkey,
            subscriber: row.subscriber,
            msisdn: row.msisdn,
            activation: row.activation,
            fresh: row.fresh,
            created_ms: row.created_ms,
            changed: row.changed,
        })
    }
}

// === impl Store ===

impl Store {
    /// Finds a box by its id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        one(self.reads(), BY_ID, id.as_bytes()).await
    }

    /// Lists these boxes in the order of their ids; those that are not there are left out.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn devices(&self, ids: &[DeviceId]) -> Result<Vec<Device>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(IDS) {
            let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM device WHERE id IN (");
            let mut list = query.separated(", ");
            for id in ids {
                list.push_bind(id.as_bytes().to_vec());
            }
            query.push(")");
            // Each number of ids is another statement: none is worth keeping.
            let rows = query.build_query_as::<Row>().persistent(false).fetch_all(self.reads());
            for row in rows.await.map_err(StoreError::on(TABLE))? {
                found.push(Device::try_from(row)?);
            }
        }
        found.sort_unstable_by_key(|device| device.id);
        Ok(found)
    }

    /// Finds the box with this imei.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn device_by_imei(&self, imei: &Keyed) -> Result<Option<Device>, StoreError> {
        one(self.reads(), BY_IMEI, &imei.digest).await
    }

    /// Lists boxes with this macaddr; a hundred at most.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn devices_by_mac(&self, mac: &Keyed) -> Result<Vec<Device>, StoreError> {
        many(self.reads(), BY_MAC, &mac.digest).await
    }

    /// Lists boxes with this serial; a hundred at most.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn devices_by_serial(&self, serial: &Keyed) -> Result<Vec<Device>, StoreError> {
        many(self.reads(), BY_SERIAL, &serial.digest).await
    }

    /// Finds the box that took over the customer of this one.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn successor(&self, id: DeviceId) -> Result<Option<DeviceId>, StoreError> {
        Ok(one(self.reads(), BY_REPLACED, id.as_bytes()).await?.map(|it| it.id))
    }

    /// Lists boxes that changed after a number, oldest change first.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn devices_changed_since(
        &self,
        changed: i64,
        limit: u32,
    ) -> Result<Vec<Device>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(CHANGED_SINCE).bind(changed).bind(limit);
        let rows = rows.fetch_all(self.reads()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Device::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Finds a box by its id.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn device(&mut self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        one(self.conn(), BY_ID, id.as_bytes()).await
    }

    /// Finds the box with this imei.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn device_by_imei(&mut self, imei: &Keyed) -> Result<Option<Device>, StoreError> {
        one(self.conn(), BY_IMEI, &imei.digest).await
    }

    /// Lists boxes with this macaddr; a hundred at most.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn devices_by_mac(&mut self, mac: &Keyed) -> Result<Vec<Device>, StoreError> {
        many(self.conn(), BY_MAC, &mac.digest).await
    }

    /// Lists boxes with this serial; a hundred at most.
    ///
    /// # Errors
    /// Those of [`Store::device`].
    pub async fn devices_by_serial(&mut self, serial: &Keyed) -> Result<Vec<Device>, StoreError> {
        many(self.conn(), BY_SERIAL, &serial.digest).await
    }

    /// Adds a box, and sets its `changed`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when its id or imei is there, or its macaddr where it has no imei;
    /// then those of [`Store::device`].
    pub async fn insert_device(&mut self, device: &mut Device) -> Result<(), StoreError> {
        device.changed = self.next_change(Counted::Device).await?;
        let query = bind_mutable(sqlx::query(INSERT), device)
            .bind(device.mac.digest.to_vec())
            .bind(device.mac.key.to_vec())
            .bind(device.imei.map(|it| it.digest.to_vec()))
            .bind(device.imei.map(|it| it.key.to_vec()))
            .bind(device.serial.map(|it| it.digest.to_vec()))
            .bind(device.serial.map(|it| it.key.to_vec()))
            .bind(device.activation_index.digest.to_vec())
            .bind(device.activation_index.key.to_vec())
            .bind(device.created_ms);
        let done = query.execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }

    /// Writes what of a box may change, and sets its `changed`. Indexes and creation stay.
    ///
    /// # Errors
    /// [`StoreError::Affected`] when it is not there; then those of [`Store::device`].
    pub async fn update_device(&mut self, device: &mut Device) -> Result<(), StoreError> {
        device.changed = self.next_change(Counted::Device).await?;
        let query = bind_mutable(sqlx::query(UPDATE), device);
        let done = query.execute(self.conn()).await.map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Binds the id and what may change: `$1` to `$15` of INSERT and UPDATE.
fn bind_mutable<'q>(query: Statement<'q>, device: &Device) -> Statement<'q> {
    query
        .bind(device.id.as_bytes().to_vec())
        .bind(device.state.as_str())
        .bind(device.key.clone())
        .bind(device.pending.clone())
        .bind(device.infos.clone())
        .bind(device.pubkey.clone())
        .bind(device.subscriber.clone())
        .bind(device.msisdn.clone())
        .bind(device.activation.clone())
        .bind(device.until.map(|it| it.to_string()))
        .bind(device.fresh)
        .bind(device.changed)
        .bind(device.labels.group.map(|it| it.to_string()))
        .bind(device.labels.tags_text())
        .bind(device.replaces.map(|it| it.as_bytes().to_vec()))
}

async fn one(
    db: impl SqliteExecutor<'_>,
    sql: &'static str,
    value: &[u8],
) -> Result<Option<Device>, StoreError> {
    let row = sqlx::query_as::<_, Row>(sql).bind(value.to_vec()).fetch_optional(db).await;
    row.map_err(StoreError::on(TABLE))?.map(Device::try_from).transpose()
}

async fn many(
    db: impl SqliteExecutor<'_>,
    sql: &'static str,
    value: &[u8],
) -> Result<Vec<Device>, StoreError> {
    let rows = sqlx::query_as::<_, Row>(sql).bind(value.to_vec()).fetch_all(db).await;
    rows.map_err(StoreError::on(TABLE))?.into_iter().map(Device::try_from).collect()
}

#[cfg(test)]
mod tests;
