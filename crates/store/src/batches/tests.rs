use super::*;
use crate::{
    Redeemed, Sold,
    scene::Scene,
    till::{
        DAY_MS, NOW_MS, asked, assigned, batch, drawn, import, order, product, recharge, redeem,
        request, sale, sell, stock, today,
    },
};

async fn act(scene: &Scene, id: u64, act: BatchAct) -> Result<BatchState, Refusal> {
    let mut tx = scene.store.begin().await.unwrap();
    let done = tx.change_batch(id, act, today()).await.unwrap();
    tx.commit().await.unwrap();
    done.map(|batch| batch.state)
}

fn print(batch: u64, n: u16) -> Print {
    Print { batch, request: request(n), key: "k".to_owned(), at_ms: NOW_MS }
}

async fn printed(scene: &Scene, print: &Print) -> Result<(usize, bool), Refusal> {
    let mut tx = scene.store.begin().await.unwrap();
    let done = tx.print_batch(print).await.unwrap();
    tx.commit().await.unwrap();
    done.map(|it| (it.vouchers.len(), it.again))
}

#[tokio::test]
async fn an_order_that_was_cut_goes_on_where_it_was() {
    let scene = Scene::new().await;
    let mut tx = scene.store.begin().await.unwrap();
    let id = tx.order_batch(&order(1, 5)).await.unwrap().unwrap().id();
    tx.commit().await.unwrap();
    assert_eq!(act(&scene, id, BatchAct::Activate).await, Err(Refusal::Unfinished));
    let other = batch(&scene.store, 2).await;
    let codes = drawn(id, 9);
    for (drawn, made) in [(&codes[..3], 3), (&codes[3..], 5), (&codes[8..], 5)] {
        let mut tx = scene.store.begin().await.unwrap();
        assert_eq!(tx.order_batch(&order(1, 5)).await.unwrap(), Ok(Ordered::Before(id)));
        assert_eq!(tx.fill_batch(id, drawn).await.unwrap().unwrap().made, made);
        tx.commit().await.unwrap();
    }
    let listed = scene.store.batches(&BatchFilter::default(), 10).await.unwrap();
    let serials: Vec<_> = listed.iter().map(|it| (it.id, it.first, it.last())).collect();
    assert_eq!(serials, [(0, None, None), (id, Some(1), Some(5)), (other.0, Some(6), Some(7))]);
    assert_eq!(listed[1].counts, [("created".to_owned(), 5)]);
    let mut tx = scene.store.begin().await.unwrap();
    let changed = NewBatch { wish: Wish { digest: [7; 32], ..order(1, 5).wish }, ..order(1, 5) };
    assert_eq!(tx.order_batch(&changed).await.unwrap(), Err(Refusal::OtherWish));
}

#[tokio::test]
async fn a_batch_goes_through_its_states_and_tells_who_comes_second() {
    let scene = Scene::new().await;
    let (id, _) = batch(&scene.store, 3).await;
    let is = |state| Err(Refusal::BatchIs(state));
    for (what, state) in [
        (BatchAct::Thaw, is(BatchState::Created)),
        (BatchAct::Freeze, Ok(BatchState::Frozen)),
        (BatchAct::Freeze, is(BatchState::Frozen)),
        (BatchAct::Activate, is(BatchState::Frozen)),
        (BatchAct::Thaw, Ok(BatchState::Created)),
        (BatchAct::Activate, Ok(BatchState::Active)),
        (BatchAct::Activate, is(BatchState::Active)),
        (BatchAct::Freeze, Ok(BatchState::Frozen)),
        (BatchAct::Thaw, Ok(BatchState::Active)),
        (BatchAct::Close, Ok(BatchState::Closed)),
        (BatchAct::Freeze, is(BatchState::Closed)),
        (BatchAct::Close, is(BatchState::Closed)),
    ] {
        assert_eq!(act(&scene, id, what).await, state, "{what:?}");
    }
    assert_eq!(act(&scene, 99, BatchAct::Freeze).await, Err(Refusal::NoBatch));
    assert_eq!(act(&scene, 0, BatchAct::Close).await, is(BatchState::Active));
}

#[tokio::test]
async fn both_the_batch_and_the_voucher_must_allow_a_redemption() {
    let scene = Scene::new().await;
    let product = product("MTN", "500");
    for n in 1..=9 {
        stock(&scene.store, &import(1), &recharge(n, product)).await;
    }
    let first = assigned(&scene.store, 3, "Akwa").await;
    let code = |n: u16| asked(1000 + n, "b");
    assert_eq!(redeem(&scene.store, &code(0)).await, Redeemed::Unknown);
    let mut tx = scene.store.begin().await.unwrap();
    let sold = tx.sell(&sale(1, product), crate::Goods::Next(2), (today(), DAY_MS)).await.unwrap();
    assert!(matches!(sold, Sold::Vouchers(_)));
    tx.commit().await.unwrap();
    act(&scene, 1, BatchAct::Freeze).await.unwrap();
    assert_eq!(redeem(&scene.store, &code(0)).await, Redeemed::Void);
    act(&scene, 1, BatchAct::Thaw).await.unwrap();
    assert!(matches!(redeem(&scene.store, &code(0)).await, Redeemed::Given(_)));
    assert_eq!(redeem(&scene.store, &code(2)).await, Redeemed::Unknown);
    let owed = act(&scene, 1, BatchAct::Close).await;
    assert_eq!(owed, Err(Refusal::Owed(1)), "serial {}", first + 1);
    sell(&scene.store, 3, product).await;
    act(&scene, 0, BatchAct::Freeze).await.unwrap();
    assert_eq!(redeem(&scene.store, &asked(3, "b")).await, Redeemed::Void);
    // What was given stays given, whatever becomes of its batch.
    assert!(matches!(redeem(&scene.store, &code(0)).await, Redeemed::Given(_)));
}

#[tokio::test]
async fn a_batch_is_printed_once_and_for_one_key() {
    let scene = Scene::new().await;
    let (id, _) = batch(&scene.store, 3).await;
    assert_eq!(printed(&scene, &print(id, 1)).await, Ok((3, false)));
    assert_eq!(printed(&scene, &print(id, 1)).await, Ok((3, true)));
    assert_eq!(printed(&scene, &print(id, 2)).await, Err(Refusal::Printed));
    let other_key = Print { key: "other".to_owned(), ..print(id, 1) };
    assert_eq!(printed(&scene, &other_key).await, Err(Refusal::Printed));
    act(&scene, id, BatchAct::Activate).await.unwrap();
    let gone = Err(Refusal::BatchIs(BatchState::Active));
    assert_eq!(printed(&scene, &print(id, 1)).await, gone);
}

#[tokio::test]
async fn a_closed_batch_keeps_no_code() {
    let scene = Scene::new().await;
    let (id, _) = batch(&scene.store, 900).await;
    act(&scene, id, BatchAct::Close).await.unwrap();
    let mut left = true;
    while left {
        let mut tx = scene.store.begin().await.unwrap();
        left = tx.scrub_closed().await.unwrap();
        tx.commit().await.unwrap();
    }
    let codes = "SELECT COUNT(*) FROM voucher WHERE code IS NOT NULL";
    let codes: i64 = sqlx::query_scalar(codes).fetch_one(scene.store.reads()).await.unwrap();
    assert_eq!(codes, 0);
    let listed = scene.store.batches(&BatchFilter::default(), 10).await.unwrap();
    assert_eq!(listed[1].counts, [("void/created".to_owned(), 900)]);
    assert!(scene.store.totals().await.unwrap().differences.is_empty());
}
