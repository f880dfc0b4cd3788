//! From the spool into both databases, whatever happens to them.

use std::fs;
use std::slice;
use std::time::Duration;

use protocol::Pair;
use report::{Filter, Lane, ReportDb, Shippers};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::time::Instant;

use crate::scene::{Scene, row, watermark};

#[tokio::test]
async fn ships_every_row_to_both_once() {
    let (scene, shippers) = Scene::shipping().await;
    scene.append(1201).await;
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 1201);
    assert_eq!(shippers.status().map(|status| status.shipped), Pair::new(1201, 1201));
    let empty = Some(report::Backlog::default());
    assert_eq!(scene.spool.backlog().await.unwrap(), Pair::new(empty, empty));
}

#[tokio::test]
async fn ships_a_row_as_it_was_appended() {
    let (scene, shippers) = Scene::shipping().await;
    let full = row();
    let mut bare = row();
    (bare.app, bare.version, bare.client, bare.device) = (None, None, None, None);
    (bare.upstream, bare.toki, bare.cpu_permille) = (None, None, None);
    for row in [&full, &bare] {
        scene.spool.append(row.clone(), Lane::Chatter, None).await.unwrap();
    }
    shippers.settled().await.unwrap();
    let db = scene.db("second").await;
    assert_eq!(db.search(&Filter::default()).await.unwrap(), [bare.clone(), full.clone()]);
    assert_eq!(db.trace(&full.bridge).await.unwrap(), [full]);
}

#[tokio::test]
async fn a_database_that_is_away_slows_nothing_and_catches_up() {
    let scene = Scene::new().await;
    ReportDb::migrate(&scene.url("first")).await.unwrap();
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    scene.append(700).await;
    shippers.noticed(|status| status.first.shipped == 700 && status.second.error.is_some()).await;
    let backlog = scene.spool.backlog().await.unwrap();
    assert_eq!(backlog.first.unwrap().rows, 0);
    assert_eq!(backlog.second.unwrap().rows, 700);
    let size = i64::try_from(row().to_json().unwrap().len()).unwrap();
    assert_eq!(backlog.first.unwrap().bytes, 0);
    assert_eq!(backlog.second.unwrap().bytes, 700 * size);
    assert_eq!(backlog.second.unwrap().oldest_at_us, Some(row().at_us));
    ReportDb::migrate(&scene.url("second")).await.unwrap();
    scene.append(50).await;
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 750);
}

#[tokio::test]
async fn a_database_that_dies_and_comes_back_has_everything_once() {
    let (scene, shippers) = Scene::shipping().await;
    scene.append(10).await;
    shippers.settled().await.unwrap();
    // Whoever holds the place of the writer keeps every other away, as a dead server would.
    let mut holder = connect(&scene, "second").await;
    sqlx::query("begin exclusive").execute(&mut holder).await.unwrap();
    scene.append(600).await;
    shippers.noticed(|status| status.first.shipped == 610).await;
    sqlx::query("rollback").execute(&mut holder).await.unwrap();
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 610);
}

#[tokio::test]
async fn ships_after_a_restart_what_was_left_and_nothing_twice() {
    let (mut scene, shippers) = Scene::shipping().await;
    scene.append(20).await;
    shippers.settled().await.unwrap();
    drop(shippers);
    scene.append(30).await;
    scene.reopen().await;
    scene.append(40).await;
    let shippers = scene.ship();
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 90);
    assert_eq!(shippers.status().map(|status| status.shipped), Pair::new(70, 70));
}

#[tokio::test]
async fn numbers_go_on_after_every_row_was_deleted() {
    let (mut scene, shippers) = Scene::shipping().await;
    for round in 1..4_u64 {
        scene.append(4).await;
        shippers.settled().await.unwrap();
        assert_eq!(scene.equal_rows().await, round * 4);
    }
    shippers.stop(soon()).await;
    scene.reopen().await;
    for lane in ["money", "chatter"] {
        assert_eq!(spooled(&scene, lane).await, 0, "{lane}");
    }
    let shippers = scene.ship();
    scene.append(4).await;
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 16);
}

