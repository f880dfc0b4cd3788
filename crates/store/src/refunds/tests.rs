use super::*;
use crate::Redeemed;
use crate::scene::Scene;
use crate::till::{
    DAY_MS, NOW_MS, asked, import, product, recharge, redeem, request, stock, stock_and_sell,
    today, voucher,
};

fn new(kind: RefundKind, serial: u64, n: u16) -> NewRefund {
    let who = "ada".to_owned();
    NewRefund { kind, serial, request: request(n), why: vec![1], who, at_ms: NOW_MS }
}

fn decision(n: u16, who: &str) -> Decision {
    Decision {
        request: request(n),
        who: who.to_owned(),
        principal: None,
        bridge: "refund-1".parse().unwrap(),
        at_ms: NOW_MS,
    }
}

async fn ask(store: &Store, new: &NewRefund) -> Result<Refund, RefundRefusal> {
    let mut tx = store.begin().await.unwrap();
    let asked = tx.ask_refund(new).await.unwrap();
    tx.commit().await.unwrap();
    asked
}

/// Gives what was asked for; `n` names the new voucher.
async fn give(store: &Store, refund: &Refund, n: u16) -> Result<Refund, RefundRefusal> {
    let mut tx = store.begin().await.unwrap();
    let (decision, drawn) = (decision(900 + n, "bob"), voucher(n));
    let given = tx.give_refund(refund, &decision, &drawn, (today(), DAY_MS)).await.unwrap();
    if given.is_ok() {
        tx.commit().await.unwrap();
    }
    given
}

async fn state(store: &Store, serial: u64) -> VoucherState {
    store.voucher(serial).await.unwrap().unwrap().state
}

/// What was taken less what went back, in vouchers.
async fn taken(store: &Store) -> i64 {
    let sum = "SELECT COALESCE(SUM(CASE WHEN kind = 'sale' THEN 1 ELSE -1 END), 0) FROM takings";
    sqlx::query_scalar(sum).fetch_one(store.reads()).await.unwrap()
}

#[tokio::test]
async fn a_voucher_that_was_not_used_is_replaced_and_gives_nothing_any_more() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let refund = ask(&scene.store, &new(RefundKind::Replace, 1, 50)).await.unwrap();
    assert_eq!((refund.state, refund.voucher_state), (RefundState::Asked, VoucherState::Sold));
    let given = give(&scene.store, &refund, 2).await.unwrap();
    let replacement = given.replacement.clone().unwrap();
    assert_eq!((given.state, replacement.serial), (RefundState::Done, 2));
    assert_eq!(replacement.code, Some(vec![9, 9]));
    assert_eq!(state(&scene.store, 1).await, VoucherState::Void);
    assert_eq!(redeem(&scene.store, &asked(1, "old")).await, Redeemed::Void);
    assert!(matches!(redeem(&scene.store, &asked(2, "new")).await, Redeemed::Given(_)));
    assert_eq!(taken(&scene.store).await, 1, "one voucher is paid for");
}

#[tokio::test]
async fn a_voucher_whose_recharge_was_refused_is_replaced_and_stays_redeemed() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    redeem(&scene.store, &asked(1, "first")).await;
    stock(&scene.store, &import(1), &recharge(2, product("MTN", "500"))).await;
    let refund = ask(&scene.store, &new(RefundKind::Replace, 1, 50)).await.unwrap();
    give(&scene.store, &refund, 2).await.unwrap();
    assert_eq!(state(&scene.store, 1).await, VoucherState::Redeemed);
    assert!(matches!(redeem(&scene.store, &asked(2, "new")).await, Redeemed::Given(_)));
}

#[tokio::test]
async fn money_that_goes_back_leaves_no_voucher() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let refund = ask(&scene.store, &new(RefundKind::Refund, 1, 50)).await.unwrap();
    let given = give(&scene.store, &refund, 2).await.unwrap();
    assert_eq!((given.replacement, taken(&scene.store).await), (None, 0));
    assert_eq!(state(&scene.store, 1).await, VoucherState::Void);
    assert_eq!(scene.store.voucher(2).await.unwrap(), None);
}

