//! A fleet of simulated boxes that authenticate as boxes do: spread at the start, the same crypto
//! again within a try, the second PPPX where the first does not answer, back-off with full jitter,
//! and told waits honoured.
//!
//! What each sends first is made before the clock starts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chassis::Tasks;
use client::Got;
use protocol::Response;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::device::{Attempt, SimDevice, Verdict};
use crate::door::Door;
use crate::error::Failure;

/// The first and the longest bound of the back-off; see docs/box.md.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(1));
/// The longest wait that a box lets itself be told: nothing proves it.
const TOLD_AT_MOST: Duration = Duration::from_hours(1);
/// How long one crypto is sent again: a server remembers it for 30 s.
///
/// Source: protocol.md §3 (AUTH)
const SAME_CRYPTO: Duration = Duration::from_secs(20);

/// How a fleet behaves.
#[derive(Debug, Clone, Copy)]
pub struct FleetScript {
    /// Over what time the boxes start.
    pub spread: Duration,
    /// Good AUTHs wanted of each box.
    pub rounds: u32,
    /// When a box gives an AUTH up.
    pub patience: Duration,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// What became of a fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Boxes in the fleet.
    pub boxes: u64,
    /// AUTHs that ended with a proven `OK`.
    pub authenticated: u64,
    /// AUTHs that ended with a proven refusal.
    pub refused: u64,
    /// AUTHs that were given up.
    pub failed: u64,
    /// Documents sent.
    pub attempts: u64,
    /// Documents that brought no answer at all.
    pub unanswered: u64,
    /// Answers that told to wait.
    pub told_to_wait: u64,
    /// Answers that were none for the box and told no time to wait.
    pub told_nothing: u64,
    /// The requests that one box sent, of the box that sent most: each PPPX counts.
    pub most_sent: u64,
    /// Wall time, in milliseconds.
    pub elapsed_ms: u64,
    /// The AUTH that took longest from its first document to its end, in milliseconds.
    pub longest_ms: u64,
    /// Half of the good ones took at most so long.
    pub p50_ms: u64,
    /// 99 in a hundred.
    pub p99_ms: u64,
    /// From the start to the last good one, in milliseconds.
    pub last_ms: u64,
    /// How many were let in, second by second.
    pub curve: Vec<u64>,
    #[serde(skip)]
    pub(crate) times_ms: Vec<u64>,
}

/// What happens in a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A document is sent.
    Attempt,
    /// No answer came.
    Unanswered,
    /// An answer told to wait.
    ToldToWait,
    /// An answer that was none for the box told no time.
    ToldNothing,
    /// A proven `OK`, after so many milliseconds.
    Authenticated(u64),
    /// A proven refusal.
    Refused,
    /// Given up.
    Failed,
    /// A box is done, after so many requests.
    Done(u64),
}

/// One box at work.
struct Walker {
    device: SimDevice,
    door: Arc<Door>,
    script: FleetScript,
    rng: StdRng,
    events: mpsc::UnboundedSender<Event>,
    /// Requests so far, to whichever PPPX.
    sent: u64,
}

/// Lets each box of a fleet authenticate and counts what becomes of them.
///
/// `seen` is told of each event as it happens, for progress and for tests that wait for a count.
pub async fn run(
    door: &Arc<Door>,
    devices: Vec<SimDevice>,
    script: FleetScript,
    seen: &mut (dyn FnMut(Event) + Send),
) -> Summary {
    let (sender, mut events) = mpsc::unbounded_channel();
    let tasks = Tasks::default();
    let mut seeds = StdRng::seed_from_u64(script.seed);
    let mut summary = Summary { boxes: length(devices.len()), ..Summary::default() };
    let mut ready = Vec::with_capacity(devices.len());
    for device in devices {
        let rng = StdRng::seed_from_u64(seeds.random());
        let (door, events) = (Arc::clone(door), sender.clone());
        let mut walker = Walker { device, door, script, rng, events, sent: 0 };
        let first = walker.make();
        ready.push((walker, first));
    }
    drop(sender);
    let started = Instant::now();
    for (walker, first) in ready {
        tasks.spawn(walker.walk(first));
    }
    while let Some(event) = events.recv().await {
        summary.count(event, started.elapsed());
        seen(event);
    }
    tasks.finish().await;
    summary.elapsed_ms = millis(started.elapsed());
    summary.settle();
    summary
}

