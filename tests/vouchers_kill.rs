//! Shops sell, cancel and redeem, an operator freezes, thaws and replaces, all at once, while both
//! TOPUP are killed in turn: the books balance, and no code is given twice.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, and print"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chassis::Tasks;
use ngondo::door::Door;
use ngondo::site::{self, Place};
use protocol::{Answer, Command, Kind, Outcome, RequestId, Right, Rights, Role, TopUp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use stack::{Programs, door_of};
use tokio::sync::watch;
use uuid::Uuid;

/// How often a TOPUP is killed.
const KILLS: usize = 16;
/// Recharge codes, of which there are more than are sold.
const STOCK: u64 = 2_000;
/// Cards of the second shop, which has a stock of its own.
const CARDS: u64 = 400;
/// The second shop.
const BALI: &str = "bali";
/// The verb that is the command TOPUP.
const REDEEM: &str = "redeem";
/// Nothing here takes so long, unless it never ends.
const LIMIT: Duration = Duration::from_secs(30);

/// Who acts, by the place of their door.
const ADMIN: usize = 0;
const SHOPS: [usize; 2] = [1, 2];
const CUSTOMER: usize = 3;
/// Each of them is at work so often at once.
const WORKERS: [usize; 7] = [ADMIN, SHOPS[0], SHOPS[0], SHOPS[1], SHOPS[1], CUSTOMER, CUSTOMER];

/// One thing that somebody wants, once.
#[derive(Clone, Debug)]
struct Wish {
    who: usize,
    verb: &'static str,
    body: Value,
}

/// What the world has seen.
#[derive(Debug, Default)]
struct Seen {
    /// The vouchers that were sold, by who sold them.
    sold: [Vec<(u64, String)>; 4],
    serials: BTreeSet<u64>,
    codes: BTreeSet<String>,
    /// The purchase code that each recharge code was given for, and the other way round.
    taken: BTreeMap<String, String>,
    given: BTreeMap<String, String>,
    results: BTreeMap<(&'static str, String), u64>,
    lost: u64,
}

/// The back office as its users have it.
struct World {
    doors: [Arc<Door>; 4],
    seen: Mutex<Seen>,
    answered: watch::Sender<u64>,
    kills: watch::Sender<usize>,
    over: watch::Sender<bool>,
}

/// The vouchers of an answer, with their codes where they are shown.
fn vouchers(told: &Value) -> Vec<(u64, Option<String>)> {
    let listed = told["vouchers"].as_array().into_iter().flatten();
    let one =
        |it: &Value| (it["serial"].as_u64().unwrap(), it["code"].as_str().map(ToOwned::to_owned));
    listed.chain(told.get("voucher")).map(one).collect()
}

/// Holds that the same request got the same answer; a code that was redeemed since is nowhere.
fn same(wish: &Wish, first: &Value, again: &Value) {
    if !matches!(wish.verb, "sell" | "replace") {
        assert_eq!(first, again, "{wish:?}");
        return;
    }
    assert_eq!(again["result"], "OK", "{wish:?}: {again}");
    assert_eq!(first.get("refund"), again.get("refund"), "{wish:?}");
    let (first, again) = (vouchers(first), vouchers(again));
    assert_eq!(first.len(), again.len(), "{wish:?}: {first:?}, then {again:?}");
    for (one, other) in first.iter().zip(&again) {
        let alike = one.0 == other.0 && (other.1.is_none() || one.1 == other.1);
        assert!(alike, "{wish:?}: {first:?}, then {again:?}");
    }
}

// === impl Seen ===

impl Seen {
    /// Any voucher of those that somebody sold, or of all.
    fn any(&self, who: usize, rng: &mut StdRng) -> Option<(u64, String)> {
        let who = if SHOPS.contains(&who) { who } else { SHOPS[rng.random_range(0..SHOPS.len())] };
        let sold = &self.sold[who];
        (!sold.is_empty()).then(|| sold[rng.random_range(0..sold.len())].clone())
    }

    fn note(&mut self, wish: &Wish, told: &Value) {
        let result = told["result"].as_str().unwrap().to_owned();
        *self.results.entry((wish.verb, result.clone())).or_default() += 1;
        if result != "OK" {
            return;
        }
        for (serial, code) in vouchers(told) {
            let code = code.unwrap();
            assert!(self.serials.insert(serial), "voucher {serial} was sold twice: {wish:?}");
            assert!(self.codes.insert(code.clone()), "{code} was sold twice: {wish:?}");
            self.sold[wish.who].push((serial, code));
        }
        if wish.verb == REDEEM {
            let bought = wish.body["code"].as_str().unwrap().to_owned();
            let recharge = told["code2"].as_str().unwrap().to_owned();
            let two = self.given.insert(bought.clone(), recharge.clone());
            assert_eq!(two, None, "{bought} gave two recharge codes");
            let to = self.taken.insert(recharge.clone(), bought);
            assert_eq!(to, None, "{recharge} was given twice");
        }
    }

    fn done(&self, verb: &'static str) -> u64 {
        self.results.get(&(verb, "OK".to_owned())).copied().unwrap_or_default()
    }
}

// === impl World ===

impl World {
    /// What somebody does next.
    fn wishes(&self, who: usize, rng: &mut StdRng) -> Vec<Wish> {
        let product = || json!({ "operator": "MTN", "amount": "500", "currency": "XAF" });
        let any = self.seen.lock().unwrap().any(who, rng);
        let chosen = match (who, any, rng.random_range(0..10)) {
            (ADMIN, Some((serial, _)), 0..=4) => {
                let range = json!({ "first": serial, "last": serial + rng.random_range(0..3) });
                let mut freeze = range.clone();
                freeze["reason"] = "lost bag".into();
                vec![("freeze", freeze), ("thaw", range)]
            }
            (ADMIN, Some((serial, _)), 5..=6) => {
                vec![("replace", json!({ "serial": serial, "reason": "illegible" }))]
            }
            (CUSTOMER, Some((_, code)), _) => vec![(REDEEM, json!({ "code": code }))],
            (_, None, _) | (ADMIN, ..) | (1..=2, _, 0..=4) => {
                let mut sale = product();
                sale["count"] = rng.random_range(1..=2).into();
                vec![("sell", sale)]
            }
            (_, Some((serial, _)), 5..=6) => vec![("cancel", json!({ "serial": serial }))],
            (_, Some((_, code)), _) => vec![(REDEEM, json!({ "code": code }))],
        };
        let of = |(verb, mut body): (_, Value)| {
            body["request"] = Uuid::from_u128(rng.random()).to_string().into();
            // A customer cannot sell: until there is something to bring, the operator sells for it.
            let who = if who == CUSTOMER && verb != REDEEM { ADMIN } else { who };
            Wish { who, verb, body }
        };
        chosen.into_iter().map(of).collect()
    }

    /// Asks once; nothing where the answer was lost or is to be asked for later.
    async fn ask(&self, wish: &Wish) -> Option<Value> {
        let door = &self.doors[wish.who];
        let now = |outcome: &Outcome| outcome.http_status() < 500;
        if wish.verb == REDEEM {
            let text = |name: &str| wish.body[name].as_str().unwrap();
            let request: Uuid = text("request").parse().unwrap();
            let request = Some(RequestId::from_uuid(request));
            let topup = TopUp { request, ..TopUp::new(text("code").parse().unwrap()) };
            let answer = door.command(Command::TopUp(topup)).await.ok()?;
            let code2 = match &answer {
                Answer::TopUp(it) => it.code2.as_ref().map(|it| it.digits().to_owned()),
                _ => None,
            };
            let outcome = Some(answer.outcome()).filter(now)?;
            return Some(json!({ "result": outcome.as_str(), "code2": code2 }));
        }
        match door.manage(&format!("/v1/vouchers/{}", wish.verb), &wish.body).await {
            Ok(told) => Some(told),
            Err(failure) => {
                let other = format!("{failure:?}").contains("something else before");
                assert!(!other, "{wish:?} is taken for another: {failure:?}");
                let outcome = failure.outcome().filter(now)?;
                Some(json!({ "result": outcome.as_str() }))
            }
        }
    }

    /// Asks until there is an answer. Every second one is gone when a server dies, whatever was
    /// on the way to it, and asks again.
    async fn answer(&self, wish: &Wish, rng: &mut StdRng) -> Value {
        let mut kills = self.kills.subscribe();
        loop {
            let leaves = rng.random_bool(0.5);
            tokio::select! {
                told = self.ask(wish) => {
                    if let Some(told) = told {
                        return told;
                    }
                }
                changed = kills.changed(), if leaves => changed.unwrap(),
            }
            self.seen.lock().unwrap().lost += 1;
        }
    }

    /// Acts until it is over, then asks for all that was done once more.
    async fn work(self: Arc<Self>, who: usize, seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut done = Vec::new();
        while !*self.over.borrow() {
            for wish in self.wishes(who, &mut rng) {
                let told = self.answer(&wish, &mut rng).await;
                self.seen.lock().unwrap().note(&wish, &told);
                self.answered.send_modify(|it| *it += 1);
                if told["result"] == "OK" {
                    done.push((wish, told));
                }
            }
        }
        for (wish, first) in &done {
            same(wish, first, &self.answer(wish, &mut rng).await);
        }
    }

    /// Waits for so many more answers.
    async fn more(&self, answers: u64) {
        let mut watch = self.answered.subscribe();
        let wanted = *watch.borrow() + answers;
        watch.wait_for(|it| wanted <= *it).await.unwrap();
    }

    /// What each product's books say, after which they must balance.
    async fn books(&self) -> Value {
        let rows = self.doors[ADMIN].lines("/v1/vouchers/reconcile", "{}".to_owned()).await;
        let rows = rows.unwrap();
        assert_eq!(rows.last(), Some(&json!({ "end": true, "differences": 0 })), "{rows:#?}");
        rows[0].clone()
    }
}

/// A second shop, with cards of its own, and recharge codes for all.
async fn open(programs: &Programs) -> World {
    let request = || Uuid::new_v4().to_string();
    let (admin, site) = (&programs.door, &programs.site);
    let shop = json!({ "request": request(), "name": BALI, "kind": "shop", "rights": "sell" });
    admin.manage("/v1/principals/add", &shop).await.unwrap();
    let person = (BALI.parse().unwrap(), Kind::Shop, Rights::of(&[Right::Sell]));
    let now_ms = admin.clock().now_ms();
    site.fleet().init(&site.registry().unwrap(), &[person], now_ms).await.unwrap();

    let mut lines = json!({ "request": request() }).to_string();
    for number in 0..STOCK {
        let code = format!("{:014}", 10_000_000_000_000 + number);
        let line = json!({ "operator": "MTN", "amount": "500", "currency": "XAF", "code": code });
        lines = format!("{lines}\n{line}");
    }
    let told = admin.lines("/v1/vouchers/import", lines).await.unwrap();
    assert_eq!(told.last().unwrap()["ok"], STOCK);
    let product = ("MTN", "500", "XAF");
    let order = json!({
        "request": request(),
        "operator": product.0, "amount": product.1, "currency": product.2, "count": CARDS,
    });
    let batch = admin.manage("/v1/vouchers/generate", &order).await.unwrap();
    let (first, last) = (&batch["first"], &batch["last"]);
    let number = &batch["batch"];
    let stock = json!({ "request": request(), "shop": BALI, "first": first, "last": last });
    let active = json!({ "request": request(), "batch": number });
    for (verb, body) in [("activate", active), ("assign", stock)] {
        let told = admin.manage(&format!("/v1/vouchers/{verb}"), &body).await.unwrap();
        assert_eq!(told["result"], "OK", "{verb}: {told}");
    }

    let door = |name| Arc::new(door_of(site, name, admin.clock()));
    let doors = [Arc::clone(admin), door(site::SHOP), door(BALI), Arc::clone(&programs.anyone)];
    // Until the servers have heard of the new shop.
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while doors[SHOPS[1]].lines("/v1/vouchers/stock", "{}".to_owned()).await.is_err() {
        tick.tick().await;
    }
    World {
        doors,
        seen: Mutex::default(),
        answered: watch::Sender::new(0),
        kills: watch::Sender::new(0),
        over: watch::Sender::new(false),
    }
}

/// Kills both in turn, each when a number of answers has come that the seed draws.
async fn kill_in_turn(programs: &mut Programs, world: &World, rng: &mut StdRng) {
    for (_, place) in (0..KILLS).zip(Place::ALL.into_iter().cycle()) {
        world.more(rng.random_range(5..50)).await;
        programs.kill(Role::TopUp, place);
        world.kills.send_modify(|it| *it += 1);
        programs.spawn(Role::TopUp, place);
        programs.ready(Role::TopUp, place).await;
    }
    world.more(20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shops_go_on_while_both_topup_are_killed_in_turn_and_the_books_balance() {
    let first: u64 = 4;
    println!("seed {first}");
    let mut programs = Programs::start().await;
    let world = tokio::time::timeout(LIMIT, open(&programs)).await.unwrap();
    let world = Arc::new(world);
    let tasks = Tasks::default();
    let workers: Vec<_> = (first..)
        .zip(WORKERS)
        .map(|(seed, who)| tasks.spawn(Arc::clone(&world).work(who, seed)))
        .collect();
    let mut rng = StdRng::seed_from_u64(first);
    let killed = kill_in_turn(&mut programs, &world, &mut rng);
    tokio::time::timeout(LIMIT, killed).await.unwrap();
    world.over.send_replace(true);
    for worker in workers {
        tokio::time::timeout(LIMIT, worker).await.unwrap().unwrap();
    }

    let books = world.books().await;
    {
        let seen = world.seen.lock().unwrap();
        println!("{:?}; {} lost; {books}", seen.results, seen.lost);
        let sold = u64::try_from(seen.codes.len()).unwrap();
        let of_bali = u64::try_from(seen.sold[SHOPS[1]].len()).unwrap();
        assert_eq!(books["generated"], CARDS + sold - of_bali, "some were drawn for nobody");
        // What was cancelled is no sale any more; what was replaced is one that was refunded.
        let sales = sold - seen.done("cancel");
        assert_eq!(books["sales"], sales, "some were sold to nobody");
        assert_eq!(books["refunded"], seen.done("replace"), "some were replaced for nobody");
        assert_eq!(books["redeemed"], seen.given.len(), "some were redeemed by nobody");
        for verb in ["sell", "cancel", "freeze", "thaw", "replace", REDEEM] {
            assert!(0 < seen.done(verb), "{verb} was never done");
        }
        assert!(0 < seen.lost, "no answer was lost");
    }
    let audit = programs.door.manage("/v1/audit/verify", &json!({})).await.unwrap();
    assert_eq!((&audit["whole"], audit.get("more")), (&json!(true), None), "{audit}");
    programs.stop().await.rows_of_equals().await;
}
