//! Two databases read as one, compared, and made equal again.

use std::collections::BTreeSet;
use std::slice;

use protocol::Pair;
use report::{Both, Filter, Lane, ReportDb, Row, Span, Tail};
use uuid::Uuid;

use crate::scene::{Scene, row, watermark};

const MINUTE_US: i64 = 60_000_000;

async fn bases(scene: &Scene) -> [ReportDb; 2] {
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    [scene.db("first").await, scene.db("second").await]
}

async fn both(scene: &Scene) -> Both {
    let urls = Pair::new(Some(scene.url("first")), Some(scene.url("second")));
    Both::open(&urls).await.unwrap().0
}

fn at(at_us: i64) -> Row {
    Row { at_us, ..row() }
}

fn ids(rows: &[Row]) -> BTreeSet<Uuid> {
    rows.iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn a_stream_has_each_row_of_either_once_and_says_where_it_stands() {
    let scene = Scene::new().await;
    let [first, second] = bases(&scene).await;
    let rows: Vec<Row> = (0..2500).map(|_| row()).collect();
    for piece in rows.chunks(500) {
        first.copy(piece).await.unwrap();
    }
    second.copy(&rows[1200..2100]).await.unwrap();
    let alone = Row { cmd: "INIT".into(), ..row() };
    second.copy(&[alone.clone(), watermark(0)]).await.unwrap();
    let both = both(&scene).await;
    let mut stream = both.stream(Filter::default());
    let mut found = Vec::new();
    while let Some(next) = stream.next().await.unwrap() {
        found.push(next);
    }
    assert!(found.is_sorted_by_key(|it| it.row.id));
    let wanted: Vec<Row> = rows.iter().chain([&alone]).cloned().collect();
    assert_eq!(found.iter().map(|it| it.row.clone()).collect::<Vec<_>>(), wanted);
    let stands = |first, second| {
        let wanted = Pair::new(Some(first), Some(second));
        found.iter().filter(|it| it.stands == wanted).count()
    };
    assert_eq!((stands(true, false), stands(true, true), stands(false, true)), (1600, 900, 1));
    let filter = Filter { cmd: Some("INIT".into()), ..Filter::default() };
    let mut stream = both.stream(filter);
    assert_eq!(stream.next().await.unwrap().unwrap().row, alone);
    assert_eq!(stream.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_value_that_is_not_of_its_form_is_left_out_and_counted() {
    let scene = Scene::new().await;
    let [first, _second] = bases(&scene).await;
    first.copy(&[row(), row(), row()]).await.unwrap();
    let garble = "update report set role = 'KING' where id = (select min(id) from report)";
    scene.meddle("first", garble).await;
    let both = both(&scene).await;
    let mut stream = both.stream(Filter::default());
    let mut count = 0;
    while stream.next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, stream.unreadable()), (2, 1));
}

#[tokio::test]
async fn one_that_cannot_be_opened_is_named_and_the_other_read() {
    let scene = Scene::new().await;
    ReportDb::migrate(&scene.url("first")).await.unwrap();
    let known = row();
    scene.db("first").await.copy(slice::from_ref(&known)).await.unwrap();
    let urls = Pair::new(Some(scene.url("first")), Some(scene.url("second")));
    let (both, errors) = Both::open(&urls).await.unwrap();
    assert_eq!(errors.iter().map(|(url, _)| url).collect::<Vec<_>>(), [&scene.url("second")]);
    let found = both.trace(&known.bridge).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].stands, Pair::new(Some(true), None));
    let nothing = Pair::new(Some(scene.url("second")), None);
    assert_eq!(Both::open(&nothing).await.unwrap_err().len(), 1);
}

#[tokio::test]
async fn a_trace_is_in_the_order_of_time_from_both() {
    let scene = Scene::new().await;
    let [first, second] = bases(&scene).await;
    let bridge = row().bridge;
    let way: Vec<Row> = (0..4).map(|it| Row { bridge, ..at(1000 - it) }).collect();
    first.copy(&way[..3]).await.unwrap();
    second.copy(&way[2..]).await.unwrap();
    let found = both(&scene).await.trace(&bridge).await.unwrap();
    let times: Vec<i64> = found.iter().map(|it| it.row.at_us).collect();
    assert_eq!(times, [997, 998, 999, 1000]);
    assert_eq!(found[1].stands, Pair::new(Some(true), Some(true)));
}

#[tokio::test]
async fn a_tail_has_each_new_row_once_however_late_it_comes() {
    let scene = Scene::new().await;
    let [first, second] = bases(&scene).await;
    let now_us = row().at_us;
    first.copy(&[at(now_us - 5), watermark(now_us)]).await.unwrap();
    let (both, mut tail) = (both(&scene).await, Tail::new(Filter::default()));
    let mut look = async |now_us| tail.look(&both, now_us).await.unwrap();
    assert!(look(now_us).await.rows.is_empty(), "what was there before is not new");
    let new = at(now_us + 10);
    second.copy(slice::from_ref(&new)).await.unwrap();
    assert_eq!(look(now_us + 20).await.rows, slice::from_ref(&new));
    first.copy(&[new]).await.unwrap();
    assert!(look(now_us + 20).await.rows.is_empty(), "the other has it too");
    // A request that took long, and the watermark that came before it.
    let late = at(now_us + 5);
    first.copy(&[watermark(now_us + 2_000_000), late.clone()]).await.unwrap();
    assert_eq!(look(now_us + 2_000_000).await.rows, [late]);
    // A database that was away brings all at once, older than what the other has long had.
    second.copy(&[watermark(now_us)]).await.unwrap();
    first.copy(&[watermark(now_us + 9 * MINUTE_US)]).await.unwrap();
    assert!(look(now_us + 9 * MINUTE_US).await.rows.is_empty());
    let caught_up = at(now_us + 2 * MINUTE_US);
    second.copy(&[caught_up.clone(), watermark(now_us + 9 * MINUTE_US)]).await.unwrap();
    assert!(look(now_us + 9 * MINUTE_US).await.rows.len() <= 1);
    let ahead = at(now_us + 60 * MINUTE_US);
    first.copy(&[ahead]).await.unwrap();
    let told = look(now_us + 9 * MINUTE_US).await;
    assert_eq!((told.rows.len(), told.ahead), (0, 1));
}

