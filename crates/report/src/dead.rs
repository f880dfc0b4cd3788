//! Rows that a database refused, or that nobody understands: they lie in the spool until somebody looks at them.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row as _};
use tokio::sync::Mutex;

use crate::db::ReportDb;
use crate::error::DbError;
use crate::row::{BodyError, Lane, Row};
use crate::spool;

const LIST: &str = "select seq, place, error, body, at from dead_letter order by seq, place";
const DELETE: &str = "delete from dead_letter where seq = $1 and place = $2";

/// A row that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The file of the spool that has it.
    pub lane: Lane,
    /// Its number there.
    pub seq: i64,
    /// `first` or `second`: the database that does not have it.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The row as JSON.
    pub body: String,
    /// When it was put aside, seconds since 1970.
    pub at_s: i64,
}

/// What became of one more try.
#[derive(Debug)]
pub enum Retried {
    /// It stands in its database, and nowhere else any more.
    Shipped,
    /// The database still refuses it.
    Refused(DbError),
    /// This build does not understand it.
    Unreadable(BodyError),
}

/// The dead letters could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DeadError {
    /// The file of the spool.
    #[error("the spool {} cannot be read", path.display())]
    Spool {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The database, which is away.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The dead letters of one server's spool, read beside that server or without it.
#[derive(Debug)]
pub struct DeadLetters {
    files: Vec<(Lane, PathBuf, Mutex<SqliteConnection>)>,
}

// === impl DeadLetters ===

impl DeadLetters {
    /// Opens the spool in `dir`, which must be there.
    ///
    /// # Errors
    ///
    /// [`DeadError::Spool`].
    pub async fn open(dir: &Path) -> Result<Self, DeadError> {
        let mut files = Vec::new();
        for lane in Lane::ALL {
            let path = spool::path(dir, lane);
            let options = SqliteConnectOptions::new().filename(&path).disable_statement_logging();
            let failed = |source| DeadError::Spool { path: path.clone(), source };
            files.push((lane, path.clone(), Mutex::new(options.connect().await.map_err(failed)?)));
        }
        Ok(Self { files })
    }

    /// All of them, those of the money lane first.
    ///
    /// # Errors
    ///
    /// [`DeadError::Spool`].
    pub async fn list(&self) -> Result<Vec<DeadLetter>, DeadError> {
        let mut letters = Vec::new();
        for (lane, path, conn) in &self.files {
            let failed = |source| DeadError::Spool { path: path.clone(), source };
            let mut conn = conn.lock().await;
            let rows = sqlx::query(LIST).fetch_all(&mut *conn).await.map_err(failed)?;
            for row in &rows {
                letters.push(letter(*lane, row).map_err(failed)?);
            }
        }
        Ok(letters)
    }

    /// Tries one again in its database, and forgets it where that has it then. Cut anywhere, it can be tried again.
    ///
    /// # Errors
    ///
    /// [`DeadError`]: the database is away, or the spool cannot be written; nothing is lost.
    pub async fn retry(&self, letter: &DeadLetter, db: &ReportDb) -> Result<Retried, DeadError> {
        let row = match Row::from_json(&letter.body) {
            Ok(row) => row,
            Err(error) => return Ok(Retried::Unreadable(error)),
        };
        match db.copy(&[row]).await {
            Ok(_) => self.forget(letter).await?,
            Err(error) if error.is_poison() => return Ok(Retried::Refused(error)),
            Err(error) => return Err(error.into()),
        }
        Ok(Retried::Shipped)
    }

    async fn forget(&self, letter: &DeadLetter) -> Result<(), DeadError> {
        for (_, path, conn) in self.files.iter().filter(|(lane, _, _)| *lane == letter.lane) {
            let failed = |source| DeadError::Spool { path: path.clone(), source };
            let query = sqlx::query(DELETE).bind(letter.seq).bind(&letter.place);
            query.execute(&mut *conn.lock().await).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Gives the files back.
    pub async fn close(self) {
        for (_, _, conn) in self.files {
            // Nothing is left to commit.
            conn.into_inner().close().await.unwrap_or_default();
        }
    }
}

fn letter(lane: Lane, row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    Ok(DeadLetter {
        lane,
        seq: row.try_get("seq")?,
        place: row.try_get("place")?,
        reason: row.try_get("error")?,
        body: row.try_get("body")?,
        at_s: row.try_get("at")?,
    })
}
