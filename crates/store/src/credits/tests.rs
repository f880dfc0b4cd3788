use super::*;
use crate::{
    Asked, Redeemed, Store,
    scene::Scene,
    till::{NOW_MS, asked, index, redeem, request, stock_and_sell},
};

fn said(outcome: CreditOutcome, text: &str) -> Said {
    Said {
        codes: vec![index(1, 1)],
        request: None,
        device: None,
        principal: None,
        outcome,
        text: Some(text.parse().unwrap()),
        bridge: "c".parse().unwrap(),
        at_ms: NOW_MS,
    }
}

async fn credit(store: &Store, said: &Said) -> Heard {
    let mut tx = store.begin().await.unwrap();
    let heard = tx.credit(said).await.unwrap();
    tx.commit().await.unwrap();
    heard
}

async fn redeemed(asked: &Asked) -> Scene {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    stock_and_sell(&scene.store, 2).await;
    assert!(matches!(redeem(&scene.store, asked).await, Redeemed::Given(_)));
    scene
}

async fn standing(store: &Store) -> (Option<String>, Option<String>) {
    let sql = "SELECT credit, credit_text FROM redemption";
    sqlx::query_as(sql).fetch_one(store.reads()).await.unwrap()
}

#[tokio::test]
async fn the_first_definite_outcome_stands_and_all_are_noted() {
    let scene = redeemed(&asked(1, "b")).await;
    let all = [
        said(CreditOutcome::NotTried, "no modem"),
        said(CreditOutcome::Unknown, "?"),
        said(CreditOutcome::Refused, "used"),
        said(CreditOutcome::Credited, "done"),
        said(CreditOutcome::Unknown, "??"),
    ];
    for (n, said) in all.into_iter().enumerate() {
        let said = Said { bridge: format!("c{n}").parse().unwrap(), ..said };
        for _second_try_of_pppx in 0..2 {
            assert_eq!(credit(&scene.store, &said).await, Heard::Kept);
        }
    }
    assert_eq!(standing(&scene.store).await, (Some("REFUSED".into()), Some("used".into())));
    let sql = "SELECT COUNT(*) FROM credit";
    let notes: i64 = sqlx::query_scalar(sql).fetch_one(scene.store.reads()).await.unwrap();
    assert_eq!(notes, 5);
    assert_eq!(scene.store.voucher(1).await.unwrap().unwrap().credit.as_deref(), Some("REFUSED"));
}

#[tokio::test]
async fn nobody_fills_the_disk_with_notes() {
    let scene = redeemed(&asked(1, "b")).await;
    for n in 0..30 {
        let bridge = format!("n{n}").parse().unwrap();
        let said = Said { bridge, ..said(CreditOutcome::Unknown, "?") };
        credit(&scene.store, &said).await;
    }
    credit(&scene.store, &said(CreditOutcome::Credited, "done")).await;
    let sql = "SELECT COUNT(*) FROM credit";
    let notes: i64 = sqlx::query_scalar(sql).fetch_one(scene.store.reads()).await.unwrap();
    assert_eq!(notes, NOTES);
    assert_eq!(standing(&scene.store).await.0.as_deref(), Some("CREDITED"));
}

#[tokio::test]
async fn what_was_not_redeemed_is_unknown() {
    let scene = redeemed(&asked(1, "b")).await;
    for n in [2, 9] {
        let other = Said { codes: vec![index(1, n)], ..said(CreditOutcome::Credited, "ok") };
        assert_eq!(credit(&scene.store, &other).await, Heard::Unknown);
    }
    let nothing = Said { codes: vec![], ..said(CreditOutcome::Credited, "ok") };
    assert_eq!(credit(&scene.store, &nothing).await, Heard::Unknown);
}

#[tokio::test]
async fn the_request_names_the_topup_too_and_must_fit_the_code() {
    let scene = redeemed(&Asked { request: Some(request(7)), ..asked(1, "b") }).await;
    let by_request = |n: Option<u16>| Said {
        codes: n.map(|n| index(1, n)).into_iter().collect(),
        request: Some(request(7)),
        ..said(CreditOutcome::Credited, "ok")
    };
    assert_eq!(credit(&scene.store, &by_request(None)).await, Heard::Kept);
    assert_eq!(credit(&scene.store, &by_request(Some(1))).await, Heard::Kept);
    assert_eq!(credit(&scene.store, &by_request(Some(2))).await, Heard::OtherCode);
    assert_eq!(credit(&scene.store, &by_request(Some(9))).await, Heard::OtherCode);
}

#[tokio::test]
async fn what_the_topup_had_the_credit_needs() {
    let device = Some(DeviceId::from_bytes([1; 16]));
    let principal = Some("shop-1".parse().unwrap());
    let scene = redeemed(&Asked { device, principal, ..asked(1, "b") }).await;
    let from =
        |device, principal| Said { device, principal, ..said(CreditOutcome::Credited, "ok") };
    let other_box = Some(DeviceId::from_bytes([2; 16]));
    let other_shop = Some("shop-2".parse().unwrap());
    for strange in [
        from(None, None),
        from(device, None),
        from(None, principal),
        from(other_box, principal),
        from(device, other_shop),
    ] {
        assert_eq!(credit(&scene.store, &strange).await, Heard::OtherSender);
    }
    assert_eq!(credit(&scene.store, &from(device, principal)).await, Heard::Kept);
}
