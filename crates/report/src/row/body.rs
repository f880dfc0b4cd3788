//! The row as JSON: what the spool keeps, and what an operator reads there with a SQLite shell.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Row;

/// The version of the body that this build writes.
const VERSION: u32 = 1;

/// The row in the names and types of JSON; `v` is the version of this form.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Body<'a> {
    v: u32,
    id: Uuid,
    #[serde(borrow)]
    bridge: Cow<'a, str>,
    at: i64,
    #[serde(borrow)]
    server: Cow<'a, str>,
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    app: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    cmd: Cow<'a, str>,
    #[serde(borrow)]
    result: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    client: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "box", skip_serializing_if = "Option::is_none")]
    device: Option<Cow<'a, str>>,
    queue_us: i64,
    service_us: i64,
    inflight: i64,
    limit: i64,
    bytes_in: i64,
    bytes_out: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    upstream: Option<Cow<'a, str>>,
    attempts: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    toki: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpu_permille: Option<i64>,
}

/// A row that cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is not the JSON of a row.
    #[error("the body is not the json of a row")]
    Json(#[source] serde_json::Error),
    /// A newer build wrote it.
    #[error("the body is of version {0}, this build knows {VERSION}")]
    Newer(u32),
    /// A value is not of its form.
    #[error("the value of column {0} is not of its form")]
    Column(&'static str),
}

// === impl Body ===

impl<'a> From<&'a Row> for Body<'a> {
    fn from(row: &'a Row) -> Self {
        Self {
            v: VERSION,
            id: row.id,
            bridge: row.bridge.as_str().into(),
            at: row.at_us,
            server: row.server.as_str().into(),
            role: row.role.as_str().into(),
            app: row.app.as_ref().map(|app| app.as_str().into()),
            version: row.version.as_ref().map(|version| version.as_str().into()),
            cmd: row.cmd.as_ref().into(),
            result: row.result.as_ref().into(),
            client: row.client.as_ref().map(|client| client.to_string().into()),
            device: row.device.as_ref().map(|device| device.to_string().into()),
            queue_us: row.queue_us,
            service_us: row.service_us,
            inflight: row.inflight,
            limit: row.limit,
            bytes_in: row.bytes_in,
            bytes_out: row.bytes_out,
            upstream: row.upstream.as_ref().map(|upstream| upstream.as_str().into()),
            attempts: row.attempts,
            toki: row.toki.as_deref().map(Cow::Borrowed),
            cpu_permille: row.cpu_permille,
        }
    }
}

impl Body<'_> {
    /// Turns what was read into a row, every value checked.
    ///
    /// # Errors
    ///
    /// [`BodyError::Newer`] for a form of a later build, [`BodyError::Column`] for a value that is not of its form.
    pub(super) fn into_row(self) -> Result<Row, BodyError> {
        if VERSION < self.v {
            return Err(BodyError::Newer(self.v));
        }
        Ok(Row {
            id: self.id,
            bridge: parse("bridge", &self.bridge)?,
            at_us: self.at,
            server: parse("server", &self.server)?,
            role: parse("role", &self.role)?,
            app: parse_some("app", self.app.as_deref())?,
            version: parse_some("version", self.version.as_deref())?,
            cmd: self.cmd.into_owned().into(),
            result: self.result.into_owned().into(),
            client: parse_some("client", self.client.as_deref())?,
            device: parse_some("box", self.device.as_deref())?,
            queue_us: self.queue_us,
            service_us: self.service_us,
            inflight: self.inflight,
            limit: self.limit,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            upstream: parse_some("upstream", self.upstream.as_deref())?,
            attempts: self.attempts,
            toki: self.toki.map(|toki| toki.into_owned().into()),
            cpu_permille: self.cpu_permille,
        })
    }
}

/// Reads one value; the column is named where it is not of its form.
fn parse<T: FromStr>(column: &'static str, text: &str) -> Result<T, BodyError> {
    text.parse().map_err(|_| BodyError::Column(column))
}

/// Reads one value that may be absent.
fn parse_some<T: FromStr>(
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, BodyError> {
    text.map(|text| parse(column, text)).transpose()
}
