//! Opening one spool file: whose it is, whether it is whole, and what to do where it is not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use protocol::Instance;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Row as _};
use tracing::{error, warn};

use super::{sql, wal};
use crate::code;
use crate::error::OpenError;
use crate::row::Lane;

/// Size of a page: SQLite's default, said here because the bound is counted in pages.
const PAGE_BYTES: u64 = 4096;
/// Longest wait for another connection of this process; there is one writer, so it is never used up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Rows that SQLite's thread hands over without a pause: a whole batch of a shipper.
const ROWS: usize = 512;
/// Pages in the log at which a commit itself cleans up; the upkeep does it earlier, beside the commits.
const CHECKPOINT_PAGES: &str = "8000";
/// What is kept of a log that grew: 16 MiB.
const LOG_BYTES: &str = "16777216";

/// A file that is whole and ours.
pub(super) struct Opened {
    pub(super) conn: SqliteConnection,
    pub(super) epoch: i64,
    /// Every row that was there before has a number up to this one, every new one a greater.
    pub(super) base: i64,
    pub(super) damage: Damage,
}

/// What was wrong with the files of a spool when it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Damage {
    /// Bytes at the end that were half written, and are gone.
    pub torn_bytes: u64,
    /// Files that were no whole database, and were renamed.
    pub set_aside: u64,
}

/// Why a file was not opened.
enum Refusal {
    Corrupt(String),
    Other(OpenError),
}

/// How to connect to the file of a lane, which may take up to `bytes`.
pub(super) fn options(path: &Path, lane: Lane, bytes: u64) -> SqliteConnectOptions {
    let synchronous = match lane {
        Lane::Money => SqliteSynchronous::Full,
        Lane::Chatter => SqliteSynchronous::Normal,
    };
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROWS)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_BYTES)
        .pragma("max_page_count", (bytes / PAGE_BYTES).min(u64::from(u32::MAX - 1)).to_string())
        .disable_statement_logging()
}

/// Opens the file, setting it aside and starting over where it is corrupt.
pub(super) async fn open(
    path: &Path,
    options: &SqliteConnectOptions,
    server: &Instance,
) -> Result<Opened, OpenError> {
    match attempt(path, options, server).await {
        Ok(opened) => Ok(opened),
        Err(Refusal::Other(error)) => Err(error),
        Err(Refusal::Corrupt(reason)) => {
            set_aside(path, &reason)?;
            let mut opened =
                attempt(path, options, server).await.map_err(|refusal| match refusal {
                    Refusal::Other(error) => error,
                    Refusal::Corrupt(_) => OpenError::NotASpool { path: path.to_owned() },
                })?;
            opened.damage.set_aside = 1;
            Ok(opened)
        }
    }
}

/// The bytes of a database and its log.
pub(super) fn size(path: &Path) -> u64 {
    [path.to_owned(), wal::path(path)]
        .iter()
        .filter_map(|path| fs::metadata(path).ok())
        .map(|metadata| metadata.len())
        .sum()
}

async fn attempt(
    path: &Path,
    options: &SqliteConnectOptions,
    server: &Instance,
) -> Result<Opened, Refusal> {
    let mut damage = Damage::default();
    let is_new = !path.exists();
    let begun = wal::frames(path)
        .map_err(|source| Refusal::Other(OpenError::Folder { path: wal::path(path), source }))?;
    let refuse = |source| refusal(path, source);
    let mut conn = options.connect().await.map_err(refuse)?;
    let identity = sqlx::query(sql::IDENTITY).fetch_one(&mut conn).await.map_err(refuse)?;
    let tables: i64 = identity.try_get("tables").map_err(refuse)?;
    if tables == 0 {
        if !is_new {
            warn!(path = %path.display(), "the spool was an empty file and begins anew");
        }
        create(&mut conn, server).await.map_err(refuse)?;
    } else {
        let application = identity.try_get("application").map_err(refuse)?;
        known(path, application, identity.try_get("version").map_err(refuse)?)?;
        whole(&mut conn, path).await?;
        damage.torn_bytes = report_torn(&mut conn, path, begun).await.map_err(refuse)?;
    }
    let epoch = owned(&mut conn, path, server).await?;
    let base = sqlx::query_scalar(sql::LEAP).fetch_one(&mut conn).await.map_err(refuse)?;
    Ok(Opened { conn, epoch, base, damage })
}

