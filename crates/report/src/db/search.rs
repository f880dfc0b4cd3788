//! Reading rows: by what an operator knows, and by bridge.

use std::fmt::Write as _;

use protocol::{Bridge, Client, DeviceId, Instance, Role};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{ReportDb, failed, record, sql};
use crate::error::DbError;
use crate::row::Row;

/// What rows to look for; all that is given must hold.
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
    /// The last id of the page before.
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
}

/// Rows of a page where nothing else is said.
const PAGE_ROWS: u32 = 100;

// === impl ReportDb ===

impl ReportDb {
    /// Finds rows, the newest first.
    ///
    /// # Errors
    ///
    /// [`DbError::Query`], or [`DbError::Value`] for a stored value that is not of its form.
    pub async fn search(&self, filter: &Filter) -> Result<Vec<Row>, DbError> {
        let mut text = sql::SELECT.to_owned();
        let conditions = conditions(filter);
        for (index, (condition, _)) in conditions.iter().enumerate() {
            let word = if index == 0 { "where" } else { "and" };
            // Writing to a text cannot fail.
            write!(text, " {word} {condition} ${}", index + 1).unwrap_or_default();
        }
        let limit = filter.limit.unwrap_or(PAGE_ROWS);
        write!(text, " order by id desc limit {limit}").unwrap_or_default();
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (_, value) in conditions {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Id(id) => query.bind(id),
                Value::Octets(octets) => query.bind(octets),
            };
        }
        let mut conn = self.conn.lock().await;
        let rows = query.fetch_all(&mut *conn).await.map_err(failed("search"))?;
        rows.iter().map(record::read).collect()
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
}

/// The left side and operator of each condition, and its value.
fn conditions(filter: &Filter) -> Vec<(&'static str, Value)> {
    let text = |value: Option<String>| value.map(Value::Text);
    let all = [
        ("bridge =", text(filter.bridge.map(|bridge| bridge.to_string()))),
        ("server =", text(filter.server.map(|server| server.to_string()))),
        ("role =", text(filter.role.map(|role| role.to_string()))),
        ("cmd =", text(filter.cmd.clone())),
        ("result =", text(filter.result.clone())),
        ("client =", text(filter.client.map(|client| client.to_string()))),
        ("box =", filter.device.map(|device| Value::Octets(device.as_bytes().to_vec()))),
        ("at >=", filter.from_us.map(Value::Number)),
        ("at <", filter.until_us.map(Value::Number)),
        ("id <", filter.after.map(Value::Id)),
    ];
    all.into_iter().filter_map(|(condition, value)| Some((condition, value?))).collect()
}
