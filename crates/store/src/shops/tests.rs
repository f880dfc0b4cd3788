use super::*;
use crate::{
    Goods, Refusal, Sale, Sold,
    scene::Scene,
    till::{DAY_MS, NOW_MS, assigned, import, product, recharge, sale, stock, today},
};

const DAY_LONG_MS: i64 = 24 * 60 * 60 * 1000;

async fn sell_at(store: &Store, n: u16, count: u32, at_ms: i64) -> Sold {
    let sale = Sale { at_ms, ..sale(n, product("MTN", "500")) };
    let day_ms = DAY_MS + (at_ms - DAY_MS) / DAY_LONG_MS * DAY_LONG_MS;
    let mut tx = store.begin().await.unwrap();
    let sold = tx.sell(&sale, Goods::Next(count), (today(), day_ms)).await.unwrap();
    if let Sold::Vouchers(_) = sold {
        tx.commit().await.unwrap();
    }
    sold
}

#[tokio::test]
async fn a_shop_sells_no_more_a_day_than_its_limit() {
    let scene = Scene::new().await;
    for n in 1..=9 {
        stock(&scene.store, &import(1), &recharge(n, product("MTN", "500"))).await;
    }
    assigned(&scene.store, 9, "Akwa").await;
    let akwa: Label = "Akwa".parse().unwrap();
    let currency: Currency = "XAF".parse().unwrap();
    let mut tx = scene.store.begin().await.unwrap();
    tx.set_day_limit(&akwa, ("1500".parse().unwrap(), currency), NOW_MS).await.unwrap();
    assert!(tx.keeps_stock(&akwa).await.unwrap());
    tx.commit().await.unwrap();
    let limit = scene.store.day_limit(&akwa, currency).await.unwrap();
    assert_eq!(limit.unwrap().as_str(), "1500");
    assert!(matches!(sell_at(&scene.store, 1, 3, NOW_MS).await, Sold::Vouchers(_)));
    let over = sell_at(&scene.store, 2, 1, NOW_MS).await;
    assert_eq!(over, Sold::Refused(Refusal::OverLimit));
    let tomorrow = sell_at(&scene.store, 3, 3, NOW_MS + DAY_LONG_MS).await;
    assert!(matches!(tomorrow, Sold::Vouchers(_)));
    let today = scene.store.takings((DAY_MS, DAY_MS + DAY_LONG_MS), Some(&akwa)).await.unwrap();
    assert_eq!((today.len(), today[0].sold, today[0].money().to_string()), (1, 3, "1500".into()));
    let nobody: Label = "Bali".parse().unwrap();
    assert!(scene.store.takings((0, i64::MAX), Some(&nobody)).await.unwrap().is_empty());
    let shelf = scene.store.shelf(&akwa).await.unwrap();
    let shelf: Vec<_> = shelf.iter().map(|it| (it.state.as_str(), it.n)).collect();
    assert_eq!(shelf, [("created", 3), ("sold", 6)]);
}
