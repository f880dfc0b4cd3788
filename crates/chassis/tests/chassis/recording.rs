//! What a service does about its own reports: watermarks, numbers, a spool that is full, rows that are too old.

use std::path::Path;
use std::time::Duration;

use protocol::DbUrl;
use report::{AppendError, Filter, Lane, ReportDb, Row, Span, WATERMARK};
use tempfile::TempDir;

use crate::scene::{Server, auth, exchange, get, post};

/// Microseconds of a day.
const DAY_US: i64 = 24 * 3600 * 1_000_000;

fn url(folder: &Path, name: &str) -> DbUrl {
    format!("sqlite://{}", folder.join(name).display()).parse().unwrap()
}

/// A service whose second database is nowhere yet.
async fn with_one_database(more: &str) -> (Server, DbUrl) {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (url(folder.path(), "report-1.db"), url(folder.path(), "late.db"));
    let more = format!("[report]\nfirst = {first}\nsecond = {second}\n{more}");
    (Server::start_in(folder, &more).await, second)
}

async fn watermarks(report: &ReportDb) -> Vec<Row> {
    let filter = Filter { cmd: Some(WATERMARK.to_owned()), ..Filter::default() };
    report.search(&filter).await.unwrap()
}

/// Waits for a watermark.
async fn first_watermark(report: &ReportDb) -> Row {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    loop {
        tick.tick().await;
        if let Some(row) = watermarks(report).await.pop() {
            return row;
        }
    }
}

/// Waits until a number of the service satisfies.
async fn number(scene: &Server, name: &str, satisfies: impl Fn(f64) -> bool) -> f64 {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    loop {
        tick.tick().await;
        let text = exchange(scene.running.admin, get("/metrics")).await;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let found = line.and_then(|line| line.trim().parse().ok());
        if let Some(found) = found.filter(|it| satisfies(*it)) {
            return found;
        }
    }
}

