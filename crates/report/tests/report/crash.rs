//! A process that is killed while it appends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use protocol::Pair;
use report::{Filter, Lane, ReportDb, Shippers, Spool};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::scene::{row, server, url};

/// Rows acknowledged before the kill.
const ACKNOWLEDGED: usize = 300;
/// What tells this executable that it is the victim; to the test harness it is one more name to look for.
const VICTIM: &str = "victim=";

/// Runs in the child alone: appends from 16 tasks for as long as it lives and prints each acknowledged id.
#[tokio::test(flavor = "multi_thread")]
async fn victim_that_appends_until_it_is_killed() {
    let Some(dir) = victim_folder() else { return };
    let spool = Spool::open(Path::new(&dir), &server()).await.unwrap();
    let mut tasks = JoinSet::new();
    for index in 0..16 {
        let spool = spool.clone();
        let lane = if index % 2 == 0 { Lane::Money } else { Lane::Chatter };
        tasks.spawn(async move {
            loop {
                let row = row();
                let id = row.id;
                spool.append(row, lane, None).await.unwrap();
                writeln!(std::io::stdout(), "acknowledged {id}").unwrap();
            }
        });
    }
    tasks.join_next().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_row_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let mut acknowledged = BTreeSet::new();
    for _ in 0..5 {
        let mut victim = start(&dir);
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let goal = acknowledged.len() + ACKNOWLEDGED;
        while acknowledged.len() < goal {
            acknowledged.extend(id(&lines.next().unwrap().unwrap()));
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        // What it could still print, it had been promised. The last line may be cut.
        acknowledged.extend(lines.filter_map(|line| id(&line.unwrap())));
    }
    let kept = shipped(folder.path(), &dir).await;
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), acknowledged.len());
}

/// The ids of all rows that the spool holds, by way of two databases.
async fn shipped(folder: &Path, dir: &Path) -> BTreeSet<Uuid> {
    let urls = ["first.db", "second.db"].map(|name| url(&folder.join(name)));
    for url in &urls {
        ReportDb::migrate(url).await.unwrap();
    }
    let [first, second] = urls;
    let targets = watch::Sender::new(Pair::new(Some(first.clone()), Some(second.clone())));
    let spool = Spool::open(dir, &server()).await.unwrap();
    Shippers::start(&spool, targets.subscribe()).settled().await.unwrap();
    let (first, second) =
        (ReportDb::open(&first).await.unwrap(), ReportDb::open(&second).await.unwrap());
    let comparison = first.compare(&second, report::Span::default()).await.unwrap();
    assert!(comparison.is_equal());
    let all = Filter { limit: Some(u32::MAX), ..Filter::default() };
    let rows = first.search(&all).await.unwrap();
    assert_eq!(u64::try_from(rows.len()).unwrap(), comparison.rows.first);
    rows.iter().map(|row| row.id).collect()
}

fn start(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["crash::victim_that_appends_until_it_is_killed", "--exact", "--nocapture"])
        .arg(format!("{VICTIM}{}", dir.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The folder, in the child.
fn victim_folder() -> Option<String> {
    std::env::args().find_map(|arg| arg.strip_prefix(VICTIM).map(str::to_owned))
}

/// The id in a line of the victim; none in what the harness prints, and in a line that was cut.
fn id(line: &str) -> Option<Uuid> {
    line.split_once("acknowledged ")?.1.parse().ok()
}
