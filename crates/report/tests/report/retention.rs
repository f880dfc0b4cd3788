//! What is too old goes, a little at a time, and nothing waits for it.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use protocol::Pair;
use report::{Filter, Lane, ReportDb, Retention, Row, Shippers, WATERMARK};

use crate::scene::{Scene, row, server, watermark};

const DAY_US: i64 = 24 * 3600 * 1_000_000;

fn keep(days: u64) -> Retention {
    let now_us = row().at_us;
    let keep = Duration::from_hours(24 * days);
    Retention { keep, now_us: Arc::new(move || now_us) }
}

async fn marks(db: &ReportDb) -> Vec<i64> {
    let filter = Filter { cmd: Some(WATERMARK.to_owned()), ..Filter::default() };
    db.search(&filter).await.unwrap().iter().map(|row| row.at_us).rev().collect()
}

#[tokio::test]
async fn deletes_what_is_older_than_it_is_kept_and_ships_meanwhile() {
    let scene = Scene::new().await;
    let now_us = row().at_us;
    let gone: Row = Row { server: "sr-9".parse().unwrap(), at_us: now_us - 4 * DAY_US, ..row() };
    let old: Vec<Row> = (0..1700).map(|_| Row { at_us: now_us - 4 * DAY_US, ..row() }).collect();
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
        let db = scene.db(name).await;
        db.copy(&old).await.unwrap();
        db.copy(slice::from_ref(&gone)).await.unwrap();
    }
    scene.aim(Some("first"), Some("second"));
    let shippers = Shippers::start_keeping(&scene.spool, scene.targets.subscribe(), Some(&keep(3)));
    for _ in 0..20 {
        scene.append(10).await;
        shippers.settled().await.unwrap();
    }
    let all_gone = |status: &Pair<report::DatabaseStatus>| {
        status.first.expired == 1701 && status.second.expired == 1701
    };
    shippers.noticed(all_gone).await;
    assert_eq!(scene.equal_rows().await, 200);
    let found = scene.db("second").await.search(&Filter::default()).await.unwrap();
    assert!(found.iter().all(|row| row.server == server()), "those of a server that is gone too");
}

#[tokio::test]
async fn watermarks_go_after_a_day_but_the_last_of_each_server() {
    let scene = Scene::new().await;
    ReportDb::migrate(&scene.url("first")).await.unwrap();
    let db = scene.db("first").await;
    let now_us = row().at_us;
    let dead = Row { server: "sr-9".parse().unwrap(), ..watermark(now_us - 9 * DAY_US) };
    let earlier = Row { server: "sr-9".parse().unwrap(), ..watermark(now_us - 10 * DAY_US) };
    let fresh = watermark(now_us - DAY_US / 2);
    let stale = watermark(now_us - 2 * DAY_US);
    let request = Row { at_us: now_us - 2 * DAY_US, ..row() };
    db.copy(&[dead, earlier, stale, fresh.clone(), request]).await.unwrap();
    let (rows_us, marks_us) = (now_us - 3 * DAY_US, now_us - DAY_US);
    while db.expire(rows_us, marks_us).await.unwrap() != 0 {}
    let mut left = marks(&db).await;
    left.sort_unstable();
    assert_eq!(left, [now_us - 9 * DAY_US, fresh.at_us]);
    assert_eq!(db.search(&Filter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_that_cannot_delete_is_shipped_to_all_the_same() {
    let scene = Scene::new().await;
    ReportDb::migrate(&scene.url("first")).await.unwrap();
    let old = Row { at_us: row().at_us - 9 * DAY_US, ..row() };
    scene.db("first").await.copy(&[old]).await.unwrap();
    let refuse = "create trigger keep before delete on report
        begin select raise(abort, 'kept'); end";
    scene.meddle("first", refuse).await;
    scene.aim(Some("first"), None);
    let shippers = Shippers::start_keeping(&scene.spool, scene.targets.subscribe(), Some(&keep(3)));
    for round in 1..=5_u64 {
        scene.append(4).await;
        shippers.settled().await.unwrap();
        assert_eq!(shippers.status().first.shipped, 4 * round);
    }
    assert_eq!(shippers.status().first.expired, 0);
    scene.spool.append(row(), Lane::Money, None).await.unwrap();
}
