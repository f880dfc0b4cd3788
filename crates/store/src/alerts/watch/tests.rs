use crate::scene::Scene;
use crate::till::{NOW_MS, asked, import, product, recharge, redeem, stock, stock_and_sell, today};
use crate::{AlertKind, Alerts, Store, Subject};

const MINUTE_MS: i64 = 60_000;

/// What somebody should look at: kind, subject, figures.
async fn open(store: &Store) -> Vec<(AlertKind, String, String)> {
    let open = store.alerts(Alerts::Open, None, 10).await.unwrap();
    open.into_iter().map(|it| (it.kind, it.subject, it.detail)).collect()
}

async fn watch(store: &Store) -> Vec<(AlertKind, String, String)> {
    store.watch(2, today(), NOW_MS).await.unwrap();
    open(store).await
}

/// So many wrong codes, each from somebody else.
async fn guess(store: &Store, wrong: u8, at_ms: i64) {
    for n in 0..wrong {
        let subject = Subject::Principal(format!("shop-{n}").parse().unwrap());
        store.wrong_code(&subject, at_ms, 1).await.unwrap();
    }
}

#[tokio::test]
async fn low_stock_is_told_until_there_is_more() {
    let scene = Scene::new().await;
    let store = &scene.store;
    assert_eq!(watch(store).await, []);
    stock(store, &import(1), &recharge(1, product("MTN", "500"))).await;
    let figures = r#"{"low":2,"spare":1}"#.to_owned();
    let low = [(AlertKind::StockLow, "stock/MTN/500/XAF".to_owned(), figures)];
    assert_eq!(watch(store).await, low);
    assert_eq!(watch(store).await, low);
    let told = store.alerts(Alerts::Open, None, 1).await.unwrap();
    assert_eq!(told[0].times, 1, "nothing changed, and nothing was counted");
    stock(store, &import(1), &recharge(2, product("MTN", "500"))).await;
    assert_eq!(watch(store).await, []);
    stock(store, &import(1), &recharge(3, product("MTN", "500"))).await;
    stock_and_sell(store, 4).await;
    assert_eq!(watch(store).await, [], "three are free beyond the one that is owed");
}

#[tokio::test]
async fn what_is_owed_is_not_free() {
    let scene = Scene::new().await;
    for n in 1..=2 {
        stock_and_sell(&scene.store, n).await;
    }
    assert_eq!(watch(&scene.store).await[0].2, r#"{"low":2,"spare":0}"#);
}

#[tokio::test]
async fn more_than_one_wrong_code_in_a_hundred_is_told() {
    let scene = Scene::new().await;
    let store = &scene.store;
    guess(store, 19, NOW_MS).await;
    assert_eq!(watch(store).await, [], "so few are typing errors");
    guess(store, 1, NOW_MS).await;
    let figures = r#"{"all":20,"wrong":20}"#.to_owned();
    assert_eq!(watch(store).await, [(AlertKind::WrongCodes, "codes".to_owned(), figures)]);
    let later = NOW_MS + 3 * 60 * MINUTE_MS;
    store.watch(2, today(), later).await.unwrap();
    assert_eq!(open(store).await, []);
}

#[tokio::test]
async fn the_right_codes_are_counted_against_the_wrong_ones() {
    let scene = Scene::new().await;
    let store = &scene.store;
    stock_and_sell(store, 1).await;
    redeem(store, &asked(1, "one")).await;
    guess(store, 20, NOW_MS).await;
    let share = store.wrong_share(NOW_MS).await.unwrap();
    assert_eq!(share.detail.as_deref(), Some(r#"{"all":21,"wrong":20}"#));
}

#[tokio::test]
async fn a_crowd_of_wrong_codes_is_told_once() {
    let scene = Scene::new().await;
    let store = &scene.store;
    guess(store, 200, NOW_MS).await;
    assert_eq!(open(store).await, []);
    for n in 0..3 {
        let subject = Subject::Principal(format!("late-{n}").parse().unwrap());
        store.wrong_code(&subject, NOW_MS, 1).await.unwrap();
    }
    let crowd = (AlertKind::Crowd, "codes".to_owned(), r#"{"limit":200}"#.to_owned());
    assert_eq!(open(store).await, [crowd]);
    assert_eq!(store.alerts(Alerts::Open, None, 1).await.unwrap()[0].times, 1);
}
