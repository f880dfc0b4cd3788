//! What happened to a box: who, when, why.

use std::str::FromStr;

use protocol::DeviceId;
use sqlx::{FromRow, QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::{State, Store, StoreError, Tx};

const TABLE: &str = "history";

const INSERT: &str = "INSERT INTO history (id, device, at_ms, act, state, who, why, request) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const BY_REQUEST: &str = "SELECT * FROM history WHERE device = $1 AND request = $2";

/// What was done to a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It was recorded.
    Record,
    /// A new key was made for it.
    Rekey,
    /// It authenticated under the new key, so the old one died.
    Rekeyed,
    /// It was activated, or what was said at its activation changed.
    Activate,
    /// It was suspended.
    Suspend,
    /// It was resumed.
    Resume,
    /// It was retired.
    Retire,
    /// It was reported stolen.
    Stolen,
    /// It got another end date, or none.
    Until,
    /// Its group or its tags changed.
    Tag,
    /// It took over the customer of another box.
    Replace,
    /// Another box took over its customer.
    Replaced,
}

/// One change of a box: who, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, a `UUIDv7`.
    pub id: Uuid,
    /// The box.
    pub device: DeviceId,
    /// When.
    pub at_ms: i64,
    /// What.
    pub act: Act,
    /// The state from then on.
    pub state: State,
    /// Principal, `local`, `code` or `box`.
    pub who: String,
    /// Sealed reason.
    pub why: Option<Vec<u8>>,
    /// The request that asked for it.
    pub request: Option<Uuid>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    device: Vec<u8>,
    at_ms: i64,
    act: String,
    state: String,
    who: String,
    why: Option<Vec<u8>>,
    request: Option<Uuid>,
}

// === impl Act ===

impl Act {
    const ALL: [Self; 12] = [
        Self::Record,
        Self::Rekey,
        Self::Rekeyed,
        Self::Activate,
        Self::Suspend,
        Self::Resume,
        Self::Retire,
        Self::Stolen,
        Self::Until,
        Self::Tag,
        Self::Replace,
        Self::Replaced,
    ];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Rekey => "rekey",
            Self::Rekeyed => "rekeyed",
            Self::Activate => "activate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Retire => "retire",
            Self::Stolen => "stolen",
            Self::Until => "until",
            Self::Tag => "tag",
            Self::Replace => "replace",
            Self::Replaced => "replaced",
        }
    }
}

// === impl Row ===

impl TryFrom<Row> for Event {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at =
            |column| StoreError::Inconsistent { table: TABLE, column, row: row.id.to_string() };
        let device = <[u8; 16]>::try_from(row.device.as_slice()).map_err(|_| at("device"))?;
        let act = Act::ALL.into_iter().find(|act| act.as_str() == row.act);
        Ok(Self {
            id: row.id,
            device: DeviceId::from_bytes(device),
            at_ms: row.at_ms,
            act: act.ok_or_else(|| at("act"))?,
            state: State::from_str(&row.state).map_err(|_| at("state"))?,
            who: row.who,
            why: row.why,
            request: row.request,
        })
    }
}

// === impl Store ===

impl Store {
    /// Lists what was done to boxes before an event (all where there is none), newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn history(
        &self,
        devices: &[DeviceId],
        before: Option<(i64, Uuid)>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM history WHERE device IN (");
        let mut list = query.separated(", ");
        for device in devices {
            list.push_bind(device.as_bytes().to_vec());
        }
        query.push(")");
        if let Some((at_ms, id)) = before {
            query.push(" AND (at_ms, id) < (").push_bind(at_ms).push(", ").push_bind(id).push(")");
        }
        query.push(" ORDER BY at_ms DESC, id DESC LIMIT ").push_bind(limit);
        let rows = query.build_query_as::<Row>().fetch_all(self.reads()).await;
        rows.map_err(StoreError::on(TABLE))?.into_iter().map(Event::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Adds what was done to a box.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the same request did something to this box before; then those
    /// of [`Store::history`].
    pub async fn add_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let query = sqlx::query(INSERT)
            .bind(event.id)
            .bind(event.device.as_bytes().to_vec())
            .bind(event.at_ms)
            .bind(event.act.as_str())
            .bind(event.state.as_str())
            .bind(event.who.clone())
            .bind(event.why.clone())
            .bind(event.request);
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on(TABLE))
    }

    /// Finds what a request did to a box.
    ///
    /// # Errors
    /// Those of [`Store::history`].
    pub async fn event_by_request(
        &mut self,
        device: DeviceId,
        request: Uuid,
    ) -> Result<Option<Event>, StoreError> {
        let query = sqlx::query_as::<_, Row>(BY_REQUEST).bind(device.as_bytes().to_vec());
        let row = query.bind(request).fetch_optional(self.conn()).await;
        row.map_err(StoreError::on(TABLE))?.map(Event::try_from).transpose()
    }
}

#[cfg(test)]
mod tests;
