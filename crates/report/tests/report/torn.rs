//! What a power cut does to the end of the log.

use std::fs;
use std::path::Path;

use protocol::Pair;
use report::{Lane, ReportDb, Shippers, Spool};
use tempfile::TempDir;
use tokio::sync::watch;

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

#[tokio::test]
async fn opens_again_wherever_the_log_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path(), &server()).await.unwrap();
    for _ in 0..10 {
        spool.append(row(), Lane::Chatter, None).await.unwrap();
    }
    let whole = fs::metadata(folder.path().join("chatter.db-wal")).unwrap().len();
    spool.append(row(), Lane::Chatter, None).await.unwrap();
    let torn = fs::metadata(folder.path().join("chatter.db-wal")).unwrap().len();
    assert!(whole < torn);
    let step = usize::try_from((torn - whole) / 60).unwrap();
    for length in (whole..torn).step_by(step).chain([whole + 1, torn - 1]) {
        let copy = copy(folder.path());
        let log = fs::File::options().write(true).open(copy.path().join("chatter.db-wal")).unwrap();
        log.set_len(length).unwrap();
        let reopened = Spool::open(copy.path(), &server()).await.unwrap();
        assert_eq!(rows(&reopened).await, 10, "cut at {length}");
        reopened.append(row(), Lane::Chatter, None).await.unwrap();
        reopened.close().await;
    }
}

#[tokio::test]
async fn opens_again_wherever_the_last_commit_is_garbled() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path(), &server()).await.unwrap();
    spool.append(row(), Lane::Money, None).await.unwrap();
    let whole = fs::metadata(folder.path().join("money.db-wal")).unwrap().len();
    spool.append(row(), Lane::Money, None).await.unwrap();
    let bytes = fs::read(folder.path().join("money.db-wal")).unwrap();
    let last = usize::try_from(whole).unwrap();
    for at in (last..bytes.len()).step_by(211) {
        let copy = copy(folder.path());
        let mut garbled = bytes.clone();
        garbled[at] ^= 0x55;
        fs::write(copy.path().join("money.db-wal"), garbled).unwrap();
        let reopened = Spool::open(copy.path(), &server()).await.unwrap();
        let rows = rows(&reopened).await;
        assert_eq!(rows, 1, "garbled at {at}");
        reopened.close().await;
    }
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