/// Registers and activates boxes, so many at a time.
///
/// # Errors
///
/// The first that PPPX did not answer or refused.
pub async fn enrol_all(
    door: &Arc<Door>,
    boxes: u32,
    seed: u64,
    enrolled: &mut (dyn FnMut() + Send),
) -> Result<Vec<SimDevice>, Failure> {
    const AT_ONCE: usize = 8;
    let mut rng = StdRng::seed_from_u64(seed);
    let mut left = (0..boxes).map(|_| super::made_identity(&mut rng)).collect::<Vec<_>>();
    let (tasks, mut devices) = (Tasks::default(), Vec::new());
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(AT_ONCE));
        let begun: Vec<_> = std::mem::replace(&mut left, rest)
            .into_iter()
            .map(|identity| {
                let door = Arc::clone(door);
                tasks.spawn(async move { super::enrol(&door, identity).await })
            })
            .collect();
        for task in begun {
            let device = task.await.map_err(|error| {
                crate::error::failed!("bad-credential", cause = crate::text::cause::any(&error))
            })?;
            devices.push(device?);
            enrolled();
        }
    }
    Ok(devices)
}

// === impl Summary ===

impl Summary {
    fn count(&mut self, event: Event, since: Duration) {
        match event {
            Event::Attempt => self.attempts += 1,
            Event::Unanswered => self.unanswered += 1,
            Event::ToldToWait => self.told_to_wait += 1,
            Event::ToldNothing => self.told_nothing += 1,
            Event::Authenticated(ms) => {
                self.authenticated += 1;
                self.times_ms.push(ms);
                self.last_ms = millis(since);
                let second = usize::try_from(since.as_secs()).unwrap_or_default();
                self.curve.resize(self.curve.len().max(second + 1), 0);
                if let Some(count) = self.curve.get_mut(second) {
                    *count += 1;
                }
            }
            Event::Done(sent) => self.most_sent = self.most_sent.max(sent),
            Event::Refused => self.refused += 1,
            Event::Failed => self.failed += 1,
        }
    }

    /// Says what the times of all come to.
    fn settle(&mut self) {
        self.times_ms.sort_unstable();
        let times = &self.times_ms;
        let at = |percent: usize| times.get(times.len().saturating_sub(1) * percent / 100).copied();
        self.p50_ms = at(50).unwrap_or_default();
        self.p99_ms = at(99).unwrap_or_default();
        self.longest_ms = at(100).unwrap_or_default();
    }
}

// === impl Walker ===

impl Walker {
    fn make(&mut self) -> Attempt {
        self.device.attempt(&mut self.rng, self.door.clock().now_ms())
    }

    async fn walk(mut self, first: Attempt) {
        let spread = self.script.spread.mul_f64(self.rng.random());
        sleep(spread).await;
        let mut first = Some(first);
        for _ in 0..self.script.rounds {
            let attempt = first.take().unwrap_or_else(|| self.make());
            let event = self.authenticate(attempt).await;
            self.tell(event);
        }
        self.tell(Event::Done(self.sent));
    }

    /// One AUTH until it is answered or given up.
    async fn authenticate(&mut self, mut attempt: Attempt) -> Event {
        let started = Instant::now();
        let mut bound = BACK_OFF.0;
        let mut made = started;
        while started.elapsed() < self.script.patience {
            if SAME_CRYPTO < made.elapsed() {
                attempt = self.make();
                made = Instant::now();
            }
            let verdict = self.ask(&attempt).await;
            match verdict {
                Verdict::Surf { .. } => return Event::Authenticated(millis(started.elapsed())),
                Verdict::Shut(_) => return Event::Refused,
                Verdict::AskAgain => {
                    attempt = self.make();
                    made = Instant::now();
                }
                // It was drawn for this box alone.
                Verdict::None { retry_s: Some(told) } => {
                    sleep(Duration::from_secs(u64::from(told)).min(TOLD_AT_MOST)).await;
                }
                Verdict::None { retry_s: None } => {
                    sleep(bound.mul_f64(self.rng.random())).await;
                    bound = (bound * 2).min(BACK_OFF.1);
                }
            }
        }
        Event::Failed
    }

    async fn ask(&mut self, attempt: &Attempt) -> Verdict {
        self.tell(Event::Attempt);
        let document = Bytes::copy_from_slice(attempt.document.as_bytes());
        let Ok(got) = self.door.document(document).await else {
            self.sent += length(self.door.pppx().present().count());
            self.tell(Event::Unanswered);
            return Verdict::None { retry_s: None };
        };
        self.sent += u64::from(got.attempts);
        let verdict = self.judge(attempt, &got);
        match verdict {
            Verdict::None { retry_s: Some(_) } => self.tell(Event::ToldToWait),
            Verdict::None { retry_s: None } => self.tell(Event::ToldNothing),
            _ => {}
        }
        verdict
    }

    fn judge(&mut self, attempt: &Attempt, got: &Got) -> Verdict {
        match Response::parse(&got.body) {
            Ok(response) => {
                let now_ms = self.door.clock().now_ms();
                self.device.judge(attempt, &response.answer, now_ms)
            }
            Err(_) => Verdict::None { retry_s: got.retry_after_s },
        }
    }

    fn tell(&self, event: Event) {
        // The counter outlives every box.
        let _unused = self.events.send(event);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
