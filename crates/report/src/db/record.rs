//! A row of the table `report`, in and out.

use std::str::FromStr;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite};
use uuid::Uuid;

use super::failed;
use crate::error::DbError;
use crate::row::Row;

/// Adds the row's values, in the order of the columns.
pub(super) fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    row: &Row,
) -> Query<'q, Sqlite, SqliteArguments> {
    query
        .bind(row.id)
        .bind(row.bridge.to_string())
        .bind(row.at_us)
        .bind(row.server.to_string())
        .bind(row.role.as_str())
        .bind(row.app.map(|app| app.to_string()))
        .bind(row.version.map(|version| version.to_string()))
        .bind(row.cmd.to_string())
        .bind(row.result.to_string())
        .bind(row.client.map(|client| client.to_string()))
        .bind(row.device.map(|device| device.as_bytes().to_vec()))
        .bind(row.queue_us)
        .bind(row.service_us)
        .bind(row.inflight)
        .bind(row.limit)
        .bind(row.bytes_in)
        .bind(row.bytes_out)
        .bind(row.upstream.map(|upstream| upstream.to_string()))
        .bind(row.attempts)
        .bind(row.toki.as_ref().map(ToString::to_string))
        .bind(row.cpu_permille)
}

/// Reads a row; a stored value that is not of its form is named with its column.
pub(super) fn read(stored: &SqliteRow) -> Result<Row, DbError> {
    let id = stored.try_get("id").map_err(failed("read row"))?;
    let columns = Columns { id, stored };
    Ok(Row {
        id,
        bridge: columns.word("bridge")?,
        at_us: columns.number("at")?,
        server: columns.word("server")?,
        role: columns.word("role")?,
        app: columns.word_or_none("app")?,
        version: columns.word_or_none("version")?,
        cmd: columns.text("cmd")?.into(),
        result: columns.text("result")?.into(),
        client: columns.word_or_none("client")?,
        device: columns.device()?,
        queue_us: columns.number("queue_us")?,
        service_us: columns.number("service_us")?,
        inflight: columns.number("inflight")?,
        limit: columns.number("limit")?,
        bytes_in: columns.number("bytes_in")?,
        bytes_out: columns.number("bytes_out")?,
        upstream: columns.word_or_none("upstream")?,
        attempts: columns.number("attempts")?,
        toki: columns.stored::<Option<String>>("toki")?.map(Into::into),
        cpu_permille: columns.stored("cpu_permille")?,
    })
}

/// A stored row and its id, for errors.
struct Columns<'a> {
    id: Uuid,
    stored: &'a SqliteRow,
}

// === impl Columns ===

impl<'a> Columns<'a> {
    fn stored<T>(&self, column: &'static str) -> Result<T, DbError>
    where
        T: sqlx::Decode<'a, Sqlite> + sqlx::Type<Sqlite>,
    {
        self.stored.try_get(column).map_err(|_| self.wrong(column))
    }

    fn number(&self, column: &'static str) -> Result<i64, DbError> {
        self.stored(column)
    }

    fn text(&self, column: &'static str) -> Result<String, DbError> {
        self.stored(column)
    }

    fn word<T: FromStr>(&self, column: &'static str) -> Result<T, DbError> {
        self.stored::<&str>(column)?.parse().map_err(|_| self.wrong(column))
    }

    fn word_or_none<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, DbError> {
        let text = self.stored::<Option<&str>>(column)?;
        text.map(str::parse).transpose().map_err(|_| self.wrong(column))
    }

    fn device(&self) -> Result<Option<protocol::DeviceId>, DbError> {
        let Some(bytes) = self.stored::<Option<&[u8]>>("box")? else { return Ok(None) };
        let octets: [u8; 16] = bytes.try_into().map_err(|_| self.wrong("box"))?;
        Ok(Some(protocol::DeviceId::from_bytes(octets)))
    }

    fn wrong(&self, column: &'static str) -> DbError {
        DbError::Value { column, id: self.id }
    }
}
