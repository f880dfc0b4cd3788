//! What good clients ask while things break: boxes with real cryptos, purchase codes that were
//! sold, keys to be registered, modules that ask where the others are.
//!
//! Each client asks once and takes the answer that comes: none tries again, so that no failure is
//! hidden. Who sends at a pace keeps it whatever the answers take, up to one request at a time each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chassis::Tasks;
use client::Got;
use ngondo::door::Door;
use ngondo::sim::{self, SimDevice, Verdict};
use ngondo::site::{Place, Site};
use protocol::{
    Answer, Bridge, Command, Crecord, Head, Outcome, PurchaseCode, Record, Request, RequestId,
    Response, Role, Time, TopUp,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::scene::Module;

/// Nothing here takes so long, unless it never ends.
pub(super) const LIMIT: Duration = Duration::from_mins(1);
/// Between two requests of one client.
const PAUSE: Duration = Duration::from_millis(100);

/// Which of the two PPPX a client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knows {
    /// One of them: half of the clients the first, the others the second.
    One,
    /// Both.
    Both,
}

/// What the clients were told.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) ok: u64,
    /// Told to come back, by command.
    pub(super) refused: BTreeMap<String, u64>,
    /// Good answers, by command.
    pub(super) deeds: BTreeMap<String, u64>,
    /// What else came, and what it was asked.
    pub(super) failures: BTreeMap<String, u64>,
    /// The bridges of whatever was answered OK, and whether a server stands behind the door for it.
    pub(super) bridges: BTreeSet<(Bridge, bool)>,
    /// The recharge codes that were given.
    pub(super) given: BTreeSet<String>,
    /// Milliseconds that each took.
    times_ms: Vec<u64>,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Auth,
    TopUp,
    Crecord,
    Init,
}

/// Clients at work.
pub(super) struct Load {
    world: Arc<World>,
    workers: Vec<JoinHandle<()>>,
    tasks: Tasks,
}

struct World {
    site: Site,
    operator: Arc<Door>,
    anyone: Arc<Door>,
    module: Module,
    codes: Mutex<Vec<PurchaseCode>>,
    counts: Mutex<Counts>,
    answered: watch::Sender<u64>,
    over: watch::Sender<bool>,
}

struct Client {
    world: Arc<World>,
    device: SimDevice,
    rng: StdRng,
    place: Option<Place>,
}

// === impl Counts ===

impl Counts {
    pub(super) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// The time within which so many in a hundred were answered, in milliseconds.
    pub(super) fn at(&self, percent: usize) -> u64 {
        let mut times = self.times_ms.clone();
        times.sort_unstable();
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    }

    fn note(&mut self, deed: Deed, took: Duration, judged: &Judged) {
        self.sent += 1;
        self.times_ms.push(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let cmd = deed.as_str();
        match judged {
            Judged::Ok { bridge, code } => {
                self.ok += 1;
                *self.deeds.entry(cmd.to_owned()).or_default() += 1;
                self.bridges.extend(bridge.map(|bridge| (bridge, deed != Deed::Init)));
                if let Some(code) = code.clone().filter(|code| !self.given.insert(code.clone())) {
                    let twice =
                        format!("the recharge code ..{} was given twice", &code[code.len() - 2..]);
                    *self.failures.entry(twice).or_default() += 1;
                }
            }
            Judged::Refused => *self.refused.entry(cmd.to_owned()).or_default() += 1,
            Judged::Failed(why) => {
                *self.failures.entry(format!("{cmd}: {why}")).or_default() += 1;
            }
        }
    }
}

/// What became of one request.
#[derive(Debug)]
enum Judged {
    Ok { bridge: Option<Bridge>, code: Option<String> },
    Refused,
    Failed(String),
}

// === impl Deed ===

impl Deed {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::TopUp => "TOPUP",
            Self::Crecord => "CRECORD",
            Self::Init => "INIT",
        }
    }

    /// Of a hundred requests.
    fn draw(rng: &mut StdRng) -> Self {
        match rng.random_range(0..100) {
            0..=76 => Self::Auth,
            77..=84 => Self::TopUp,
            85..=91 => Self::Crecord,
            _ => Self::Init,
        }
    }
}

// === impl Load ===

impl Load {
    /// Lets each box go to work, as a customer, a bench and a module besides.
    pub(super) fn start(
        (site, operator, module): (&Site, &Arc<Door>, &Module),
        devices: Vec<SimDevice>,
        codes: Vec<PurchaseCode>,
        knows: Knows,
    ) -> Self {
        let world = Arc::new(World {
            site: site.clone(),
            operator: Arc::clone(operator),
            anyone: Arc::new(operator.unsigned()),
            module: module.clone(),
            codes: Mutex::new(codes),
            counts: Mutex::default(),
            answered: watch::Sender::new(0),
            over: watch::Sender::new(false),
        });
        let tasks = Tasks::default();
        let places =
            Place::ALL.into_iter().cycle().map(|it| Some(it).filter(|_| knows == Knows::One));
        let client = |((device, seed), place)| Client {
            world: Arc::clone(&world),
            device,
            rng: StdRng::seed_from_u64(seed),
            place,
        };
        let clients = devices.into_iter().zip(1..).zip(places).map(client);
        let workers = clients.map(|client| tasks.spawn(client.work())).collect();
        Self { world, workers, tasks }
    }

