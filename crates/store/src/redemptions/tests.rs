use std::collections::BTreeSet;

use tokio::task::JoinSet;

use super::*;
use crate::{
    NewRecharge, Sale, Sold,
    scene::Scene,
    till::{
        NOW_MS, asked, given, import, index, product, recharge, redeem, request, sale, sell, stock,
        stock_and_sell, today, try_sell, voucher,
    },
};

async fn count(store: &Store, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(store.reads()).await.unwrap()
}

fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 16])
}

#[tokio::test]
async fn gives_all_that_the_answer_needs() {
    let scene = Scene::new().await;
    let product = product("MTN", "500");
    let expires = Some("2027-01-31".parse().unwrap());
    stock(&scene.store, &import(1), &NewRecharge { expires, ..recharge(1, product) }).await;
    sell(&scene.store, 1, product).await;
    let ussd = Some("*126*{code}#".to_owned());
    let given =
        Given { recharge: recharge(1, product).id, code: vec![0, 1], product, expires, ussd };
    assert_eq!(redeem(&scene.store, &asked(1, "b")).await, Redeemed::Given(given));
    let kept = "SELECT COUNT(*) FROM voucher WHERE state = 'redeemed' AND code IS NULL";
    assert_eq!(count(&scene.store, kept).await, 1);
    assert_eq!(count(&scene.store, "SELECT COUNT(*) FROM ledger WHERE bridge = 'b'").await, 1);
}

#[tokio::test]
async fn the_answer_of_the_first_day_stays_when_the_template_changes() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let first = redeem(&scene.store, &asked(1, "b")).await;
    let mut tx = scene.store.begin().await.unwrap();
    let again = tx.redeem(&asked(1, "b"), &BTreeMap::new()).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn nothing_is_given_before_the_commit() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let mut tx = scene.store.begin().await.unwrap();
    given(&tx.redeem(&asked(1, "b"), &BTreeMap::new()).await.unwrap());
    drop(tx);
    assert_eq!(count(&scene.store, "SELECT COUNT(*) FROM ledger").await, 0);
    let other = Asked { request: Some(request(9)), ..asked(1, "c") };
    given(&redeem(&scene.store, &other).await);
}

#[tokio::test]
async fn the_code_that_ends_first_is_given_first_and_an_ended_one_never() {
    let scene = Scene::new().await;
    let product = product("MTN", "500");
    let ends = ["2027-03-01", "2027-01-01", "2026-11-19", "2026-11-20"];
    for (n, end) in (1..).zip(ends) {
        let expires = Some(end.parse().unwrap());
        stock(&scene.store, &import(1), &NewRecharge { expires, ..recharge(n, product) }).await;
    }
    for (n, expected) in [(1, 4), (2, 2), (3, 1)] {
        sell(&scene.store, n, product).await;
        assert_eq!(given(&redeem(&scene.store, &asked(n, "b")).await), [0, expected]);
    }
}

#[tokio::test]
async fn a_sale_without_stock_stays_open_and_is_honoured() {
    let scene = Scene::new().await;
    let product = product("MTN", "500");
    let last_day = Some(today());
    stock(&scene.store, &import(1), &NewRecharge { expires: last_day, ..recharge(1, product) })
        .await;
    sell(&scene.store, 1, product).await;
    let tomorrow = Asked { today: "2026-11-21".parse().unwrap(), ..asked(1, "b") };
    assert_eq!(redeem(&scene.store, &tomorrow).await, Redeemed::OutOfStock);
    assert_eq!(count(&scene.store, "SELECT COUNT(*) FROM redemption").await, 0);
    stock(&scene.store, &import(2), &recharge(2, product)).await;
    assert_eq!(given(&redeem(&scene.store, &tomorrow).await), [0, 2]);
}

