//! P11: what toki adds to one hop, measured through the layers that every hop has.
//!
//! A tool and a PPPX on loopback, a back office of one's own behind it. The document is one that PPPX
//! answers by itself, so that there is one hop; sent with a toki and without one, in turn. Both get
//! the same answer, after the same row in the spool.
//!
//! Both ends run in one thread on one core, and what counts is the processor time of that thread:
//! the whole way of a request through both ends and the kernel between them, and nothing of what
//! else the machine does. The clock's time would be the same on a machine of one core that is busy;
//! on two that idle it has mostly how long a core takes to wake up.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chassis::Clock;
use client::{Endpoint, Got};
use nix::sched::{CpuSet, sched_getcpu, sched_setaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use protocol::{PeerAddr, Role};
use tokio::sync::oneshot;

use super::measure::{Better, Compare, Measure};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::site::{ADMIN, House, Pace, Place, Ports, Site};
use crate::text::cause;

/// Rounds that count, of each kind: many short ones, so that what disturbs one is seen in few.
const ROUNDS: usize = 601;
/// Requests of one round, one after the other: some 4 ms.
const REQUESTS: u32 = 40;
/// Where a 4G key would be: nobody asks one.
const KEY: &str = "127.0.0.2:80";
/// Bytes of the document.
const DOCUMENT: usize = 600;
/// What PPPX says of a command that there is not: it has read it all, and asks nobody.
const STATUS: u16 = 400;

/// What a hop costs more with a toki.
#[derive(Debug, Clone, PartialEq)]
pub struct HopCost {
    /// In processor time: the row of the table.
    pub processor: Measure,
    /// The same rounds by the clock.
    pub clock: Measure,
}

/// Two tools and the PPPX that they ask.
struct Hop {
    signed: Door,
    unsigned: Door,
    pppx: Endpoint,
    document: Bytes,
    /// Bytes of the answer.
    answer: usize,
}

/// The mean times of one request of a round, in microseconds.
struct Round {
    processor: f64,
    clock: f64,
    errors: u64,
}

/// Starts a back office in a temporary folder, in a thread on one core, and measures one hop into
/// it.
///
/// # Errors
///
/// The back office does not start. A wrong answer is counted, not returned.
pub async fn toki() -> Result<HopCost, Failure> {
    let (tell, told) = oneshot::channel();
    let thread = thread::Builder::new().name("bench-toki".to_owned());
    // Where nobody waits any more, nobody has to be told.
    let measured = thread.spawn(move || tell.send(on_one_core()).unwrap_or_default());
    measured.map_err(|error| unusable(&error))?;
    told.await.map_err(|error| unusable(&error))?
}

/// Measures in this thread, which stays on its core, as those do that it starts.
fn on_one_core() -> Result<HopCost, Failure> {
    let mut cores = CpuSet::new();
    let pinned = sched_getcpu()
        .and_then(|core| cores.set(core))
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &cores));
    pinned.map_err(|error| unusable(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| unusable(&error))?.block_on(measure())
}

async fn measure() -> Result<HopCost, Failure> {
    let folder = tempfile::tempdir().map_err(|error| unusable(&error))?;
    let ports = Ports::free().map_err(|error| unusable(&error))?;
    let pace = Pace { drain_s: 0, ..Pace::default() };
    let nobody: PeerAddr = KEY.parse().map_err(|error| unusable(&error))?;
    let site = Box::pin(Site::lay(folder.path(), ports, nobody, pace)).await?;
    let clock = Clock::default();
    let house = Box::pin(House::start(&site, &clock)).await?;
    let cost = async { Ok(Hop::new(&site, &clock).await?.measure().await) }.await;
    Box::pin(house.stop()).await;
    cost
}

fn unusable(error: &(dyn Error + 'static)) -> Failure {
    failed!("bench-broken", cause = cause::any(error))
}

// === impl Hop ===

impl Hop {
    async fn new(site: &Site, clock: &Clock) -> Result<Self, Failure> {
        let signed = Door::signed(site.doors(), site.keys(ADMIN, clock)?, clock.clone());
        let unsigned = signed.unsigned();
        let pppx = site.endpoint(Role::Pppx, Place::First);
        let document = document();
        let answer = unsigned.document_to(&pppx, document.clone()).await?.body.len();
        Ok(Self { signed, unsigned, pppx, document, answer })
    }

    async fn measure(&self) -> HopCost {
        let (mut ours, mut reference) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            // Whichever comes second finds the core as the other left it: they take turns.
            let (with, without) = if round % 2 == 0 {
                let with = self.round(&self.signed).await;
                (with, self.round(&self.unsigned).await)
            } else {
                let without = self.round(&self.unsigned).await;
                (self.round(&self.signed).await, without)
            };
            // The first opens the connections and the session.
            if 0 < round {
                ours.push(with);
                reference.push(without);
            }
        }
        let measure = |name: &str, value: fn(&Round) -> f64| Measure {
            id: "P11".to_owned(),
            name: format!("toki: one hop into PPPX ({DOCUMENT} bytes), {name}"),
            unit: "µs".to_owned(),
            better: Better::Less,
            compare: Compare::Difference,
            reference: "the same hop without it".to_owned(),
            bar: 10.0,
            aim: 4.0,
            errors: ours.iter().chain(&reference).map(|it| it.errors).sum(),
            ours_rounds: ours.iter().map(value).collect(),
            reference_rounds: reference.iter().map(value).collect(),
        };
        HopCost {
            processor: measure("both ends on one core", |it| it.processor),
            clock: measure("by the clock", |it| it.clock),
        }
    }

    async fn round(&self, door: &Door) -> Round {
        let (began, used) = (Instant::now(), processor_time());
        let mut errors = 0;
        for _ in 0..REQUESTS {
            let got = door.document_to(&self.pppx, self.document.clone()).await;
            errors += u64::from(!got.is_ok_and(|it| self.is_answer(&it)));
        }
        let mean = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(REQUESTS);
        let used = processor_time().zip(used).map(|(now, before)| now.saturating_sub(before));
        errors += u64::from(used.is_none());
        Round { processor: mean(used.unwrap_or_default()), clock: mean(began.elapsed()), errors }
    }

    /// Whether an answer is the one that PPPX gives everybody.
    fn is_answer(&self, got: &Got) -> bool {
        got.status == STATUS && got.body.len() == self.answer
    }
}

/// The processor time that this thread has used, the kernel's for it included.
fn processor_time() -> Option<Duration> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(Duration::from)
}

fn document() -> Bytes {
    let head = "<xml><app>ngondo-bench</app><version>1.0.0</version><cmd>NOTHING</cmd><time>1795190400</time><pad>";
    let tail = "</pad></xml>";
    let pad = "x".repeat(DOCUMENT.saturating_sub(head.len() + tail.len()));
    Bytes::from([head, &pad, tail].concat())
}