    /// Waits for so many more good answers.
    pub(super) async fn more(&self, answers: u64) {
        let mut answered = self.world.answered.subscribe();
        let wanted = *answered.borrow() + answers;
        let enough = timeout(LIMIT, answered.wait_for(|it| wanted <= *it)).await;
        let counts = self.world.counts().clone();
        assert!(enough.is_ok(), "nobody is answered any more: {:?}", counts.failures);
    }

    /// Good answers so far.
    pub(super) fn answered(&self) -> u64 {
        *self.world.answered.borrow()
    }

    /// Lets each client end what it asked, and says what all were told.
    pub(super) async fn stop(self) -> Counts {
        self.world.over.send_replace(true);
        for worker in self.workers {
            let ended = timeout(LIMIT, worker).await.expect("an end");
            ended.expect("a client");
        }
        self.tasks.finish().await;
        self.world.counts().clone()
    }
}

// === impl World ===

impl World {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Client ===

impl Client {
    async fn work(mut self) {
        let mut over = self.world.over.subscribe();
        let mut tick = interval(PAUSE);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = over.wait_for(|it| *it) => {
                    drop(ended);
                    return;
                }
                _ = tick.tick() => {}
            }
            self.one().await;
        }
    }

    async fn one(&mut self) {
        let deed = Deed::draw(&mut self.rng);
        let code = if deed == Deed::TopUp { self.code() } else { None };
        let began = Instant::now();
        let (deed, judged) = match (deed, code) {
            (Deed::TopUp, Some(code)) => {
                let command =
                    Command::TopUp(TopUp { request: Some(self.request()), ..TopUp::new(code) });
                (deed, self.command(&Arc::clone(&self.world.anyone), command).await)
            }
            (Deed::Crecord, _) => {
                let identity = sim::made_identity(&mut self.rng);
                let record =
                    Record { identity, label: None, request: Some(self.request()), rekey: false };
                let command = Command::Crecord(Crecord::Record(Box::new(record)));
                (deed, self.command(&Arc::clone(&self.world.operator), command).await)
            }
            (Deed::Init, _) => {
                let module = self.world.module.clone();
                (deed, self.command(&module.door, module.init()).await)
            }
            (Deed::Auth | Deed::TopUp, _) => (Deed::Auth, self.auth().await),
        };
        let good = matches!(judged, Judged::Ok { .. });
        self.world.counts().note(deed, began.elapsed(), &judged);
        self.world.answered.send_modify(|it| *it += u64::from(good));
    }

    fn code(&self) -> Option<PurchaseCode> {
        self.world.codes.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn request(&mut self) -> RequestId {
        RequestId::from_uuid(Uuid::from_u128(self.rng.random()))
    }

    async fn auth(&mut self) -> Judged {
        let now_ms = self.world.anyone.clock().now_ms();
        let attempt = self.device.attempt(&mut self.rng, now_ms);
        let got = self.send(&self.world.anyone, attempt.document.clone().into()).await;
        let (got, answer) = match read(got) {
            Ok(read) => read,
            Err(judged) => return judged,
        };
        match self.device.judge(&attempt, &answer, now_ms) {
            Verdict::Surf { .. } => Judged::Ok { bridge: got.bridge, code: None },
            _ => judge(&got, &answer),
        }
    }

    async fn command(&self, door: &Door, command: Command) -> Judged {
        match read(self.send(door, print(door.clock().now_ms(), command)).await) {
            Ok((got, answer)) => judge(&got, &answer),
            Err(judged) => judged,
        }
    }

    async fn send(&self, door: &Door, document: Bytes) -> Result<Got, String> {
        let got = match self.place {
            Some(place) => {
                let to = self.world.site.endpoint(Role::Pppx, place);
                door.document_to(&to, document).await
            }
            None => door.document(document).await,
        };
        got.map_err(|failure| failure.key().to_owned())
    }
}

/// Lets all go on for a time: that is how long what was broken stays so.
pub(super) async fn keep_on(time: Duration) {
    sleep(time).await;
}

/// A command as it is sent.
pub(super) fn print(now_ms: i64, command: Command) -> Bytes {
    let app = "ngondo-chaos".parse().expect("a name");
    let version = chassis::VERSION.parse().expect("a version");
    let mut document = String::new();
    Request { head: Head::new(app, version, Time::from_unix_ms(now_ms)), command }
        .print(&mut document);
    Bytes::from(document)
}

fn read(got: Result<Got, String>) -> Result<(Got, Answer), Judged> {
    let got = got.map_err(Judged::Failed)?;
    match Response::parse(&got.body) {
        Ok(response) => Ok((got, response.answer)),
        Err(_) => Err(Judged::Failed(format!("no document, status {}", got.status))),
    }
}

/// OK, a word to come back with its seconds, or a failure: everything else was not asked for.
fn judge(got: &Got, answer: &Answer) -> Judged {
    match answer.outcome() {
        Outcome::Ok => {
            let code = match answer {
                Answer::TopUp(answer) => answer.code2.as_ref().map(|it| it.digits().to_owned()),
                _ => None,
            };
            Judged::Ok { bridge: got.bridge, code }
        }
        Outcome::Busy | Outcome::SlowDown if got.retry_after_s.is_some() => Judged::Refused,
        outcome => Judged::Failed(outcome.to_string()),
    }
}
