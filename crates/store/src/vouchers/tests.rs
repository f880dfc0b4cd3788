use super::*;
use crate::{
    scene::Scene,
    till::{NOW_MS, asked, assigned, import, product, recharge, redeem, sell, stock},
};

#[tokio::test]
async fn support_finds_a_voucher_by_its_serial() {
    let scene = Scene::new().await;
    let product = product("MTN", "500");
    stock(&scene.store, &import(1), &recharge(1, product)).await;
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

#[tokio::test]
async fn lists_by_shop_state_and_serials_a_page_at_a_time() {
    let scene = Scene::new().await;
    let first = assigned(&scene.store, 5, "Akwa").await;
    assigned(&scene.store, 2, "Bali").await;
    let list = async |filter: &VoucherFilter, limit| -> Vec<u64> {
        let found = scene.store.vouchers(filter, limit).await.unwrap();
        found.iter().map(|it| it.serial).collect()
    };
    let all = VoucherFilter::default();
    assert_eq!(list(&all, 100).await.len(), 7);
    let akwa = VoucherFilter { shop: Some("Akwa".parse().unwrap()), ..all.clone() };
    assert_eq!(list(&akwa, 2).await, [first, first + 1]);
    let next = VoucherFilter { after: Some(first + 1), ..akwa.clone() };
    assert_eq!(list(&next, 2).await, [first + 2, first + 3]);
    let created = VoucherFilter { state: Some(VoucherState::Created), ..akwa.clone() };
    assert_eq!(list(&created, 100).await.len(), 5);
    let sold = VoucherFilter { state: Some(VoucherState::Sold), ..akwa };
    assert!(list(&sold, 100).await.is_empty());
    let range = VoucherFilter { from: Some(first + 4), to: Some(first + 5), ..all };
    assert_eq!(list(&range, 100).await, [first + 4, first + 5]);
}
