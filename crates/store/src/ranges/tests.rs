use super::*;
use crate::{
    Redeemed, VoucherState,
    scene::Scene,
    till::{asked, assigned, redeem, stock_and_sell},
};

async fn change(scene: &Scene, first: u64, last: u64, act: RangeAct) -> [u64; 2] {
    let mut tx = scene.store.begin().await.unwrap();
    let Changed { changed, left } = tx.change_range(Serials { first, last }, &act).await.unwrap();
    tx.commit().await.unwrap();
    [changed, left]
}

fn shop(name: &str) -> Label {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_frozen_voucher_gives_nothing_until_it_is_thawed() {
    let scene = Scene::new().await;
    for n in 1..=3 {
        stock_and_sell(&scene.store, n).await;
    }
    redeem(&scene.store, &asked(1, "b")).await;
    assert_eq!(change(&scene, 1, 2, RangeAct::Freeze).await, [1, 1]);
    assert_eq!(redeem(&scene.store, &asked(2, "b")).await, Redeemed::Void);
    assert!(matches!(redeem(&scene.store, &asked(3, "b")).await, Redeemed::Given(_)));
    assert_eq!(change(&scene, 1, 3, RangeAct::Thaw).await, [1, 2]);
    assert!(matches!(redeem(&scene.store, &asked(2, "b")).await, Redeemed::Given(_)));
}

#[tokio::test]
async fn what_is_void_stays_so_and_has_no_code() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    assert_eq!(change(&scene, 1, 9, RangeAct::Void).await, [1, 0]);
    assert_eq!(change(&scene, 1, 9, RangeAct::Thaw).await, [0, 1]);
    assert_eq!(redeem(&scene.store, &asked(1, "b")).await, Redeemed::Void);
    let codes = "SELECT COUNT(*) FROM voucher WHERE code IS NOT NULL";
    let codes: i64 = sqlx::query_scalar(codes).fetch_one(scene.store.reads()).await.unwrap();
    assert_eq!(codes, 0);
    assert!(scene.store.totals().await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn stock_goes_from_shop_to_shop_only_as_it_is() {
    let scene = Scene::new().await;
    let first = assigned(&scene.store, 4, "Akwa").await;
    let to_bali = |from| RangeAct::Assign { from, to: Some(shop("Bali")) };
    assert_eq!(change(&scene, first, first + 3, to_bali(None)).await, [0, 4]);
    assert_eq!(change(&scene, first, first + 1, to_bali(Some(shop("Akwa")))).await, [2, 0]);
    let back = RangeAct::Assign { from: Some(shop("Bali")), to: None };
    assert_eq!(change(&scene, first, first + 3, back).await, [2, 2]);
    let voucher = scene.store.voucher(first).await.unwrap().unwrap();
    assert_eq!((voucher.shop, voucher.state), (None, VoucherState::Created));
}
