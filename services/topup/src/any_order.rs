//! Random sequences of all voucher verbs by several shops, cut at any point: the books balance, no
//! code is given twice, the audit chain verifies.
//!
//! A cut drops what is under way between two of its steps and opens the database anew, as a killed
//! server's twin would; half of what was cut is sent again, the rest never.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crypto::Purpose;
use protocol::{Answer, Outcome, PurchaseCode, RequestId, TopUp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use store::{AuditMark, Store};
use uuid::Uuid;

use crate::desk::Asker;
use crate::scene::{NOW_MS, Scene, asker, keys, lines};

const SEEDS: u64 = 32;
const STEPS: u32 = 120;
const SHOPS: [Option<&str>; 3] = [Some("akwa"), Some("bali"), None];

/// One thing that somebody does.
#[derive(Clone, Debug)]
struct Step {
    verb: &'static str,
    body: String,
    /// Who asks: a shop that proved its name, or an operator.
    who: Option<&'static str>,
    now_ms: i64,
}

/// What the world has seen.
#[derive(Debug, Default)]
struct Seen {
    /// Purchase codes that were sold, by request: the same request must show the same.
    sold: BTreeMap<String, Vec<String>>,
    codes: BTreeSet<String>,
    /// The recharge code that each gave, and the purchase code that each was given for.
    given: BTreeMap<String, String>,
    taken: BTreeMap<String, String>,
    serials: u64,
    batches: u64,
    refunds: u64,
    stocked: u32,
    cuts: u32,
}

/// A world under a seed.
struct World {
    scene: Scene,
    rng: StdRng,
    seen: Seen,
    now_ms: i64,
    requests: u128,
    /// Requests that were made, some of which are sent again, also by somebody else.
    made: Vec<Step>,
}

/// Polls a future so many times, then drops it where it is.
async fn cut<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

// === impl World ===

impl World {
    async fn new(seed: u64) -> Self {
        Self {
            scene: Scene::new().await,
            rng: StdRng::seed_from_u64(seed),
            seen: Seen::default(),
            now_ms: NOW_MS,
            requests: 1,
            made: Vec::new(),
        }
    }

    fn pick(&mut self, most: u64) -> u64 {
        self.rng.random_range(0..=most)
    }

    fn request(&mut self) -> String {
        self.requests += 1;
        Uuid::from_u128(self.requests).to_string()
    }

    fn shop(&mut self) -> Option<&'static str> {
        let at = self.rng.random_range(0..SHOPS.len());
        SHOPS[at]
    }

    /// Somebody's next wish.
    fn step(&mut self) -> Step {
        // Now and then the same again: a lost answer, or a stranger with a known request.
        if !self.made.is_empty() && self.rng.random_ratio(1, 6) {
            let at = self.rng.random_range(0..self.made.len());
            let mut step = self.made[at].clone();
            if self.rng.random_ratio(1, 4) {
                step.who = self.shop();
            }
            return Step { now_ms: self.now_ms, ..step };
        }
        let (verb, mut body, who) = self.wish();
        if body.get("request").is_none() {
            body["request"] = self.request().into();
        }
        let body = match verb {
            "import" => self.import(&body),
            _ => body.to_string(),
        };
        let step = Step { verb, body, who, now_ms: self.now_ms };
        self.made.push(step.clone());
        step
    }

    fn import(&mut self, head: &Value) -> String {
        let mut text = head.to_string();
        for _ in 0..self.rng.random_range(1..9) {
            // Now and then one that was brought before.
            let back = u32::from(self.rng.random_ratio(1, 8));
            self.seen.stocked += 1 - back;
            let code = format!("9{:07}", self.seen.stocked);
            let line = json!({
                "operator": "MTN", "amount": "500", "currency": "XAF", "code": code,
            });
            text = format!("{text}\n{line}");
        }
        text
    }

    fn range(&mut self) -> Value {
        let most = self.seen.serials;
        let first = self.pick(most) + 1;
        let more = self.pick(4);
        json!({ "first": first, "last": first + more, "reason": "random" })
    }

    fn wish(&mut self) -> (&'static str, Value, Option<&'static str>) {
        let product = json!({ "operator": "MTN", "amount": "500", "currency": "XAF" });
        let batch = self.pick(self.seen.batches + 1);
        let serial = {
            let most = self.seen.serials;
            self.pick(most) + 1
        };
        let shop = self.shop();
        match self.rng.random_range(0..40) {
            0..=5 => ("import", json!({}), None),
            6 | 7 => {
                let mut order = product;
                order["count"] = (self.pick(11) + 1).into();
                ("generate", order, None)
            }
            8 | 9 => ("activate", json!({ "batch": batch }), None),
            10 | 11 => {
                let mut assign = self.range();
                if let Some(shop) = shop {
                    assign["shop"] = shop.into();
                } else {
                    assign["from"] = "akwa".into();
                }
                if self.rng.random_ratio(1, 3) && shop.is_some() {
                    assign["limit"] = "4000".into();
                    assign["currency"] = "XAF".into();
                }
                ("assign", assign, None)
            }
            12..=22 => {
                let mut sale = product;
                sale["count"] = (self.pick(2) + 1).into();
                ("sell", sale, shop)
            }
            23..=25 => ("sell", json!({ "serial": serial }), shop),
            26 | 27 => ("cancel", json!({ "serial": serial }), shop),
            28 => ("freeze", self.range(), None),
            29 => ("freeze", json!({ "batch": batch, "reason": "random" }), None),
            30 | 31 => {
                let mut range = self.range();
                if let Some(range) = range.as_object_mut() {
                    range.remove("reason");
                }
                ("thaw", range, None)
            }
            32 | 33 => ("thaw", json!({ "batch": batch }), None),
            34 => ("void", self.range(), None),
            35 => ("close", json!({ "batch": batch, "reason": "random" }), None),
            36 => ("print", json!({ "batch": batch, "key": spki() }), None),
            37 => ("replace", json!({ "serial": serial, "reason": "random" }), Some("ada")),
            38 => ("refund", json!({ "serial": serial, "reason": "random" }), Some("ada")),
            _ => {
                let refund = {
                    let most = self.seen.refunds;
                    self.pick(most) + 1
                };
                ("approve", json!({ "refund": refund }), Some("bob"))
            }
        }
    }

    /// Does it, perhaps only in part.
    async fn act(&mut self, step: &Step) {
        let mut polls = u32::MAX;
        if self.rng.random_ratio(1, 3) {
            polls = self.rng.random_range(1..40);
        }
        let future = self.scene.manage_at(step.verb, &step.body, (step.who, step.now_ms));
        let Some(managed) = cut(polls, future).await else {
            self.restart().await;
            if self.rng.random_bool(0.5) {
                Box::pin(self.act(step)).await;
            }
            return;
        };
        assert_ne!(managed.outcome, Outcome::Failed, "{step:?}");
        if let chassis::ManagedBody::Json(answer) = &managed.body
            && managed.outcome == Outcome::Ok
        {
            self.note(step, answer);
        }
    }

    /// What an answer shows.
    fn note(&mut self, step: &Step, answer: &Value) {
        if let Some(number) = answer["refund"].as_u64() {
            self.seen.refunds = self.seen.refunds.max(number);
        }
        if let Some(batch) = answer["batch"].as_u64() {
            self.seen.batches = self.seen.batches.max(batch);
        }
        if let Some(last) = answer["last"].as_u64() {
            self.seen.serials = self.seen.serials.max(last);
        }
        if let Some(code) = answer["voucher"]["code"].as_str() {
            self.seen.codes.insert(code.to_owned());
        }
        let Some(vouchers) = answer["vouchers"].as_array() else { return };
        let request = serde_json::from_str::<Value>(&step.body).unwrap()["request"].to_string();
        let again = answer["duplicata"] == true;
        let before = self.seen.sold.get(&request).cloned();
        let mut codes = Vec::new();
        for voucher in vouchers {
            self.seen.serials = self.seen.serials.max(voucher["serial"].as_u64().unwrap());
            let code = voucher["code"].as_str().unwrap_or_default().to_owned();
            if before.is_none() && !code.is_empty() {
                assert!(self.seen.codes.insert(code.clone()), "{code} was sold twice");
            }
            codes.push(code);
        }
        if let Some(before) = before {
            assert!(again, "{step:?} was sold anew");
            for (one, other) in before.iter().zip(&codes) {
                assert!(other.is_empty() || one == other, "{step:?} shows other codes");
            }
        } else {
            self.seen.sold.insert(request, codes);
        }
    }

    /// A customer brings one of the codes that were ever sold.
    async fn redeem(&mut self) {
        let most = self.seen.codes.len();
        if most == 0 {
            return;
        }
        let at = self.rng.random_range(0..most);
        let code = self.seen.codes.iter().nth(at).unwrap().clone();
        let request = RequestId::from_uuid(Uuid::from_u128(
            self.rng.random_range(1..4) << 64 | u128::try_from(at).unwrap(),
        ));
        let purchase: PurchaseCode = code.parse().unwrap();
        let topup = TopUp { request: Some(request), ..TopUp::new(purchase) };
        let who = Asker { now_ms: self.now_ms, ..asker(&format!("b{at}")) };
        let mut polls = u32::MAX;
        if self.rng.random_ratio(1, 3) {
            polls = self.rng.random_range(1..40);
        }
        let Some(answered) = cut(polls, self.scene.topup(&topup, &who)).await else {
            return self.restart().await;
        };
        assert_ne!(answered.answer.outcome(), Outcome::Failed);
        if let Answer::TopUp(answer) = &answered.answer
            && let Some(recharge) = &answer.code2
        {
            let recharge = recharge.digits().to_owned();
            let one = self.seen.given.entry(code.clone()).or_insert_with(|| recharge.clone());
            assert_eq!(*one, recharge, "a purchase code gave two recharge codes");
            let to = self.seen.taken.entry(recharge).or_insert_with(|| code.clone());
            assert_eq!(*to, code, "a recharge code was given twice");
        }
    }

    /// The database as another process finds it.
    async fn restart(&mut self) {
        self.seen.cuts += 1;
        self.scene.store = Store::open(&self.scene.url()).await.unwrap();
    }

    async fn holds(&self, at: &str) {
        let rows = lines(&self.scene.manage("reconcile", "").await);
        let end = rows.last().unwrap();
        assert_eq!(end["differences"], 0, "{at}: {rows:#?}");
        assert!(end.get("after").is_none(), "{at}");
        let index = keys();
        let index = index.get(Purpose::Index).unwrap();
        let audit = self.scene.store.verify_audit(AuditMark::START, 1_000_000, index.iter()).await;
        assert_eq!(audit.unwrap().fault, None, "{at}");
    }
}