async fn create(conn: &mut SqliteConnection, server: &Instance) -> Result<(), sqlx::Error> {
    let epoch =
        i64::from(rand::random::<u32>() >> 1) << 20 | i64::from(rand::random::<u32>() >> 12);
    let create = sqlx::query(sql::CREATE).persistent(false);
    create.bind(server.as_str()).bind(epoch).execute(conn).await?;
    Ok(())
}

/// Refuses what another program or a newer build wrote.
fn known(path: &Path, application: i64, version: i64) -> Result<(), Refusal> {
    let path = path.to_owned();
    if application != sql::APPLICATION {
        return Err(Refusal::Other(OpenError::NotASpool { path }));
    }
    if sql::VERSION < version {
        return Err(Refusal::Other(OpenError::Newer { path, version, known: sql::VERSION }));
    }
    Ok(())
}

/// Reads every page once: a spool is small unless a database was away, and then every row counts.
async fn whole(conn: &mut SqliteConnection, path: &Path) -> Result<(), Refusal> {
    let verdict: String = sqlx::query_scalar(sql::CHECK)
        .fetch_one(conn)
        .await
        .map_err(|source| refusal(path, source))?;
    if verdict == "ok" { Ok(()) } else { Err(Refusal::Corrupt(verdict)) }
}

/// The epoch of a file that is this server's.
async fn owned(
    conn: &mut SqliteConnection,
    path: &Path,
    server: &Instance,
) -> Result<i64, Refusal> {
    let refuse = |source| refusal(path, source);
    let row = sqlx::query(sql::OWNER).fetch_one(conn).await.map_err(refuse)?;
    let owner: String = row.try_get("server").map_err(refuse)?;
    if owner != server.as_str() {
        let (path, server) = (path.to_owned(), *server);
        return Err(Refusal::Other(OpenError::Foreign { path, owner, server }));
    }
    row.try_get("epoch").map_err(refuse)
}

/// Says how much a power cut left half written: nothing that had been acknowledged for longer than 100 ms.
async fn report_torn(
    conn: &mut SqliteConnection,
    path: &Path,
    begun: u64,
) -> Result<u64, sqlx::Error> {
    let row = sqlx::query(sql::CHECKPOINT).fetch_one(conn).await?;
    let read = u64::try_from(row.try_get::<i64, _>("log")?).unwrap_or(0);
    let torn = begun.saturating_sub(read);
    let bytes = torn.saturating_mul(PAGE_BYTES);
    if 0 < torn {
        warn!(
            path = %path.display(), pages = torn, bytes,
            "the end of the spool was not whole and is gone"
        );
    }
    Ok(bytes)
}

fn refusal(path: &Path, source: sqlx::Error) -> Refusal {
    if code::is_corrupt(&source) {
        Refusal::Corrupt(source.to_string())
    } else {
        Refusal::Other(OpenError::Database { path: path.to_owned(), source })
    }
}

/// Renames the file and its log to the time of their last write, for someone to look at.
fn set_aside(path: &Path, reason: &str) -> Result<(), OpenError> {
    let failed = |source| OpenError::SetAside { path: path.to_owned(), source };
    let bytes = size(path);
    let aside = free_name(path).map_err(failed)?;
    for end in ["", "-wal", "-shm"] {
        match fs::rename(with_end(path, end), with_end(&aside, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
    }
    error!(
        path = %path.display(), aside = %aside.display(), bytes, reason,
        "the spool is corrupt and was set aside: its rows that were not shipped yet are gone"
    );
    Ok(())
}

fn free_name(path: &Path) -> io::Result<PathBuf> {
    let written = fs::metadata(path)?.modified()?.duration_since(UNIX_EPOCH);
    let mut time = written.map_or(0, |since| since.as_secs());
    loop {
        let name = with_end(path, &format!(".corrupt-{time}"));
        if !name.try_exists()? {
            return Ok(name);
        }
        time = time.saturating_add(1);
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
