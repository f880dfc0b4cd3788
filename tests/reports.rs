//! The tool on both REPORT databases: compared, repaired, exported, followed; and what a database refused.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chassis::Clock;
use ngondo::site::Place;
use protocol::{DbUrl, Pair, Role};
use report::{Lane, ReportDb, Row, Shippers, Spool, WATERMARK};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use stack::{PACE, binary, lay};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

const MINUTE_US: i64 = 60_000_000;

/// Two databases in a folder.
struct Bases {
    folder: TempDir,
    urls: [DbUrl; 2],
    both: [ReportDb; 2],
    now_us: i64,
}

fn url(path: &Path) -> DbUrl {
    format!("sqlite://{}", path.display()).parse().unwrap()
}

async fn migrated(url: &DbUrl) -> ReportDb {
    ReportDb::migrate(url).await.unwrap();
    ReportDb::open(url).await.unwrap()
}

impl Bases {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls = ["report-1.db", "report-2.db"].map(|name| url(&folder.path().join(name)));
        let both = [migrated(&urls[0]).await, migrated(&urls[1]).await];
        Self { folder, urls, both, now_us: Clock::default().now_us() }
    }

    fn command(&self, lang: &str, args: &[&str]) -> Command {
        let mut command = Command::new(binary("ngondo"));
        command.args(["--lang", lang, "reports"]).args(args);
        command.args(["--first", self.urls[0].as_str(), "--second", self.urls[1].as_str()]);
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        command
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        told(&self.command("en", args).output().unwrap())
    }

    /// A row of so many minutes ago.
    fn row(&self, minutes: i64) -> Row {
        row(self.now_us - minutes * MINUTE_US)
    }
}