fn spki() -> String {
    use std::sync::OnceLock;
    static KEY: OnceLock<String> = OnceLock::new();
    let made = || {
        let key = crypto::PrivateKey::generate().unwrap().public_der().unwrap();
        protocol::PubKey::from_der(&key).unwrap().to_string()
    };
    KEY.get_or_init(made).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_shops_do_and_wherever_it_is_cut_the_books_balance() {
    let mut done: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut given, mut sold, mut cuts) = (0, 0, 0);
    for seed in 0..SEEDS {
        let mut world = World::new(seed).await;
        for at in 0..STEPS {
            world.now_ms += i64::try_from(world.pick(120_000)).unwrap();
            if world.rng.random_ratio(1, 4) {
                world.redeem().await;
            } else {
                let step = world.step();
                *done.entry(step.verb).or_default() += 1;
                world.act(&step).await;
            }
            if at % 20 == 19 {
                world.holds(&format!("seed {seed}, step {at}")).await;
            }
        }
        given += world.seen.taken.len();
        sold += world.seen.codes.len();
        cuts += world.seen.cuts;
    }
    assert_eq!(done.len(), 14, "each verb came: {done:?}");
    let enough = 100 < sold && 50 < given && 100 < cuts;
    assert!(enough, "{sold} sold, {given} redeemed, {cuts} cuts: is anything done?");
}
