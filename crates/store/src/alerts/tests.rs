use super::*;
use crate::scene::Scene;

const BOX: &str = "box/01";

async fn raise(store: &Store, kind: AlertKind, subject: &str, at_ms: i64) -> Raised {
    let mut tx = store.begin().await.unwrap();
    let raised = tx.raise_alert(kind, subject, "{}", at_ms).await.unwrap();
    tx.commit().await.unwrap();
    raised
}

async fn ack(store: &Store, number: i64, request: u8, who: &str) -> Ack {
    let seen =
        Seen { number, who: who.to_owned(), request: Uuid::from_bytes([request; 16]), at_ms: 9 };
    let mut tx = store.begin().await.unwrap();
    let ack = tx.ack_alert(&seen).await.unwrap();
    tx.commit().await.unwrap();
    ack
}

async fn open(store: &Store) -> Vec<(i64, i64)> {
    let open = store.alerts(Alerts::Open, None, 10).await.unwrap();
    open.iter().map(|it| (it.number, it.times)).collect()
}

#[tokio::test]
async fn the_same_thing_again_is_counted() {
    let store = Scene::new().await.store;
    assert_eq!(raise(&store, AlertKind::Counter, BOX, 1).await, Raised::New);
    assert_eq!(raise(&store, AlertKind::Counter, BOX, 2).await, Raised::Again);
    assert_eq!(raise(&store, AlertKind::Places, BOX, 3).await, Raised::New);
    assert_eq!(raise(&store, AlertKind::Counter, "box/02", 4).await, Raised::New);
    let alerts = store.alerts(Alerts::All, None, 10).await.unwrap();
    let first = alerts.last().unwrap();
    assert_eq!((first.times, first.since_ms, first.last_ms), (2, 1, 2));
    assert_eq!(alerts.len(), 3);
}

#[tokio::test]
async fn what_happened_once_is_over_when_it_was_seen_and_is_new_when_it_happens_again() {
    let store = Scene::new().await.store;
    raise(&store, AlertKind::Identity, BOX, 1).await;
    assert!(matches!(ack(&store, 1, 1, "ada").await, Ack::Done(_)));
    assert_eq!(open(&store).await, []);
    assert_eq!(raise(&store, AlertKind::Identity, BOX, 2).await, Raised::New);
    assert_eq!(open(&store).await.len(), 1);
}

#[tokio::test]
async fn what_lasts_is_silent_when_it_was_seen_and_ends_with_its_cause() {
    let store = Scene::new().await.store;
    raise(&store, AlertKind::StockLow, "stock/MTN/500/XAF", 1).await;
    ack(&store, 1, 1, "ada").await;
    let again = raise(&store, AlertKind::StockLow, "stock/MTN/500/XAF", 2).await;
    assert_eq!((again, open(&store).await), (Raised::Again, vec![]));
    assert_eq!(store.alerted(AlertKind::StockLow).await.unwrap().len(), 1);
    let mut tx = store.begin().await.unwrap();
    tx.end_alert(AlertKind::StockLow, "stock/MTN/500/XAF", 3).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.alerted(AlertKind::StockLow).await.unwrap().len(), 0);
    let again = raise(&store, AlertKind::StockLow, "stock/MTN/500/XAF", 4).await;
    assert_eq!((again, open(&store).await.len()), (Raised::New, 1));
}

#[tokio::test]
async fn one_acknowledges_and_the_other_is_told() {
    let store = Scene::new().await.store;
    raise(&store, AlertKind::Places, BOX, 1).await;
    let Ack::Done(done) = ack(&store, 1, 1, "ada").await else { panic!() };
    assert_eq!(ack(&store, 1, 1, "ada").await, Ack::Same(done.clone()));
    assert_eq!(ack(&store, 1, 2, "bob").await, Ack::Before(done.clone()));
    assert_eq!(done.seen, Some((9, "ada".to_owned())));
    assert_eq!(ack(&store, 2, 3, "bob").await, Ack::Unknown);
}

#[tokio::test]
async fn lists_newest_first_page_by_page() {
    let store = Scene::new().await.store;
    for (n, kind) in (1..).zip(AlertKind::ALL) {
        raise(&store, kind, BOX, n).await;
    }
    let page = store.alerts(Alerts::Open, None, 4).await.unwrap();
    assert_eq!(page.iter().map(|it| it.number).collect::<Vec<_>>(), [6, 5, 4, 3]);
    let rest = store.alerts(Alerts::Open, Some(3), 4).await.unwrap();
    assert_eq!(
        rest.iter().map(|it| it.kind).collect::<Vec<_>>(),
        [AlertKind::WrongCodes, AlertKind::StockLow]
    );
}