fn told(output: &Output) -> (i32, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn row(at_us: i64) -> Row {
    let id = Uuid::now_v7();
    let bridge = id.to_string();
    let text = json!({
        "v": 1, "id": id, "bridge": bridge, "at": at_us, "server": "aar-1", "role": "AAR",
        "cmd": "AUTH*", "result": "OK", "client": "address:abc", "queue_us": 100,
        "service_us": 1900, "inflight": 1, "limit": 512, "bytes_in": 10, "bytes_out": 10,
        "attempts": 0,
    });
    Row::from_json(&text.to_string()).unwrap()
}

fn watermark(at_us: i64) -> Row {
    Row { cmd: WATERMARK.into(), ..row(at_us) }
}

#[tokio::test]
async fn what_one_database_lacks_is_found_copied_and_found_no_more() {
    let bases = Bases::new().await;
    let [first, second] = &bases.both;
    let rows: Vec<Row> = (5..25).map(|minutes| bases.row(minutes)).collect();
    first.copy(&rows[..18]).await.unwrap();
    second.copy(&rows[3..]).await.unwrap();
    // On its way: the second has it a little later.
    first.copy(&[bases.row(0), watermark(bases.now_us)]).await.unwrap();
    second.copy(&[watermark(bases.now_us)]).await.unwrap();
    let (code, text) = bases.run(&["compare"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("1 in the first, 0 in the second"), "{text}");
    assert!(text.contains("ngondo reports repair"), "{text}");
    let (code, text) = bases.run(&["compare", "--json"]);
    let lines = objects(&text);
    let summary = &lines[lines.len() - 2];
    assert_eq!((code, lines.len()), (1, 7), "{text}");
    assert_eq!((&summary["equal"], &summary["coming"]), (&json!(false), &json!(1)), "{text}");
    let (code, text) = bases.run(&["repair", "--json"]);
    let end = objects(&text).pop().unwrap();
    assert_eq!(code, 0, "{text}");
    assert_eq!(end, json!({ "end": true, "first": 2, "second": 3, "left": 0, "coming": 1 }));
    let (code, text) = bases.run(&["repair"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("0 rows added to the first database, 0 to the second"), "{text}");
    let (code, text) = bases.run(&["compare"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("equal up to") && text.contains("on their way"), "{text}");
    let french = told(&bases.command("fr", &["compare"]).output().unwrap()).1;
    assert!(french.contains("Les deux bases sont égales jusqu'à"), "{french}");
}

#[tokio::test]
async fn an_export_has_the_rows_of_both_once_and_nothing_a_spreadsheet_runs() {
    let bases = Bases::new().await;
    let [first, second] = &bases.both;
    let mut rows: Vec<Row> = (1..6).map(|minutes| bases.row(minutes)).collect();
    rows[0].cmd = "=cmd|' /C calc'!A0".into();
    first.copy(&rows[..4]).await.unwrap();
    second.copy(&rows[2..]).await.unwrap();
    second.copy(&[watermark(bases.now_us)]).await.unwrap();
    let (code, text) = bases.run(&["export", "--file", "rows.csv"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("5 rows in rows.csv"), "{text}");
    let csv = fs::read_to_string(bases.folder.path().join("rows.csv")).unwrap();
    assert!(csv.starts_with("id,bridge,at,server,role,"), "{csv}");
    assert_eq!(csv.lines().count(), 6, "{csv}");
    assert!(csv.contains(",'=cmd|' /C calc'!A0,"), "{csv}");
    let from = protocol::Time::from_unix_ms((bases.now_us - 3 * MINUTE_US) / 1000).to_string();
    let (code, text) = bases.run(&["export", "--format", "ndjson", "--from", &from]);
    assert_eq!((code, objects(&text).len()), (0, 3), "{text}");
    let (code, text) = bases.run(&["export", "--file", "no/such/folder/rows.csv"]);
    assert_eq!(code, 1, "{text}");
}

#[tokio::test]
async fn a_trace_is_told_in_sentences_and_says_where_a_row_is_missing() {
    let bases = Bases::new().await;
    let [first, second] = &bases.both;
    let inner = bases.row(1);
    let mut outer = Row { bridge: inner.bridge, ..row(inner.at_us - 500) };
    outer.server = "pppx-1".parse().unwrap();
    outer.cmd = "AUTH".into();
    (outer.upstream, outer.attempts) = (Some("aar-1".parse().unwrap()), 1);
    first.copy(&[outer.clone(), inner.clone()]).await.unwrap();
    second.copy(&[outer]).await.unwrap();
    let bridge = inner.bridge.to_string();
    let (code, text) = bases.run(&["trace", &bridge]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(code, 0, "{text}");
    assert!(lines[0].contains("pppx-1 took AUTH from address:abc and passed it on"), "{text}");
    assert!(
        lines[1].contains("aar-1 took AUTH* from address:abc and answered OK (2 ms)"),
        "{text}"
    );
    assert_eq!(lines[2], "    in the first database alone", "{text}");
    let (first_url, second_url) = (bases.urls[0].as_str(), bases.urls[1].as_str());
    let mut command = Command::new(binary("ngondo"));
    command.args(["trace", &bridge, "--lang", "en", "--first", first_url, "--second", second_url]);
    assert_eq!(told(&command.output().unwrap()).1, text, "the short name says the same");
    let (_, text) = bases.run(&["trace", &bridge, "--json"]);
    let stands: Vec<_> = objects(&text).iter().map(|it| it["stands"].clone()).collect();
    let both = json!({ "first": true, "second": true });
    assert_eq!(stands, [both, json!({ "first": true, "second": false })]);
    fs::remove_file(bases.folder.path().join("report-2.db")).unwrap();
    let (code, text) = bases.run(&["trace", &bridge]);
    assert_eq!(code, 0, "one database is enough, and the other is named: {text}");
    assert!(text.contains("report-2.db cannot be read"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_shows_what_comes_and_ends_after_as_many_as_were_asked_for() {
    let bases = Bases::new().await;
    let [first, second] = &bases.both;
    first.copy(&[bases.row(0), watermark(bases.now_us)]).await.unwrap();
    let mut command = bases.command("en", &["tail", "--cmd", "AUTH*", "--count", "2", "--json"]);
    let mut tail = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(tail.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("Waiting for new rows"), "{said}");
    let (one, other) = (bases.row(0), bases.row(0));
    let aside = Row { cmd: "INIT".into(), ..bases.row(0) };
    first.copy(&[one.clone(), aside]).await.unwrap();
    second.copy(&[one.clone(), other.clone()]).await.unwrap();
    let shown: Vec<Value> = BufReader::new(tail.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert!(tail.wait().unwrap().success());
    let mut ids: Vec<_> = shown.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [one.id.to_string(), other.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_shown_and_gets_into_its_database_once_that_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let urls = site.report().unwrap();
    let (first, second) = (migrated(&urls.first).await, migrated(&urls.second).await);
    let meddle = async |statement: &'static str| {
        let path = urls.second.sqlite_path().unwrap();
        let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
    };
    meddle(
        "create trigger rule before insert on report when new.bytes_in = 13
         begin select raise(abort, 'unlucky'); end",
    )
    .await;
    let ini = site.ini(Role::Aar, Place::First);
    let module = config::Module::load(&ini, Role::Aar, config::schema(Role::Aar)).unwrap();
    let spool = Spool::open(&module.state.join("spool"), &module.instance).await.unwrap();
    let now_us = Clock::default().now_us();
    for index in 0..5 {
        let row = Row { bytes_in: 10 + index, ..row(now_us) };
        spool.append(row, Lane::Money, None).await.unwrap();
    }
    let targets =
        watch::Sender::new(Pair::new(Some(urls.first.clone()), Some(urls.second.clone())));
    Shippers::start(&spool, targets.subscribe()).settled().await.unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(binary("ngondo"));
        command.args(["--lang", "en", "reports", "dead", "--ini"]).arg(&ini).args(args);
        told(&command.output().unwrap())
    };
    let (code, text) = run(&[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("unlucky") && text.contains("1 row was put aside"), "{text}");
    let (code, text) = run(&["--retry"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("is refused again") && text.contains("unlucky"), "{text}");
    meddle("drop trigger rule").await;
    let (code, text) = run(&["--retry", "--json"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(objects(&text), [json!({ "end": true, "count": 0, "shipped": 1 })]);
    assert!(run(&[]).1.contains("No dead letters"));
    let whole = report::Span::default();
    assert!(first.compare(&second, whole).await.unwrap().is_equal());
    spool.close().await;
}