#[tokio::test]
async fn deletes_nothing_that_one_of_two_lacks() {
    let scene = Scene::new().await;
    ReportDb::migrate(&scene.url("first")).await.unwrap();
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    scene.append(100).await;
    shippers.noticed(|status| status.first.shipped == 100).await;
    shippers.stop(soon()).await;
    scene.spool.close().await;
    assert_eq!(spooled(&scene, "money").await + spooled(&scene, "chatter").await, 100);
}

#[tokio::test]
async fn follows_a_database_to_another_address() {
    let (scene, shippers) = Scene::shipping().await;
    scene.append(10).await;
    shippers.settled().await.unwrap();
    ReportDb::migrate(&scene.url("third")).await.unwrap();
    scene.aim(Some("first"), Some("third"));
    scene.append(6).await;
    shippers.settled().await.unwrap();
    assert_eq!(rows(&scene, "third").await, 6);
    assert_eq!(rows(&scene, "second").await, 10);
    while spooled(&scene, "money").await + spooled(&scene, "chatter").await != 0 {
        tokio::task::yield_now().await;
    }
    // The old one knows where it stopped.
    scene.aim(Some("first"), Some("second"));
    scene.append(2).await;
    shippers.settled().await.unwrap();
    assert_eq!((rows(&scene, "first").await, rows(&scene, "second").await), (18, 12));
}

#[tokio::test]
async fn puts_aside_what_a_database_refuses_and_goes_on() {
    let scene = Scene::new().await;
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    // A rule that this database alone has.
    let mut conn = connect(&scene, "second").await;
    sqlx::raw_sql(
        "create trigger rule before insert on report when new.bytes_in = 13
         begin select raise(abort, 'unlucky'); end",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    for index in 0..40 {
        let mut row = row();
        row.bytes_in = if index % 15 == 7 { 13 } else { 14 };
        scene.spool.append(row, Lane::Money, None).await.unwrap();
    }
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    shippers.settled().await.unwrap();
    assert_eq!((rows(&scene, "first").await, rows(&scene, "second").await), (40, 37));
    assert_eq!(shippers.status().second.parked, 3);
    assert_eq!(scene.spool.dead_letters().await.unwrap(), 3);
    let (first, second) = (scene.db("first").await, scene.db("second").await);
    let differences = first.compare(&second, report::Span::default()).await.unwrap().differences;
    let counts: Vec<_> =
        differences.iter().map(|difference| difference.cells.map(|cell| cell.count)).collect();
    assert_eq!(counts, [Pair::new(40, 37)]);
}

#[tokio::test]
async fn a_database_of_another_schema_gets_nothing_and_the_other_goes_on() {
    let scene = Scene::new().await;
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    let newer = "insert into _sqlx_migrations
        select 99, 'later', installed_on, 1, checksum, 0 from _sqlx_migrations limit 1";
    scene.meddle("second", newer).await;
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    scene.append(30).await;
    shippers.noticed(|status| status.first.shipped == 30 && status.second.error.is_some()).await;
    let status = shippers.status().second;
    let told = status.error.unwrap();
    assert!(!status.connected && told.contains("migration 99 in a form that this build"), "{told}");
    assert_eq!(rows(&scene, "second").await, 0);
    scene.meddle("second", "delete from _sqlx_migrations where version = 99").await;
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 30);
}

#[tokio::test]
async fn puts_aside_a_row_of_another_server() {
    let mut scene = Scene::new().await;
    scene.append(4).await;
    let change = "update row set body = replace(body, 'aar-1', 'aar-9')
        where seq = (select min(seq) from row)";
    scene.meddle("spool/money", change).await;
    scene.reopen().await;
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 3);
    let letters = report::DeadLetters::open(&scene.path("spool")).await.unwrap();
    let letters = letters.list().await.unwrap();
    let told: Vec<_> = letters.iter().map(|it| (it.place.as_str(), it.reason.as_str())).collect();
    let reason = "the row is of aar-9, the spool of aar-1";
    assert_eq!(told, [("first", reason), ("second", reason)]);
}

#[tokio::test]
async fn counts_the_rows_that_a_database_had_already() {
    let (scene, shippers) = Scene::shipping().await;
    let twice = row();
    scene.db("second").await.copy(slice::from_ref(&twice)).await.unwrap();
    scene.spool.append(twice, Lane::Money, None).await.unwrap();
    scene.append(5).await;
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 6);
    let status = shippers.status();
    assert_eq!((status.first.known, status.second.known), (0, 1));
}

