use super::*;
use crate::{
    BatchAct, Store,
    scene::Scene,
    till::{
        DAY_MS, NOW_MS, asked, assigned, import, product, recharge, redeem, sale, sell, stock,
        today, try_sell, voucher,
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
        Sold::Vouchers(sold) | Sold::Again(sold) => sold.iter().map(|it| it.serial).collect(),
        other @ Sold::Refused(_) => panic!("{other:?}"),
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
    let Sold::Again(again) = again else { panic!("{again:?}") };
    assert_eq!(first, Sold::Vouchers(again));
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
        assert_eq!(
            try_sell(&scene.store, &other, &[voucher(2)]).await,
            Sold::Refused(Refusal::OtherWish)
        );
    }
    let more = [voucher(2), voucher(3)];
    assert_eq!(
        try_sell(&scene.store, &sale(1, product), &more).await,
        Sold::Refused(Refusal::OtherWish)
    );
}

#[tokio::test]
async fn sells_no_more_than_there_is_to_give() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 2).await;
    let three = [voucher(1), voucher(2), voucher(3)];
    assert_eq!(
        try_sell(&scene.store, &sale(1, product), &three).await,
        Sold::Refused(Refusal::OutOfStock)
    );
    sell(&scene.store, 2, product).await;
    redeem(&scene.store, &asked(2, "b")).await;
    sell(&scene.store, 3, product).await;
    assert_eq!(
        try_sell(&scene.store, &sale(4, product), &[voucher(4)]).await,
        Sold::Refused(Refusal::OutOfStock)
    );
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
    let error =
        tx.sell(&sale(2, product), Goods::Drawn(&[twice]), (today(), DAY_MS)).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { table: "voucher", .. }), "{error:?}");
    drop(tx);
    assert_eq!(sell(&scene.store, 2, product).await.serial, 2);
}

async fn of_stock(store: &Store, sale: &Sale, goods: Goods<'_>) -> Sold {
    let mut tx = store.begin().await.unwrap();
    let sold = tx.sell(sale, goods, (today(), DAY_MS)).await.unwrap();
    if let Sold::Vouchers(_) = sold {
        tx.commit().await.unwrap();
    }
    sold
}

async fn cancel(store: &Store, cancel: &Cancel) -> Result<(), Refusal> {
    let mut tx = store.begin().await.unwrap();
    let done = tx.cancel(cancel).await.unwrap();
    tx.commit().await.unwrap();
    done
}

fn cancels(serial: u64) -> Cancel {
    Cancel { serial, shop: None, principal: None, bridge: "cancel".parse().unwrap(), at_ms: NOW_MS }
}

#[tokio::test]
async fn a_shop_sells_its_stock_in_order_and_no_more() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 9).await;
    let first = assigned(&scene.store, 3, "Akwa").await;
    let sold = of_stock(&scene.store, &sale(1, product), Goods::Next(2)).await;
    assert_eq!(serials(&sold), [first, first + 1]);
    let more = of_stock(&scene.store, &sale(2, product), Goods::Next(2)).await;
    assert_eq!(more, Sold::Refused(Refusal::OutOfStock));
    let last = of_stock(&scene.store, &sale(3, product), Goods::Next(1)).await;
    assert_eq!(serials(&last), [first + 2]);
}

#[tokio::test]
async fn a_card_is_sold_once_by_the_shop_that_has_it() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 9).await;
    let first = assigned(&scene.store, 2, "Akwa").await;
    let other = Sale { shop: Some("Bali".parse().unwrap()), ..sale(1, product) };
    let none = Sold::Refused(Refusal::NotForSale);
    assert_eq!(of_stock(&scene.store, &other, Goods::Card(first)).await, none);
    let sold = of_stock(&scene.store, &sale(2, product), Goods::Card(first)).await;
    assert_eq!(serials(&sold), [first]);
    assert_eq!(of_stock(&scene.store, &sale(3, product), Goods::Card(first)).await, none);
    let again = of_stock(&scene.store, &sale(2, product), Goods::Card(first)).await;
    assert!(matches!(again, Sold::Again(_)));
    let another = of_stock(&scene.store, &sale(2, product), Goods::Card(first + 1)).await;
    assert_eq!(another, Sold::Refused(Refusal::OtherWish));
}

#[tokio::test]
async fn nothing_of_a_frozen_batch_is_sold() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 9).await;
    let first = assigned(&scene.store, 2, "Akwa").await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.change_batch(1, BatchAct::Freeze, today()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let next = of_stock(&scene.store, &sale(1, product), Goods::Next(1)).await;
    assert_eq!(next, Sold::Refused(Refusal::OutOfStock));
    let card = of_stock(&scene.store, &sale(2, product), Goods::Card(first)).await;
    assert_eq!(card, Sold::Refused(Refusal::NotForSale));
}

#[tokio::test]
async fn a_sale_is_cancelled_within_half_an_hour_if_it_is_not_used() {
    let scene = Scene::new().await;
    let product = stocked(&scene, 9).await;
    for n in 1..=3 {
        sell(&scene.store, n, product).await;
    }
    redeem(&scene.store, &asked(1, "b")).await;
    let used = cancel(&scene.store, &cancels(1)).await;
    assert_eq!(used, Err(Refusal::VoucherIs(VoucherState::Redeemed)));
    let late = Cancel { at_ms: NOW_MS + cancel::CANCEL_MS + 1, ..cancels(2) };
    assert_eq!(cancel(&scene.store, &late).await, Err(Refusal::TooLate));
    let theirs = Cancel { shop: Some("Bali".parse().unwrap()), ..cancels(2) };
    assert_eq!(cancel(&scene.store, &theirs).await, Err(Refusal::NoVoucher));
    let last = Cancel { at_ms: NOW_MS + cancel::CANCEL_MS, ..cancels(2) };
    assert_eq!(cancel(&scene.store, &last).await, Ok(()));
    let twice = cancel(&scene.store, &last).await;
    assert_eq!(twice, Err(Refusal::VoucherIs(VoucherState::Void)));
    assert_eq!(redeem(&scene.store, &asked(2, "b")).await, crate::Redeemed::Void);
    assert_eq!(cancel(&scene.store, &cancels(99)).await, Err(Refusal::NoVoucher));
    let day = scene.store.takings((DAY_MS, i64::MAX), None).await.unwrap();
    assert_eq!((day[0].sold, day[0].cancelled), (3, 1));
    assert_eq!(day[0].money().to_string(), "1000");
    assert!(scene.store.totals().await.unwrap().differences.is_empty());
}
