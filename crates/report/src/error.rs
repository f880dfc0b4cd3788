//! What could not be done, one enum for each caller.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use protocol::Instance;
use uuid::Uuid;

/// The spool cannot be opened; the server must not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made, locked or measured.
    #[error("the folder of the spool cannot be used: {}", path.display())]
    Folder {
        /// The folder or file in it.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error("the spool is in use by another process: {}", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is a database, but of something else.
    #[error("not a spool: {}", path.display())]
    NotASpool {
        /// The file.
        path: PathBuf,
    },
    /// The spool belongs to another server.
    #[error("the spool {} belongs to {owner}, this is {server}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Who wanted to open it.
        server: Instance,
    },
    /// A newer build wrote it.
    #[error("the spool {} is of version {version}, this build knows {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        version: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// The file cannot be opened, read or written.
    #[error("the spool cannot be opened: {}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A corrupt file could not be renamed.
    #[error("the corrupt spool cannot be set aside: {}", path.display())]
    SetAside {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A row was not taken; the server must not answer as if it had been (`BUSY`).
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The disk, or what the spool may take of it, is full.
    #[error("the disk of the spool is full")]
    Full,
    /// The write failed otherwise.
    #[error("the row could not be written to the spool")]
    Write(#[source] Arc<sqlx::Error>),
    /// The spool was closed, or its writer died.
    #[error("the writer of the spool has stopped")]
    Stopped,
    /// The row is another server's.
    #[error("a row of {0} does not belong in this spool")]
    Foreign(Instance),
    /// The row could not be encoded.
    #[error("the row could not be encoded")]
    Encode(#[source] Arc<serde_json::Error>),
}

/// The spool could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The query failed.
    #[error("the spool could not be read")]
    Read(#[source] sqlx::Error),
    /// A mark is not of its form.
    #[error("a mark of the spool is not of its form")]
    Mark,
    /// The spool was closed, or its writer died.
    #[error("the writer of the spool has stopped")]
    Stopped,
}

/// A REPORT database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// This build has no engine for such an address.
    #[error("no engine for the database {0}")]
    Engine(String),
    /// It cannot be opened or reached.
    #[error("the database {url} cannot be opened")]
    Open {
        /// Its address.
        url: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// It has no schema yet.
    #[error("the database {0} has no schema; run `ngondo migrate`")]
    NoSchema(String),
    /// Its schema lacks a migration of this build, or one was broken off.
    #[error("the database {url} lacks migration {version}; run `ngondo migrate`")]
    Older {
        /// Its address.
        url: String,
        /// The first migration that it lacks.
        version: i64,
    },
    /// Its schema is not one that this build knows.
    #[error("the database {url} has migration {version} in a form that this build does not know")]
    Newer {
        /// Its address.
        url: String,
        /// The migration.
        version: i64,
    },
    /// The migration failed.
    #[error("the database {url} could not be migrated")]
    Migrate {
        /// Its address.
        url: String,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A query failed.
    #[error("the query {what} failed")]
    Query {
        /// Which.
        what: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// It did not answer in time.
    #[error("the query {0} took too long")]
    Timeout(&'static str),
    /// A stored value is not of its form.
    #[error("table report, column {column}, row {id} is not of its form")]
    Value {
        /// The column.
        column: &'static str,
        /// The row.
        id: Uuid,
    },
}