fn of(name: &str, database: &str) -> String {
    format!("{name}{{instance=\"aar-1\",database=\"{database}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watermark_stands_in_both_databases_at_the_start_and_behind_the_last_answer() {
    let scene = Server::start("").await;
    for report in &scene.reports {
        let row = first_watermark(report).await;
        assert_eq!((row.server.as_str(), row.role.as_str()), ("aar-1", "AAR"));
        assert_eq!((row.result.as_ref(), row.limit, row.inflight), ("OK", 256, 0));
        assert!(row.cpu_permille.is_some() && row.client.is_none() && row.toki.is_none());
        assert_eq!(report.trace(&row.bridge).await.unwrap(), [row], "the bridge is nobody else's");
    }
    let pppx = scene.peer("pppx-1");
    let _answer = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    scene.running.stop().await;
    for report in &scene.reports {
        let last = watermarks(report).await.into_iter().map(|row| row.at_us).max().unwrap();
        let rows = report.search(&Filter::default()).await.unwrap();
        assert!(rows.iter().all(|row| row.cmd != WATERMARK && row.at_us < last), "{rows:?}");
        assert!(rows.iter().any(|row| row.bridge.as_str() == "b-1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_say_how_far_each_database_is_behind() {
    let (scene, second) = with_one_database("").await;
    let pppx = scene.peer("pppx-1");
    let _answer = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    let some = |it: f64| 0.0 < it;
    assert!(2.0 <= number(&scene, &of("ngondo_spool_rows", "second"), |it| 2.0 <= it).await);
    let bytes = number(&scene, &of("ngondo_spool_backlog_bytes", "second"), |it| 400.0 < it).await;
    assert!(bytes < 100_000.0, "{bytes}");
    number(&scene, &of("ngondo_spool_age_seconds", "second"), some).await;
    number(&scene, &of("ngondo_shipped_rows_total", "first"), |it| 2.0 <= it).await;
    number(&scene, &of("ngondo_report_up", "first"), |it| 0.5 < it && it < 1.5).await;
    number(&scene, &of("ngondo_report_up", "second"), |it| it == 0.0).await;
    number(&scene, &of("ngondo_dead_letters_total", "first"), |it| it == 0.0).await;
    number(&scene, "ngondo_dead_letters{instance=\"aar-1\"}", |it| it == 0.0).await;
    number(&scene, "ngondo_spool_bytes{instance=\"aar-1\"}", some).await;
    ReportDb::migrate(&second).await.unwrap();
    number(&scene, &of("ngondo_report_up", "second"), |it| 0.5 < it && it < 1.5).await;
    number(&scene, &of("ngondo_shipped_rows_total", "second"), |it| 2.0 <= it).await;
    number(&scene, &of("ngondo_spool_rows", "second"), |it| it == 0.0).await;
    number(&scene, &of("ngondo_spool_backlog_bytes", "second"), |it| it == 0.0).await;
    number(&scene, &of("ngondo_spool_age_seconds", "second"), |it| it == 0.0).await;
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_is_busy_before_anything_is_lost_and_takes_rows_again() {
    let (scene, second) = with_one_database("spool_mb = 1").await;
    let pppx = scene.peer("pppx-1");
    let answer = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let pattern = first_watermark(&scene.reports[0]).await;
    let mut kept = Vec::new();
    let refused = loop {
        let id = uuid::Uuid::now_v7();
        let row = Row { id, cmd: "x".repeat(4000).into(), ..pattern.clone() };
        match scene.running.ctx.spool.append(row, Lane::Chatter, None).await {
            Ok(()) => kept.push(id),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, AppendError::Full), "{refused}");
    assert!(kept.len() < 300, "{} rows of 4 kB in 1 MiB", kept.len());
    let fill = |it: f64| it < 4.0 * 1024.0 * 1024.0;
    number(&scene, "ngondo_spool_bytes{instance=\"aar-1\"}", fill).await;
    let mut answers = 0;
    while !pppx.ask(post("/", "text/xml", &auth("b-2"))).await.starts_with("HTTP/1.1 503") {
        // A row of a request is smaller than those: a few may still fit into the last page.
        answers += 1;
    }
    assert!(answers < 100, "{answers}");
    ReportDb::migrate(&second).await.unwrap();
    while !pppx.ask(post("/", "text/xml", &auth("b-3"))).await.starts_with("HTTP/1.1 200") {
        tokio::task::yield_now().await;
    }
    let first = &scene.reports[0];
    scene.running.stop().await;
    let second = ReportDb::open(&second).await.unwrap();
    let compared = first.compare(&second, Span::default()).await.unwrap();
    assert_eq!(compared.differences, []);
    for report in [first, &second] {
        let filter = Filter { limit: Some(10_000), ..Filter::default() };
        let rows = report.search(&filter).await.unwrap();
        assert_eq!(rows.iter().filter(|row| kept.contains(&row.id)).count(), kept.len());
        let of = |bridge: &str| rows.iter().filter(|row| row.bridge.as_str() == bridge).count();
        assert_eq!((of("b-1"), of("b-2"), of("b-3")), (1, answers, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_older_than_the_ini_says_are_deleted() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let (first, second) = (url(folder.path(), "report-1.db"), url(folder.path(), "report-2.db"));
    ReportDb::migrate(&first).await.unwrap();
    let report = ReportDb::open(&first).await.unwrap();
    let pattern = {
        let scene = Server::start("").await;
        first_watermark(&scene.reports[0]).await
    };
    let aged = |days: i64| Row {
        id: uuid::Uuid::now_v7(),
        cmd: "AUTH*".into(),
        at_us: pattern.at_us - days * DAY_US,
        ..pattern.clone()
    };
    let kept = aged(6);
    report.copy(&[aged(8), kept.clone(), aged(100)]).await.unwrap();
    let more = format!("[report]\nfirst = {first}\nsecond = {second}\nretention_days = 7");
    let scene = Server::start_in(folder, &more).await;
    number(&scene, &of("ngondo_expired_rows_total", "first"), |it| 1.5 < it && it < 2.5).await;
    assert_eq!(scene.reports[0].search(&Filter::default()).await.unwrap(), [kept]);
    scene.running.stop().await;
}