#[tokio::test]
async fn each_refusal_has_its_name() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    stock_and_sell(&scene.store, 2).await;
    assert_eq!(redeem(&scene.store, &asked(9, "b")).await, Redeemed::Unknown);
    given(&redeem(&scene.store, &asked(1, "b")).await);
    assert_eq!(redeem(&scene.store, &asked(1, "c")).await, Redeemed::Used);
    for state in ["void", "frozen"] {
        let mut tx = scene.store.begin().await.unwrap();
        let done =
            sqlx::query("UPDATE voucher SET state = $1, was = 'sold' WHERE serial = 2").bind(state);
        done.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(redeem(&scene.store, &asked(2, "d")).await, Redeemed::Void);
    }
    stock(&scene.store, &import(1), &recharge(3, product("MTN", "500"))).await;
    let ends = Sale { expires: Some(today()), ..sale(3, product("MTN", "500")) };
    assert!(matches!(try_sell(&scene.store, &ends, &[voucher(3)]).await, Sold::Vouchers(_)));
    let late = Asked { today: "2026-11-21".parse().unwrap(), ..asked(3, "e") };
    assert_eq!(redeem(&scene.store, &late).await, Redeemed::Expired);
}

#[tokio::test]
async fn a_known_request_with_another_code_is_told_nothing() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    stock_and_sell(&scene.store, 2).await;
    let mine = Asked { request: Some(request(7)), ..asked(1, "a") };
    given(&redeem(&scene.store, &mine).await);
    for n in [2, 9] {
        let other = Asked { codes: vec![index(1, n)], ..mine.clone() };
        assert_eq!(redeem(&scene.store, &other).await, Redeemed::OtherCode);
        assert!(scene.store.knows_code(&other.codes, other.request).await.unwrap());
    }
    assert!(!scene.store.knows_code(&[index(1, 9)], Some(request(8))).await.unwrap());
    given(&redeem(&scene.store, &asked(2, "b")).await);
}

#[tokio::test]
async fn a_refused_request_is_free_for_another_code() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let mine = Asked { request: Some(request(7)), ..asked(9, "a") };
    assert_eq!(redeem(&scene.store, &mine).await, Redeemed::Unknown);
    given(&redeem(&scene.store, &Asked { codes: vec![index(1, 1)], ..mine }).await);
}

#[tokio::test]
async fn what_a_repeat_brought_is_known_from_then_on() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let by_box = Asked { device: Some(device(1)), ..asked(1, "a") };
    let first = redeem(&scene.store, &by_box).await;
    let with_request = Asked { request: Some(request(7)), ..by_box };
    assert_eq!(redeem(&scene.store, &with_request).await, first);
    let by_request = Asked { device: None, bridge: "z".parse().unwrap(), ..with_request };
    assert_eq!(redeem(&scene.twin().await, &by_request).await, first);
    assert_eq!(redeem(&scene.store, &asked(1, "y")).await, Redeemed::Used);
}

#[tokio::test]
async fn a_code_under_an_older_pepper_is_found() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    let rotated = Asked { codes: vec![index(8, 1), index(1, 1)], ..asked(1, "a") };
    given(&redeem(&scene.store, &rotated).await);
}

