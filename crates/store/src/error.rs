//! Why the database did not do it: the table, the column, the cause.

use std::path::PathBuf;

use sqlx::{Error as Sql, error::ErrorKind};

/// SQLite's primary result codes that mean "not now" or "not here": BUSY, LOCKED, READONLY,
/// IOERR, FULL, CANTOPEN.
const UNAVAILABLE: [u32; 6] = [5, 6, 8, 10, 13, 14];

/// What could not be done in the CRYPTO database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is not one that this build serves.
    #[error("only sqlite:///path addresses are served, not {url}")]
    Scheme {
        /// The address, which holds no credentials.
        url: String,
    },
    /// The database file could not be opened.
    #[error("could not open the database {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Sql,
    },
    /// The database file could not be created.
    #[error("could not create the database {}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no database file, or none with our tables.
    #[error("the database {} has no schema: run `ngondo migrate`", path.display())]
    NoSchema {
        /// The file.
        path: PathBuf,
    },
    /// The schema lacks a migration that this build needs.
    #[error("the database {} lacks migration {version}: run `ngondo migrate`", path.display())]
    OldSchema {
        /// The file.
        path: PathBuf,
        /// The first migration that it lacks.
        version: i64,
    },
    /// The schema has a migration that this build does not know, or knows otherwise.
    #[error("the database {} has migration {version}, which this version does not know", path.display())]
    UnknownSchema {
        /// The file.
        path: PathBuf,
        /// The migration.
        version: i64,
    },
    /// The migrations could not be applied.
    #[error("could not migrate the database {}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The database cannot serve now: locked for too long, gone, full, or read-only.
    #[error("the database does not serve table {table} now")]
    Unavailable {
        /// The table asked for.
        table: &'static str,
        /// Why.
        #[source]
        source: Sql,
    },
    /// A row with this value is there already.
    #[error("another row of {table} has this {column}")]
    Taken {
        /// The table.
        table: &'static str,
        /// The column, or columns, that must be unique, as the database names them.
        column: String,
    },
    /// A statement failed.
    #[error("a statement on table {table} failed")]
    Statement {
        /// The table.
        table: &'static str,
        /// Why.
        #[source]
        source: Sql,
    },
    /// A statement changed another number of rows than it must.
    #[error("a statement on table {table} changed {actual} rows in place of {expected}")]
    Affected {
        /// The table.
        table: &'static str,
        /// How many rows it must change.
        expected: u64,
        /// How many it changed.
        actual: u64,
    },
    /// A stored value no longer reads as what it must be.
    #[error("row {row} of {table} has a {column} that does not read")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        row: String,
    },
}

// === impl StoreError ===

impl StoreError {
    /// Turns a driver's error on a table into ours: `.map_err(StoreError::on("device"))`.
    pub(crate) fn on(table: &'static str) -> impl Fn(Sql) -> Self {
        move |source| match taken_column(&source) {
            Some(column) => Self::Taken { table, column },
            None if is_unavailable(&source) => Self::Unavailable { table, source },
            None => Self::Statement { table, source },
        }
    }

    /// Says whether waiting may help: the answer is then `BUSY`, not `FAILED`.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Open { source, .. } => is_unavailable(source),
            _ => false,
        }
    }

    /// Checks how many rows a statement changed.
    ///
    /// # Errors
    /// [`StoreError::Affected`] when it is another number.
    pub(crate) fn ensure_affected(
        table: &'static str,
        actual: u64,
        expected: u64,
    ) -> Result<(), Self> {
        if actual == expected {
            return Ok(());
        }
        Err(Self::Affected { table, expected, actual })
    }
}

fn is_unavailable(source: &Sql) -> bool {
    match source {
        Sql::PoolTimedOut | Sql::PoolClosed | Sql::WorkerCrashed | Sql::Io(_) => true,
        Sql::Database(e) => e
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| UNAVAILABLE.contains(&(code & 0xff))),
        _ => false,
    }
}

/// The column of a broken UNIQUE, out of `UNIQUE constraint failed: device.imei_index`.
fn taken_column(source: &Sql) -> Option<String> {
    let error = source.as_database_error()?;
    if error.kind() != ErrorKind::UniqueViolation {
        return None;
    }
    let message = error.message();
    Some(message.rsplit(": ").next().unwrap_or(message).to_owned())
}
