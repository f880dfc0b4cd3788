use super::*;
use crate::{
    scene::Scene,
    till::{
        NOW_MS, asked, import, product, recharge, redeem, sale, sell, stock, today, try_sell,
        voucher,
    },
};

async fn stocked(scene: &Scene, n: u16) -> Product {
    let product = product("MTN", "500");
    for n in 1..=n {
        stock(&scene.store, &import(1), &recharge(n, product)).await;
    }
    product
}

fn serials(sold: &Sold) -> Vec<u64> {
    match sold {
        Sold::Vouchers(sold) => sold.iter().map(|it| it.serial).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn serials_are_unique_and_increase() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 5).await;
    let two = try_sell(&scene.store, &sale(1, product), &[voucher(1), voucher(2)]).await;
    let three = [voucher(3), voucher(4), voucher(5)];
    let three = try_sell(&scene.twin().await, &sale(2, product), &three).await;
    assert_eq!((serials(&two), serials(&three)), (vec![1, 2], vec![3, 4, 5]));
}

#[tokio::test]
async fn the_same_request_gets_the_same_vouchers() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 4).await;
    let first = try_sell(&scene.store, &sale(1, product), &[voucher(1), voucher(2)]).await;
    let again = try_sell(&scene.store, &sale(1, product), &[voucher(3), voucher(4)]).await;
    assert_eq!(first, again);
    assert_eq!(scene.store.stock(today()).await.unwrap()[0].open, 2);
}

#[tokio::test]
async fn the_same_request_for_something_else_is_told() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 4).await;
    sell(&scene.store, 1, product).await;
    let others = [
        Sale { product: crate::till::product("MTN", "1000"), ..sale(1, product) },
        Sale { expires: Some(today()), ..sale(1, product) },
        Sale { shop: None, ..sale(1, product) },
        Sale { principal: Some("shop-2".parse().unwrap()), ..sale(1, product) },
    ];
    for other in others {
        assert_eq!(try_sell(&scene.store, &other, &[voucher(2)]).await, Sold::OtherSale);
    }
    let more = [voucher(2), voucher(3)];
    assert_eq!(try_sell(&scene.store, &sale(1, product), &more).await, Sold::OtherSale);
}

#[tokio::test]
async fn sells_no_more_than_there_is_to_give() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 2).await;
    let three = [voucher(1), voucher(2), voucher(3)];
    assert_eq!(try_sell(&scene.store, &sale(1, product), &three).await, Sold::OutOfStock);
    sell(&scene.store, 2, product).await;
    redeem(&scene.store, &asked(2, "b")).await;
    sell(&scene.store, 3, product).await;
    assert_eq!(try_sell(&scene.store, &sale(4, product), &[voucher(4)]).await, Sold::OutOfStock);
}

#[tokio::test]
async fn a_voucher_that_ended_owes_nothing() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 1).await;
    let ended = Sale { expires: Some("2026-11-19".parse().unwrap()), ..sale(1, product) };
    assert!(matches!(try_sell(&scene.store, &ended, &[voucher(1)]).await, Sold::Vouchers(_)));
    sell(&scene.store, 2, product).await;
}

#[tokio::test]
async fn a_code_that_was_drawn_before_is_refused_whole() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 2).await;
    sell(&scene.store, 1, product).await;
    let mut tx = scene.store.begin().await.unwrap();
    let twice = NewVoucher { id: [7; 16], ..voucher(1) };
    let error = tx.sell(&sale(2, product), &[twice], today()).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { table: "voucher", .. }), "{error:?}");
    drop(tx);
    assert_eq!(sell(&scene.store, 2, product).await.serial, 2);
}

#[tokio::test]
async fn support_finds_a_voucher_by_its_serial() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 1).await;
    sell(&scene.store, 1, product).await;
    let sold = scene.store.voucher(1).await.unwrap().unwrap();
    assert_eq!((sold.state, sold.product), (VoucherState::Sold, product));
    assert_eq!((sold.shop.as_deref(), sold.sold_ms), (Some("Akwa"), Some(NOW_MS)));
    redeem(&scene.store, &asked(1, "b")).await;
    let redeemed = scene.store.voucher(1).await.unwrap().unwrap();
    assert_eq!(redeemed.state, VoucherState::Redeemed);
    assert_eq!(redeemed.redeemed_ms, Some(NOW_MS));
    assert_eq!(scene.store.voucher(2).await.unwrap(), None);
    assert_eq!(scene.store.voucher(u64::MAX).await.unwrap(), None);
}
