use super::*;
use crate::{
    scene::Scene,
    till::{asked, import, index, product, recharge, redeem, sell, stock, today},
};

#[test]
fn amounts_that_differ_in_zeros_alone_are_one_product() {
    for (amount, canonical) in [("500.00", "500"), ("500", "500"), ("0.50", "0.5"), ("10", "10")] {
        assert_eq!(product("MTN", amount).amount.as_str(), canonical);
    }
}

#[tokio::test]
async fn takes_a_code_once_and_knows_its_own_line_again() {
    let scene = Scene::new().await;
    let new = recharge(1, product("MTN", "500"));
    assert_eq!(scene.store.recharge_known(&import(1), &new).await.unwrap(), None);
    assert_eq!(stock(&scene.store, &import(1), &new).await, Stocked::Taken);
    assert_eq!(stock(&scene.store, &import(1), &new).await, Stocked::Again);
    let other_line = NewRecharge { line: 2, ..new.clone() };
    assert_eq!(stock(&scene.store, &import(1), &other_line).await, Stocked::Duplicate);
    let known = scene.store.recharge_known(&import(2), &new).await.unwrap();
    assert_eq!(known, Some(Stocked::Duplicate));
    assert_eq!(scene.store.stock(today()).await.unwrap().first().map(|it| it.free), Some(1));
}

#[tokio::test]
async fn finds_a_duplicate_that_came_under_an_older_key() {
    let scene = Scene::new().await;
    let old = recharge(1, product("MTN", "500"));
    stock(&scene.store, &import(1), &old).await;
    let new = NewRecharge {
        indexes: vec![index(7, 1), index(2, 1)],
        ..recharge(2, product("MTN", "500"))
    };
    assert_eq!(stock(&scene.store, &import(2), &new).await, Stocked::Duplicate);
}

#[tokio::test]
async fn counts_by_product_what_is_free_given_expired_and_owed() {
    let scene = Scene::new().await;
    let (small, large) = (product("MTN", "500"), product("MTN", "1000"));
    for n in 1..=3 {
        stock(&scene.store, &import(1), &recharge(n, small)).await;
    }
    let yesterday = Some("2026-11-19".parse().unwrap());
    let over = NewRecharge { expires: yesterday, ..recharge(4, large) };
    stock(&scene.store, &import(1), &over).await;
    sell(&scene.store, 1, small).await;
    sell(&scene.store, 2, small).await;
    redeem(&scene.store, &asked(1, "b")).await;
    let levels = scene.store.stock(today()).await.unwrap();
    let level = |product, [free, given, expired, open]: [u64; 4]| Level {
        product,
        free,
        given,
        expired,
        open,
        unsold: 0,
    };
    assert_eq!(levels, [level(large, [0, 0, 1, 0]), level(small, [2, 1, 0, 1])]);
    assert_eq!(scene.store.stock("2026-11-19".parse().unwrap()).await.unwrap()[0].free, 1);
}