#[tokio::test]
async fn the_ledger_cannot_be_changed() {
    let scene = Scene::new().await;
    stock_and_sell(&scene.store, 1).await;
    redeem(&scene.store, &asked(1, "a")).await;
    for sql in ["UPDATE ledger SET amount = '1'", "DELETE FROM ledger"] {
        let mut tx = scene.store.begin().await.unwrap();
        let error = sqlx::query(sql).execute(tx.conn()).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

/// Redeems one code two hundred times at once, on both twins.
async fn crowd(scene: &Scene, asked: impl Fn(u16) -> Asked) -> Vec<Redeemed> {
    let twins = [scene.store.clone(), scene.twin().await];
    let mut crowd = JoinSet::new();
    for n in 0..200 {
        let (store, asked) = (twins[usize::from(n % 2)].clone(), asked(n));
        crowd.spawn(async move { redeem(&store, &asked).await });
    }
    crowd.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_requests_for_one_code_one_gets_it() {
    let scene = Scene::new().await;
    for n in 1..=3 {
        stock_and_sell(&scene.store, n).await;
    }
    let with_request = |n| Asked { request: Some(request(n + 1)), ..asked(1, &format!("b{n}")) };
    let answers = crowd(&scene, with_request).await;
    let used = answers.iter().filter(|it| **it == Redeemed::Used).count();
    let got = answers.iter().filter(|it| matches!(it, Redeemed::Given(_))).count();
    assert_eq!((got, used), (1, 199));
    assert_eq!(count(&scene.store, "SELECT COUNT(*) FROM ledger").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_times_the_same_request_get_the_same() {
    let scene = Scene::new().await;
    for n in 1..=3 {
        stock_and_sell(&scene.store, n).await;
    }
    let same = |n| Asked { request: Some(request(7)), ..asked(1, &format!("b{n}")) };
    let answers = crowd(&scene, same).await;
    let codes: BTreeSet<Vec<u8>> = answers.iter().map(given).collect();
    assert_eq!((answers.len(), codes.len()), (200, 1));
    assert_eq!(count(&scene.store, "SELECT COUNT(*) FROM ledger").await, 1);
}

/// A small generator, seeded: each failure can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u16) -> u16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u16::try_from(self.0 % u64::from(n)).unwrap()
    }
}

/// What a random sequence has shown so far.
#[derive(Default)]
struct Shown {
    codes: BTreeMap<u16, Vec<u8>>,
    requests: BTreeMap<u16, u16>,
    devices: BTreeSet<(u16, u8)>,
}

impl Shown {
    /// Checks an answer against all that came before it.
    fn check(&mut self, n: u16, by: (Option<u16>, Option<u8>), redeemed: &Redeemed) {
        let (request, device) = by;
        let owner = request.and_then(|request| self.requests.get(&request).copied());
        let known = owner == Some(n) || device.is_some_and(|it| self.devices.contains(&(n, it)));
        match redeemed {
            Redeemed::Given(given) => {
                assert!(owner.is_none_or(|owner| owner == n), "another's request");
                assert!(known || !self.codes.contains_key(&n), "given to a stranger");
                let before = self.codes.entry(n).or_insert_with(|| given.code.clone());
                assert_eq!(*before, given.code, "another code for voucher {n}");
                self.requests.extend(request.map(|request| (request, n)));
                self.devices.extend(device.map(|device| (n, device)));
            }
            Redeemed::OtherCode => assert!(owner.is_some_and(|owner| owner != n)),
            Redeemed::Used => assert!(self.codes.contains_key(&n) && !known),
            Redeemed::OutOfStock => assert!(!self.codes.contains_key(&n)),
            other => panic!("{other:?}"),
        }
    }
}

/// Plays a random sequence of imports and TOPUPs of five sold vouchers.
async fn play(seed: u64) {
    let scene = Scene::new().await;
    let twins = [scene.store.clone(), scene.twin().await];
    let (dice, mut shown) = (&mut Dice(seed), Shown::default());
    for n in 1..=5 {
        stock_and_sell(&scene.store, n).await;
    }
    take_back(&scene.store, 3).await;
    for step in 0..60 {
        let store = &twins[usize::from(dice.below(2))];
        if dice.below(20) == 0 {
            stock(store, &import(2), &recharge(100 + step, product("MTN", "500"))).await;
            continue;
        }
        let n = 1 + dice.below(5);
        let by_request = Some(dice.below(6)).filter(|it| *it > 0);
        let by_box = Some(dice.below(4)).filter(|it| *it > 0).map(|it| it.to_be_bytes()[1]);
        let asked = Asked {
            request: by_request.map(request),
            device: by_box.map(device),
            at_ms: NOW_MS + i64::from(step),
            ..asked(n, &format!("b{step}"))
        };
        shown.check(n, (by_request, by_box), &redeem(store, &asked).await);
    }
    let codes: BTreeSet<_> = shown.codes.values().collect();
    assert_eq!(codes.len(), shown.codes.len(), "one code for two vouchers");
    let given = i64::try_from(shown.codes.len()).unwrap();
    for sql in [
        "SELECT COUNT(*) FROM ledger",
        "SELECT COUNT(*) FROM redemption",
        "SELECT COUNT(*) FROM voucher WHERE state = 'redeemed'",
        "SELECT COUNT(*) FROM recharge WHERE state = 'given'",
    ] {
        assert_eq!(count(&scene.store, sql).await, given, "{sql}");
    }
}

/// Lets some of the stock end, so that a sequence meets `OutOfStock`.
async fn take_back(store: &Store, n: i64) {
    let mut tx = store.begin().await.unwrap();
    let sql = "UPDATE recharge SET good_until = '2000-01-01' \
        WHERE id IN (SELECT id FROM recharge LIMIT $1)";
    sqlx::query(sql).bind(n).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn random_sequences_give_each_code_once() {
    for seed in 1..=40 {
        play(seed * 0x9e37_79b9).await;
    }
}
