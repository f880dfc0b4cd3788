use super::*;
use crate::{
    scene::Scene,
    till::{asked, assigned, import, product, recharge, redeem, sell, stock},
};

const ALL: Serials = Serials { first: 1, last: 1_000 };

/// Two redeemed, one sold, three in stock, one recharge code free.
async fn world() -> Scene {
    let scene = Scene::new().await;
    let product = product("MTN", "500");
    for n in 1..=4 {
        stock(&scene.store, &import(1), &recharge(n, product)).await;
    }
    for n in 1..=3 {
        sell(&scene.store, n, product).await;
    }
    redeem(&scene.store, &asked(1, "b")).await;
    redeem(&scene.store, &asked(2, "b")).await;
    assigned(&scene.store, 3, "Akwa").await;
    scene
}

async fn differences(scene: &Scene) -> Vec<String> {
    let mut found = scene.store.mismatches(ALL, 100).await.unwrap();
    found.extend(scene.store.totals().await.unwrap().differences);
    found.into_iter().map(|it| format!("{}: {}", it.subject, it.what)).collect()
}

#[tokio::test]
async fn what_was_done_right_balances() {
    let scene = world().await;
    assert_eq!(differences(&scene).await, [""; 0]);
    let totals = scene.store.totals().await.unwrap().totals;
    let total = &totals[0];
    let counts = [
        total.generated,
        total.stock,
        total.sold,
        total.redeemed,
        total.frozen,
        total.void,
        total.given,
        total.sales,
    ];
    assert_eq!(counts, [6, 3, 1, 2, 0, 0, 2, 3]);
    assert_eq!(total.money.to_string(), "1500");
    assert_eq!(scene.store.last_serial().await.unwrap(), 6);
}

#[tokio::test]
async fn each_difference_is_named() {
    for (wrong, first) in [
        (
            "UPDATE voucher SET state = 'sold', redeemed_ms = NULL WHERE serial = 1",
            "voucher/1: in the ledger, and not redeemed",
        ),
        (
            "UPDATE voucher SET state = 'redeemed', redeemed_ms = 1, code = NULL WHERE serial = 3",
            "voucher/3: redeemed, and not in the ledger",
        ),
        (
            "UPDATE voucher SET amount = '5' WHERE serial = 3",
            "voucher/3: the money that is booked is not its price",
        ),
        (
            "UPDATE voucher SET amount = '5' WHERE serial = 1",
            "voucher/1: the recharge code that was given is worth something else",
        ),
        (
            "UPDATE voucher SET sale = (SELECT request FROM sale LIMIT 1), state = 'sold' \
             WHERE serial = 4",
            "voucher/4: sold, and no money is booked",
        ),
        (
            "UPDATE voucher SET sale = NULL WHERE serial = 3",
            "voucher/3: money is booked, and it is not sold",
        ),
        (
            "UPDATE voucher SET state = 'void', was = 'cancelled' WHERE serial = 3",
            "voucher/3: cancelled, and no money went back",
        ),
        ("DELETE FROM voucher WHERE serial = 5", "batch/1: 3 were drawn, and 2 are there"),
        ("UPDATE voucher_serial SET next = 9", "serials: 8 were given, and 6 are used"),
        (
            "UPDATE voucher_tally SET n = n + 1 WHERE state = 'created'",
            "count/voucher batch 1 created shop \"Akwa\" MTN 500 XAF until 9999-12-31: \
             the running count is off by 1",
        ),
        (
            "UPDATE recharge SET state = 'free', voucher = NULL, given_ms = NULL \
             WHERE voucher = (SELECT id FROM voucher WHERE serial = 1)",
            "voucher/1: redeemed, and no recharge code was given",
        ),
    ] {
        let scene = world().await;
        let mut tx = scene.store.begin().await.unwrap();
        sqlx::query(wrong).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        let found = differences(&scene).await;
        assert!(found.iter().any(|it| it == first), "{wrong}\n{found:#?}");
    }
}