/// What differs, behind the watermarks and in all.
async fn differ([first, second]: &[ReportDb; 2], now_us: i64) -> (usize, usize) {
    let differences = first.compare(second, Span::default()).await.unwrap().differences;
    let settled = first.settled(second, now_us).await.unwrap();
    (differences.iter().filter(|it| settled.covers(it)).count(), differences.len())
}

#[tokio::test]
async fn a_difference_counts_behind_the_watermark_of_both() {
    let scene = Scene::new().await;
    let bases = bases(&scene).await;
    let [first, second] = &bases;
    let minute_us = row().at_us.div_euclid(MINUTE_US) * MINUTE_US;
    first.copy(&[at(minute_us)]).await.unwrap();
    assert_eq!(differ(&bases, minute_us).await, (1, 1), "of a server without watermarks, all");
    first.copy(&[watermark(minute_us + 3 * MINUTE_US)]).await.unwrap();
    let now_us = minute_us + 3 * MINUTE_US;
    assert_eq!(differ(&bases, now_us).await, (0, 1), "the second has not heard of it");
    second.copy(&[watermark(minute_us + 2 * MINUTE_US - 1)]).await.unwrap();
    assert_eq!(differ(&bases, now_us).await, (0, 1), "a request may take a minute");
    second.copy(&[watermark(minute_us + 2 * MINUTE_US)]).await.unwrap();
    assert_eq!(differ(&bases, now_us).await, (1, 1));
    let until = first.settled(second, now_us).await.unwrap().until_us();
    assert_eq!(until, Some(minute_us + MINUTE_US));
    first.copy(&[at(minute_us + 5 * MINUTE_US)]).await.unwrap();
    assert_eq!(differ(&bases, now_us).await, (1, 2));
    let much_later = now_us + 20 * MINUTE_US;
    assert_eq!(differ(&bases, much_later).await, (2, 2), "nothing comes of a server that is dead");
}

#[tokio::test]
async fn repairing_copies_what_either_lacks_while_rows_are_shipped() {
    let (scene, shippers) = Scene::shipping().await;
    scene.append(900).await;
    shippers.settled().await.unwrap();
    let bases = [scene.db("first").await, scene.db("second").await];
    let all = ids(&bases[0]
        .search(&Filter { limit: Some(u32::MAX), ..Filter::default() })
        .await
        .unwrap());
    let lose = |digit: &str| format!("delete from report where hex(id) like '%{digit}'");
    scene.meddle("first", &lose("7")).await;
    scene.meddle("second", &lose("A")).await;
    let mut shipped = 0;
    for _twice in 0..2 {
        let [first, second] = &bases;
        for difference in first.compare(second, Span::default()).await.unwrap().differences {
            scene.append(100).await;
            shipped += 100;
            let one = first.fill(second, &difference).await.unwrap();
            let other = second.fill(first, &difference).await.unwrap();
            assert!(0 < one.rows && 0 < other.rows && one.left.is_empty() && other.left.is_empty());
        }
        shippers.settled().await.unwrap();
        assert_eq!(scene.equal_rows().await, 900 + shipped);
    }
    assert_eq!(shipped, 100, "the second time there was nothing to do");
    let found = bases[0].search(&Filter { limit: Some(u32::MAX), ..Filter::default() }).await;
    assert!(ids(&found.unwrap()).is_superset(&all));
}

#[tokio::test]
async fn what_cannot_be_copied_is_left_with_its_reason_and_the_rest_goes() {
    let scene = Scene::new().await;
    let [first, second] = bases(&scene).await;
    let mut rows: Vec<Row> = (0..300).map(|_| row()).collect();
    rows[100].bytes_in = 13;
    first.copy(&rows).await.unwrap();
    first.copy(&[watermark(row().at_us)]).await.unwrap();
    let rule = "create trigger rule before insert on report when new.bytes_in = 13
        begin select raise(abort, 'unlucky'); end";
    scene.meddle("second", rule).await;
    let garble = "update report set role = 'KING' where id = (select min(id) from report)";
    scene.meddle("first", garble).await;
    let differences = first.compare(&second, Span::default()).await.unwrap().differences;
    assert_eq!(differences.len(), 1);
    let copied = second.fill(&first, &differences[0]).await.unwrap();
    assert_eq!(copied.rows, 298);
    let told: Vec<String> = copied.left.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("column role") && told.len() == 2, "{told:?}");
    assert!(second.watermarks(i64::MAX).await.unwrap().is_empty(), "a watermark is never copied");
    scene.spool.append(row(), Lane::Money, None).await.unwrap();
}
