//! What a power cut does to the end of the log.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use protocol::Pair;
use report::{Damage, Lane, ReportDb, Shippers, Spool};
use tempfile::TempDir;
use tokio::sync::watch;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::scene::{row, server, url};

/// A copy of the spool's files as they lie on the disk while the writer is at work.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in ["money.db", "money.db-wal", "chatter.db", "chatter.db-wal"] {
        fs::copy(from.join(name), to.path().join(name)).unwrap();
    }
    to
}

async fn rows(spool: &Spool) -> i64 {
    let targets = watch::Sender::new(Pair::new(Some(url(Path::new("/nowhere/first.db"))), None));
    let _shippers = Shippers::start(spool, targets.subscribe());
    spool.backlog().await.unwrap().first.unwrap().rows
}

/// Length of the header before each page of the log, and of both.
const FRAME_HEADER: usize = 24;
const FRAME: usize = FRAME_HEADER + 4096;

/// A spool whose last commit begins at this byte of its log: one row, after ten that were acknowledged.
async fn ten_and_one(lane: Lane) -> (TempDir, Spool, usize) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path(), &server()).await.unwrap();
    for _ in 0..10 {
        spool.append(row(), lane, None).await.unwrap();
    }
    let log = folder.path().join(format!("{lane}.db-wal"));
    let whole = fs::metadata(&log).unwrap().len();
    spool.append(row(), lane, None).await.unwrap();
    assert!(whole < fs::metadata(&log).unwrap().len());
    (folder, spool, usize::try_from(whole).unwrap())
}

/// Every byte of the frames' headers, and every 97th of their pages: SQLite's checksum is over all
/// alike. With `TORN=every-byte` (`make chaos`) each of them.
fn places(from: usize, to: usize) -> impl Iterator<Item = usize> {
    #[expect(clippy::disallowed_methods, reason = "how long a test takes is no setting")]
    let step = if std::env::var("TORN").is_ok_and(|it| it == "every-byte") { 1 } else { 97 };
    let in_frame = move |at: usize| (at - from) % FRAME;
    (from..to).filter(move |at| in_frame(*at) <= FRAME_HEADER || in_frame(*at).is_multiple_of(step))
}

#[tokio::test]
async fn opens_again_wherever_the_last_commit_was_cut_and_knows_how_much_is_gone() {
    for lane in Lane::ALL {
        let (folder, _spool, whole) = ten_and_one(lane).await;
        let name = format!("{lane}.db-wal");
        let all = fs::read(folder.path().join(&name)).unwrap();
        for length in places(whole, all.len()) {
            let copy = copy(folder.path());
            fs::write(copy.path().join(&name), &all[..length]).unwrap();
            let reopened = Spool::open(copy.path(), &server()).await.unwrap();
            assert_eq!(rows(&reopened).await, 10, "cut at {length}");
            let pages = (length - whole).div_ceil(FRAME);
            let gone = u64::try_from(pages * 4096).unwrap();
            assert_eq!(reopened.damage().torn_bytes, gone, "cut at {length}");
            reopened.append(row(), lane, None).await.unwrap();
            reopened.close().await;
        }
    }
}

#[tokio::test]
async fn opens_again_wherever_the_last_commit_is_garbled() {
    for lane in Lane::ALL {
        let (folder, _spool, whole) = ten_and_one(lane).await;
        let name = format!("{lane}.db-wal");
        let all = fs::read(folder.path().join(&name)).unwrap();
        for at in places(whole, all.len()) {
            let copy = copy(folder.path());
            let mut garbled = all.clone();
            garbled[at] ^= 0x55;
            fs::write(copy.path().join(&name), garbled).unwrap();
            let reopened = Spool::open(copy.path(), &server()).await.unwrap();
            assert_eq!(rows(&reopened).await, 10, "garbled at {at}");
            // With another salt a frame is as one of an earlier round, which is no damage.
            let is_salt = (8..16).contains(&((at - whole) % FRAME));
            assert!(is_salt || 0 < reopened.damage().torn_bytes, "garbled at {at}");
            reopened.close().await;
        }
    }
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_says_how_much_was_torn_off_and_what_was_set_aside() {
    let (folder, _spool, whole) = ten_and_one(Lane::Money).await;
    let copy = copy(folder.path());
    let log = fs::File::options().write(true).open(copy.path().join("money.db-wal")).unwrap();
    log.set_len(u64::try_from(whole + 100).unwrap()).unwrap();
    fs::remove_file(copy.path().join("chatter.db-wal")).unwrap();
    fs::write(copy.path().join("chatter.db"), "no database at all ".repeat(300)).unwrap();
    let told = Log::default();
    let writer = told.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone());
    let _guard = subscriber.finish().set_default();
    let spool = Spool::open(copy.path(), &server()).await.unwrap();
    assert_eq!(spool.damage(), Damage { torn_bytes: 4096, set_aside: 1 });
    let text = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("the end of the spool was not whole and is gone"), "{text}");
    assert!(text.contains("money.db") && text.contains("pages=1 bytes=4096"), "{text}");
    assert!(text.contains("the spool is corrupt and was set aside"), "{text}");
    assert!(text.contains("chatter.db.corrupt-"), "{text}");
}

#[tokio::test]
async fn new_rows_are_shipped_though_the_lost_ones_had_been() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(&folder.path().join("spool"), &server()).await.unwrap();
    spool.append(row(), Lane::Chatter, None).await.unwrap();
    let before = copy(&folder.path().join("spool"));
    let url = url(&folder.path().join("first.db"));
    ReportDb::migrate(&url).await.unwrap();
    let targets = watch::Sender::new(Pair::new(Some(url.clone()), None));
    for _ in 0..100 {
        spool.append(row(), Lane::Chatter, None).await.unwrap();
    }
    Shippers::start(&spool, targets.subscribe()).settled().await.unwrap();
    spool.close().await;
    // The disk lied: what it had said to be safe, and what was shipped, is gone from the spool.
    let spool = Spool::open(before.path(), &server()).await.unwrap();
    spool.append(row(), Lane::Chatter, None).await.unwrap();
    Shippers::start(&spool, targets.subscribe()).settled().await.unwrap();
    let db = ReportDb::open(&url).await.unwrap();
    let comparison = db.compare(&db, report::Span::default()).await.unwrap();
    assert_eq!(comparison.rows.first, 102);
}
