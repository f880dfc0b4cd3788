//! The one writer of a spool file: everything that queued up while the last commit ran goes into the next.

use std::future::ready;
use std::mem;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::sql;
use crate::code;
use crate::error::AppendError;
use crate::row::{Lane, Mark};

/// Rows of one commit.
const BATCH: usize = 512;
/// Rows that one step of pruning deletes, the limit in [`sql::PRUNE`].
const PRUNED: u64 = 1000;

/// What the writer is asked.
#[derive(Debug)]
pub(super) enum Command {
    /// Keep a row.
    Append(Append),
    /// Delete the rows up to this one.
    Prune(i64),
    /// Put a row aside.
    Park {
        seq: i64,
        place: &'static str,
        error: String,
        done: oneshot::Sender<Result<(), sqlx::Error>>,
    },
}

/// A row to keep, and who waits for it.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) body: String,
    pub(super) mark: Option<Mark>,
    pub(super) done: oneshot::Sender<Result<(), AppendError>>,
}

/// Owns the connection that writes.
pub(super) struct Writer {
    lane: Lane,
    options: SqliteConnectOptions,
    conn: Option<SqliteConnection>,
    committed: watch::Sender<i64>,
    /// What is to be deleted now.
    prune: Option<i64>,
    /// What could not be deleted; tried again with the next command, for a full disk needs it most.
    unpruned: Option<i64>,
    failing: bool,
}

/// One commit in the making.
#[derive(Default)]
struct Batch {
    /// The bodies as one JSON array, without its end.
    bodies: String,
    /// The marks as one JSON array of pairs in hex, without its end.
    marks: String,
    waiting: Vec<oneshot::Sender<Result<(), AppendError>>>,
}

// === impl Writer ===

impl Writer {
    pub(super) fn new(
        lane: Lane,
        options: SqliteConnectOptions,
        conn: SqliteConnection,
        committed: watch::Sender<i64>,
    ) -> Self {
        Self {
            lane,
            options,
            conn: Some(conn),
            committed,
            prune: None,
            unpruned: None,
            failing: false,
        }
    }

    /// Runs until nobody can append any more, or the spool closes, and everything queued is committed.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        closing: CancellationToken,
    ) {
        let mut queued = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                count = commands.recv_many(&mut queued, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    self.obey(&mut queued).await;
                }
                () = ready(()), if self.prune.is_some() => self.prune().await,
                () = closing.cancelled(), if !commands.is_closed() => commands.close(),
            }
        }
        self.disconnect().await;
    }

    /// Commits the rows together, then does what else was asked.
    async fn obey(&mut self, queued: &mut Vec<Command>) {
        self.prune = self.prune.max(self.unpruned.take());
        let mut batch = Batch::default();
        let mut parked = Vec::new();
        for command in queued.drain(..) {
            match command {
                Command::Append(append) => batch.push(append),
                Command::Prune(seq) => self.prune = self.prune.max(Some(seq)),
                Command::Park { seq, place, error, done } => parked.push((seq, place, error, done)),
            }
        }
        if !batch.waiting.is_empty() {
            self.append(batch).await;
        }
        for (seq, place, error, done) in parked {
            // Whoever asked may have gone: the row is parked all the same.
            done.send(self.park(seq, place, error).await).unwrap_or_default();
        }
    }

    async fn append(&mut self, mut batch: Batch) {
        let waiting = mem::take(&mut batch.waiting);
        let result = self.commit(batch).await;
        if result.is_err() {
            self.disconnect().await;
        }
        let answer = self.judge(result);
        for done in waiting {
            // Whoever appended may have gone: the row is kept all the same.
            done.send(answer.clone()).unwrap_or_default();
        }
    }

    async fn commit(&mut self, batch: Batch) -> Result<i64, sqlx::Error> {
        let conn = self.connect().await?;
        let statement = if batch.marks.is_empty() { sql::APPEND } else { sql::APPEND_MARKED };
        let mut query = sqlx::query(statement).bind(batch.bodies + "]");
        if !batch.marks.is_empty() {
            query = query.bind(batch.marks + "]");
        }
        // The table of marks has no row ids, so the last one is the last row's.
        Ok(query.execute(conn).await?.last_insert_rowid())
    }

    /// Tells the waiting, and the log once for each spell of trouble.
    fn judge(&mut self, result: Result<i64, sqlx::Error>) -> Result<(), AppendError> {
        match result {
            Ok(last) => {
                if mem::take(&mut self.failing) {
                    info!(lane = %self.lane, "the spool takes rows again");
                }
                self.committed.send_replace(last);
                Ok(())
            }
            Err(source) => {
                if !mem::replace(&mut self.failing, true) {
                    error!(lane = %self.lane, error = %source, "the spool takes no rows");
                }
                Err(if code::is_full(&source) {
                    AppendError::Full
                } else {
                    AppendError::Write(Arc::new(source))
                })
            }
        }
    }

    async fn park(
        &mut self,
        seq: i64,
        place: &'static str,
        error: String,
    ) -> Result<(), sqlx::Error> {
        let conn = self.connect().await?;
        sqlx::query(sql::PARK).bind(seq).bind(place).bind(error).execute(conn).await?;
        Ok(())
    }

    /// Deletes one step of what every database has.
    async fn prune(&mut self) {
        let Some(seq) = self.prune else { return };
        match self.delete(seq).await {
            Ok(deleted) if PRUNED <= deleted => {}
            Ok(_) => self.prune = None,
            Err(error) => {
                error!(lane = %self.lane, %error, "shipped rows could not be deleted");
                self.unpruned = self.prune.take();
                self.disconnect().await;
            }
        }
    }

    async fn delete(&mut self, seq: i64) -> Result<u64, sqlx::Error> {
        let conn = self.connect().await?;
        Ok(sqlx::query(sql::PRUNE).bind(seq).execute(conn).await?.rows_affected())
    }

    async fn connect(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.options.connect().await?,
        };
        Ok(self.conn.insert(conn))
    }

    /// Gives the connection up, and with it whatever a failed commit left open.
    async fn disconnect(&mut self) {
        if let Some(conn) = self.conn.take()
            && let Err(error) = conn.close().await
        {
            error!(lane = %self.lane, %error, "the spool was not closed cleanly");
        }
    }
}

// === impl Batch ===

impl Batch {
    fn push(&mut self, append: Append) {
        self.bodies.push(if self.bodies.is_empty() { '[' } else { ',' });
        self.bodies.push_str(&append.body);
        if let Some(Mark { key, value }) = append.mark {
            self.marks.push_str(if self.marks.is_empty() { "[[\"" } else { ",[\"" });
            self.marks.push_str(&hex::encode(key));
            self.marks.push_str("\",\"");
            self.marks.push_str(&hex::encode(value));
            self.marks.push_str("\"]");
        }
        self.waiting.push(append.done);
    }
}