#[tokio::test]
async fn a_voucher_is_replaced_once_and_the_new_one_not_at_all() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let refund = ask(&scene.store, &new(RefundKind::Replace, 1, 50)).await.unwrap();
    let twice = ask(&scene.store, &new(RefundKind::Refund, 1, 51)).await;
    assert_eq!(twice, Err(RefundRefusal::Before(1)));
    give(&scene.store, &refund, 2).await.unwrap();
    assert_eq!(
        give(&scene.store, &refund, 3).await,
        Err(RefundRefusal::VoucherIs(VoucherState::Void))
    );
    let twice = ask(&scene.store, &new(RefundKind::Replace, 1, 52)).await;
    assert_eq!(twice, Err(RefundRefusal::Before(1)));
    let again = ask(&scene.store, &new(RefundKind::Replace, 2, 53)).await;
    assert_eq!(again, Err(RefundRefusal::IsReplacement));
}

#[tokio::test]
async fn who_uses_the_code_while_others_decide_gets_no_second_one() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    stock(&scene.store, &import(1), &recharge(2, product("MTN", "500"))).await;
    let refund = ask(&scene.store, &new(RefundKind::Replace, 1, 50)).await.unwrap();
    redeem(&scene.store, &asked(1, "meanwhile")).await;
    assert_eq!(give(&scene.store, &refund, 2).await, Err(RefundRefusal::Meanwhile));
    assert_eq!(taken(&scene.store).await, 1);
}

#[tokio::test]
async fn what_was_declined_may_be_asked_for_again() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let refund = ask(&scene.store, &new(RefundKind::Refund, 1, 50)).await.unwrap();
    let mut tx = scene.store.begin().await.unwrap();
    let declined = tx.decline_refund(&refund, &decision(901, "bob")).await.unwrap().unwrap();
    let twice = tx.decline_refund(&refund, &decision(902, "eve")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(declined.decided, Some((NOW_MS, "bob".to_owned())));
    assert_eq!(twice, Err(RefundRefusal::Decided(RefundState::Declined)));
    assert_eq!(ask(&scene.store, &new(RefundKind::Refund, 1, 51)).await.unwrap().number, 2);
}

#[tokio::test]
async fn nothing_is_given_for_what_nobody_paid_or_was_credited() {
    let scene = Scene::new().await;
    let store = &scene.store;
    let none = ask(store, &new(RefundKind::Refund, 7, 50)).await;
    assert_eq!(none, Err(RefundRefusal::NoVoucher));
    stock_and_sell(store, 1).await;
    redeem(store, &asked(1, "first")).await;
    let mut tx = store.begin().await.unwrap();
    let credited = "UPDATE redemption SET credit = 'CREDITED', credit_ms = 1";
    sqlx::query(credited).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let refused = ask(store, &new(RefundKind::Refund, 1, 51)).await;
    assert_eq!(refused, Err(RefundRefusal::Credited));
}

#[tokio::test]
async fn is_found_by_its_request_and_listed_newest_first() {
    let scene = Scene::new().await;
    for n in 1..=3 {
        stock_and_sell(&scene.store, n).await;
        ask(&scene.store, &new(RefundKind::Refund, u64::from(n), 50 + n)).await.unwrap();
    }
    let mut tx = scene.store.begin().await.unwrap();
    let found = tx.refund_by_request(request(52)).await.unwrap().unwrap();
    assert_eq!((found.number, found.serial), (2, 2));
    assert_eq!(tx.refund_by_request(request(99)).await.unwrap(), None);
    drop(tx);
    let refunds = |state, before| scene.store.refunds(state, before, 2);
    let numbers = |list: Vec<Refund>| list.iter().map(|it| it.number).collect::<Vec<_>>();
    assert_eq!(numbers(refunds(None, None).await.unwrap()), [3, 2]);
    assert_eq!(numbers(refunds(Some(RefundState::Asked), Some(2)).await.unwrap()), [1]);
    assert_eq!(numbers(refunds(Some(RefundState::Done), None).await.unwrap()), [0; 0]);
}