#[tokio::test]
async fn a_watermark_stands_behind_what_money_hangs_on_however_much_that_is() {
    let scene = Scene::new().await;
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    for _ in 0..1800 {
        scene.spool.append(row(), Lane::Money, None).await.unwrap();
    }
    scene.spool.append(watermark(row().at_us + 1), Lane::Chatter, None).await.unwrap();
    // What is there when the watermark comes is written down by the database itself.
    for name in ["first", "second"] {
        let note = "create table note (rows integer);
            create trigger note after insert on report when new.cmd = 'WATERMARK'
            begin insert into note select count(*) - 1 from report; end";
        scene.meddle(name, note).await;
    }
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    shippers.settled().await.unwrap();
    for name in ["first", "second"] {
        let mut conn = connect(&scene, name).await;
        let rows: i64 =
            sqlx::query_scalar("select rows from note").fetch_one(&mut conn).await.unwrap();
        assert_eq!(rows, 1800, "{name}");
        let marks = scene.db(name).await.watermarks(i64::MAX).await.unwrap();
        assert_eq!(marks["aar-1"], row().at_us + 1);
    }
    // It is no request: neither found nor compared as one.
    assert_eq!(scene.equal_rows().await, 1800);
    let found = scene.db("first").await.search(&Filter::default()).await.unwrap();
    assert!(found.iter().all(|row| row.cmd != report::WATERMARK));
}

#[tokio::test]
async fn puts_aside_a_body_that_cannot_be_read() {
    let mut scene = Scene::new().await;
    scene.append(4).await;
    let mut conn = open(&scene.path("spool").join("money.db")).await;
    sqlx::query("update row set body = '{\"v\":9}' where seq = (select min(seq) from row)")
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    scene.reopen().await;
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 3);
    assert_eq!(scene.spool.dead_letters().await.unwrap(), 2);
}

#[tokio::test]
async fn stops_at_the_deadline_and_leaves_the_rest_on_the_disk() {
    let (scene, shippers) = Scene::shipping().await;
    let mut holder = connect(&scene, "second").await;
    sqlx::query("begin exclusive").execute(&mut holder).await.unwrap();
    scene.append(8).await;
    shippers.noticed(|status| status.first.shipped == 8).await;
    shippers.stop(Instant::now()).await;
    scene.spool.close().await;
    assert_eq!(spooled(&scene, "money").await + spooled(&scene, "chatter").await, 8);
}

#[tokio::test]
async fn tries_a_database_that_was_away_once_more_when_it_stops() {
    let scene = Scene::new().await;
    ReportDb::migrate(&scene.url("first")).await.unwrap();
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    scene.append(5).await;
    shippers.noticed(|status| status.first.shipped == 5 && status.second.error.is_some()).await;
    ReportDb::migrate(&scene.url("second")).await.unwrap();
    stop(&scene, &shippers).await;
    assert_eq!(scene.equal_rows().await, 5);
}

#[tokio::test]
async fn ships_what_is_left_when_it_stops() {
    let (scene, shippers) = Scene::shipping().await;
    scene.append(3000).await;
    stop(&scene, &shippers).await;
    assert_eq!(scene.equal_rows().await, 3000);
}

async fn stop(scene: &Scene, shippers: &Shippers) {
    shippers.stop(soon()).await;
    scene.spool.close().await;
    for lane in ["money", "chatter"] {
        assert_eq!(spooled(scene, lane).await, 0, "{lane}");
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

async fn rows(scene: &Scene, name: &str) -> i64 {
    let mut conn = connect(scene, name).await;
    sqlx::query_scalar("select count(*) from report").fetch_one(&mut conn).await.unwrap()
}

async fn spooled(scene: &Scene, lane: &str) -> i64 {
    let path = scene.path("spool").join(lane).with_extension("db");
    assert!(fs::exists(&path).unwrap());
    sqlx::query_scalar("select count(*) from row").fetch_one(&mut open(&path).await).await.unwrap()
}

async fn connect(scene: &Scene, name: &str) -> SqliteConnection {
    open(&scene.path(name).with_extension("db")).await
}

async fn open(path: &std::path::Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}
