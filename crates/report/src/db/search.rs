//! Reading rows: by what an operator knows, and by bridge.

use std::fmt::Write as _;

use protocol::{Bridge, Client, DeviceId, Instance, Role};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::{ReportDb, failed, record, sql};
use crate::error::DbError;
use crate::row::{Row, WATERMARK};

/// What rows to look for; all that is given must hold. Watermarks are found by their command alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The request.
    pub bridge: Option<Bridge>,
    /// The instance that wrote the row.
    pub server: Option<Instance>,
    /// Its role.
    pub role: Option<Role>,
    /// The command.
    pub cmd: Option<String>,
    /// The result.
    pub result: Option<String>,
    /// Who asked.
    pub client: Option<Client>,
    /// The box.
    pub device: Option<DeviceId>,
    /// Not before, microseconds since 1970.
    pub from_us: Option<i64>,
    /// Before, microseconds since 1970.
    pub until_us: Option<i64>,
    /// The last id of the page before: the rows follow that are older than it.
    pub after: Option<Uuid>,
    /// The most rows; none: 100.
    pub limit: Option<u32>,
}

/// One value of a condition.
enum Value {
    Text(String),
    Number(i64),
    Id(Uuid),
    Octets(Vec<u8>),
    /// A moment and an id.
    Place(i64, Uuid),
}

/// Rows of a page where nothing else is said.
const PAGE_ROWS: u32 = 100;

/// Rows that were read, and those that could not be.
#[derive(Debug, Default)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// Stored values that are not of their form, each with its row's id.
    pub unreadable: Vec<DbError>,
    /// The last row's place, where another may follow.
    pub last: Option<(i64, Uuid)>,
}

// === impl ReportDb ===

impl ReportDb {
    /// Finds rows, the newest first.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`], or [`DbError::Value`] for a stored value that is not of its form.
    pub async fn search(&self, filter: &Filter) -> Result<Vec<Row>, DbError> {
        let mut conditions = conditions(filter);
        conditions.extend(filter.after.map(|id| ("id <", Value::Id(id))));
        let stored = self.select(conditions, "id desc", filter.limit.unwrap_or(PAGE_ROWS)).await?;
        stored.iter().map(record::read).collect()
    }

    /// Reads what follows an id, the older ids first, `limit` rows at most; whatever the filter says of both.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub async fn follow(&self, filter: &Filter, id: Uuid, limit: u32) -> Result<Page, DbError> {
        let mut conditions = conditions(filter);
        conditions.push(("id >", Value::Id(id)));
        let stored = self.select(conditions, "id", limit).await?;
        Ok(Page::of(&stored, limit))
    }

    /// Reads the rows of one server that follow a moment and id, in the order of time.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`].
    pub(crate) async fn since(
        &self,
        filter: &Filter,
        (server, at_us, id): (&str, i64, Uuid),
        limit: u32,
    ) -> Result<Page, DbError> {
        let mut conditions = conditions(filter);
        conditions.push(("server =", Value::Text(server.to_owned())));
        conditions.push(("(at, id) >", Value::Place(at_us, id)));
        let stored = self.select(conditions, "at, id", limit).await?;
        Ok(Page::of(&stored, limit))
    }

    /// What became of one request, at every server that it passed, in the order of time.
    ///
    /// # Errors
    ///
    /// Those of [`ReportDb::search`].
    pub async fn trace(&self, bridge: &Bridge) -> Result<Vec<Row>, DbError> {
        let text = format!("{}{}", sql::SELECT, sql::TRACE);
        let query = sqlx::query(AssertSqlSafe(text)).bind(bridge.to_string());
        let mut conn = self.conn.lock().await;
        let rows = query.fetch_all(&mut *conn).await.map_err(failed("trace"))?;
        rows.iter().map(record::read).collect()
    }

    async fn select(
        &self,
        conditions: Vec<(&'static str, Value)>,
        order: &str,
        limit: u32,
    ) -> Result<Vec<SqliteRow>, DbError> {
        let mut text = sql::SELECT.to_owned();
        let mut places = 0;
        for (index, (condition, value)) in conditions.iter().enumerate() {
            let word = if index == 0 { "where" } else { "and" };
            places += 1;
            // Writing to a text cannot fail.
            write!(text, " {word} {condition} ").unwrap_or_default();
            match value {
                Value::Place(..) => {
                    write!(text, "(${places}, ${})", places + 1).unwrap_or_default();
                    places += 1;
                }
                _ => write!(text, "${places}").unwrap_or_default(),
            }
        }
        write!(text, " order by {order} limit {limit}").unwrap_or_default();
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (_, value) in conditions {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Id(id) => query.bind(id),
                Value::Octets(octets) => query.bind(octets),
                Value::Place(number, id) => query.bind(number).bind(id),
            };
        }
        let mut conn = self.conn.lock().await;
        query.fetch_all(&mut *conn).await.map_err(failed("search"))
    }
}

// === impl Page ===

impl Page {
    fn of(stored: &[SqliteRow], limit: u32) -> Self {
        let mut page = Self::default();
        for stored in stored {
            match record::read(stored) {
                Ok(row) => page.rows.push(row),
                Err(error) => page.unreadable.push(error),
            }
        }
        let is_full = u32::try_from(stored.len()).is_ok_and(|count| limit <= count);
        page.last = stored
            .last()
            .filter(|_| is_full)
            .and_then(|row| Some((row.try_get("at").ok()?, row.try_get("id").ok()?)));
        page
    }
}

/// The left side and operator of each condition, and its value.
fn conditions(filter: &Filter) -> Vec<(&'static str, Value)> {
    let text = |value: Option<String>| value.map(Value::Text);
    let cmd = match &filter.cmd {
        Some(cmd) => ("cmd =", cmd.clone()),
        None => ("cmd <>", WATERMARK.to_owned()),
    };
    let all = [
        (cmd.0, Some(Value::Text(cmd.1))),
        ("bridge =", text(filter.bridge.map(|bridge| bridge.to_string()))),
        ("server =", text(filter.server.map(|server| server.to_string()))),
        ("role =", text(filter.role.map(|role| role.to_string()))),
        ("result =", text(filter.result.clone())),
        ("client =", text(filter.client.map(|client| client.to_string()))),
        ("box =", filter.device.map(|device| Value::Octets(device.as_bytes().to_vec()))),
        ("at >=", filter.from_us.map(Value::Number)),
        ("at <", filter.until_us.map(Value::Number)),
    ];
    all.into_iter().filter_map(|(condition, value)| Some((condition, value?))).collect()
}
