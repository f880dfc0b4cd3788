//! Five times as much as the servers can do.
//!
//! Both AAR are slowed by pausing them four fifths of the time, so that the capacity is theirs and
//! not that of the machine, on which the clients run too; `[limits] inflight` is small.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chassis::Tasks;
use client::Endpoint;
use ngondo::door::Door;
use ngondo::sim::{SimDevice, Verdict, fleet};
use ngondo::site::{Place, Site};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::{Outcome, Response, Role};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::time::{Instant, interval, sleep, timeout};

use super::load::LIMIT;
use super::{Broken, Length, rows};
use crate::{PACE, Programs, lay};

/// `[limits] inflight` of both PPPX and both AAR.
const INFLIGHT: u32 = 16;
/// How long the AAR run, and are paused, in turn.
const RUNS: Duration = Duration::from_millis(10);
const PAUSED: Duration = Duration::from_millis(40);

/// What came of requests.
#[derive(Debug, Default)]
struct Seen {
    sent: u64,
    good: u64,
    retries: Vec<u32>,
    refused_ms: Vec<u64>,
    failures: BTreeSet<String>,
    failed: u64,
    /// Requests that were due while every box waited for its answer.
    unsent: u64,
}

/// Boxes that wait for nothing, and where they ask.
struct Fleet {
    free: Mutex<Vec<(SimDevice, StdRng)>>,
    door: Arc<Door>,
    to: [Endpoint; 2],
    seen: Mutex<Seen>,
}

/// R14: goodput under five times the load that it can do, against the most that it did.
pub(super) async fn five_times(length: Length) -> Broken {
    let mut broken = Broken { times: 1, ..Broken::default() };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = lay(&folder, PACE).await;
    for (role, place) in
        [Role::Pppx, Role::Aar].into_iter().flat_map(|role| Place::ALL.map(|it| (role, it)))
    {
        limit(&site, (role, place));
    }
    let mut programs = Programs::start_in(site, folder).await;
    let boxes = if length.long { 400 } else { 150 };
    let devices = fleet::enrol_all(&programs.door, boxes, 1, &mut || {}).await.expect("boxes");
    let fleet = Arc::new(Fleet {
        free: Mutex::new(devices.into_iter().zip((1..).map(StdRng::seed_from_u64)).collect()),
        door: Arc::clone(&programs.anyone),
        to: Place::ALL.map(|place| programs.site.endpoint(Role::Pppx, place)),
        seen: Mutex::default(),
    });
    fleet.know().await;

    let tasks = Tasks::default();
    let slowed = Place::ALL.map(|place| programs.pid(Role::Aar, place));
    let stop = tasks.stop().clone();
    let slow = tasks.spawn(async move { stop.run_until_cancelled(slow_down(slowed)).await });
    let time = Duration::from_secs(length.seconds.clamp(3, 15));
    let peak = Fleet::closed(&fleet, time).await;
    let most = rate(peak.good, time);
    let over = Fleet::open(&fleet, most * 5.0, time).await;
    tasks.finish().await;
    drop(slow.await);
    for pid in slowed {
        kill(pid, Signal::SIGCONT).expect("SIGCONT");
    }

    broken.sent = over.sent;
    broken.answered = over.good;
    broken.refused = u64::try_from(over.retries.len()).unwrap_or_default();
    broken.failed = over.failed;
    let good = rate(over.good, time);
    broken.note(format_args!(
        "{most:.0} a second at most, {good:.0} of {:.0} offered: {:.0} %",
        most * 5.0,
        100.0 * good / most
    ));
    broken.hold(most * 0.8 <= good, "the goodput is under 80 % of the peak");
    broken.hold(
        over.failed == 0,
        format_args!("what was not served was not told BUSY with its seconds: {:?}", over.failures),
    );
    let drawn: BTreeSet<_> = over.retries.iter().collect();
    broken
        .note(format_args!("BUSY p99 {} ms, Retry-After drawn of {drawn:?}", p99(over.refused_ms)));
    broken.hold(1 < drawn.len(), "Retry-After is not drawn");
    if 0 < over.unsent {
        broken.note(format_args!("{} were due while every box waited", over.unsent));
    }
    rows::settled(&programs.site, &BTreeSet::new()).await;
    programs.terminate_all().await;
    broken.hold_rows(&rows::now(&programs.site).await);
    broken
}

/// Pauses the processes most of the time.
async fn slow_down(processes: [Pid; 2]) {
    loop {
        for (signal, time) in [(Signal::SIGSTOP, PAUSED), (Signal::SIGCONT, RUNS)] {
            for pid in processes {
                kill(pid, signal).expect("a process");
            }
            // The slowness itself.
            sleep(time).await;
        }
    }
}

/// Writes the limit into an ini.
fn limit(site: &Site, (role, place): (Role, Place)) {
    let ini = site.ini(role, place);
    let text = fs::read_to_string(&ini).expect("an ini");
    let limits = format!("[limits]\ninflight = {INFLIGHT}");
    fs::write(&ini, text.replace("[limits]", &limits)).expect("an ini");
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a rate is a fraction")]
fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn p99(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

// === impl Fleet ===

impl Fleet {
    /// Waits until both AAR know every box.
    async fn know(&self) {
        let known = async {
            let count = self.free.lock().unwrap_or_else(PoisonError::into_inner).len();
            let mut good = 0;
            let mut tick = interval(Duration::from_millis(1));
            while good < count {
                tick.tick().await;
                let before = self.seen().good;
                self.one(good % 2).await;
                good = if before < self.seen().good { good + 1 } else { 0 };
            }
        };
        timeout(LIMIT, known).await.expect("the boxes are known");
        self.take();
    }

    /// As many at once as are let in, as fast as they are answered.
    async fn closed(this: &Arc<Self>, time: Duration) -> Seen {
        let tasks = Tasks::default();
        let until = Instant::now() + time;
        for number in 0..2 * usize::try_from(INFLIGHT).unwrap_or_default() {
            let fleet = Arc::clone(this);
            tasks.spawn(async move {
                while Instant::now() < until {
                    fleet.one(number).await;
                }
            });
        }
        sleep(time).await;
        tasks.finish().await;
        this.take()
    }

    /// So many a second, whatever becomes of those before.
    async fn open(this: &Arc<Self>, rate: f64, time: Duration) -> Seen {
        let tasks = Tasks::default();
        let began = Instant::now();
        let mut tick = interval(Duration::from_millis(2));
        let mut sent: usize = 0;
        while began.elapsed() < time {
            tick.tick().await;
            let due = Duration::from_secs_f64(began.elapsed().as_secs_f64() * rate).as_secs();
            while sent < usize::try_from(due).unwrap_or_default() {
                sent += 1;
                let fleet = Arc::clone(this);
                tasks.spawn(async move { fleet.one(sent).await });
            }
        }
        // What is answered after the time is counted too: it is work that was done in time.
        tasks.finish().await;
        this.take()
    }

    /// One AUTH of a box that waits for nothing.
    async fn one(&self, number: usize) {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((mut device, mut rng)) = free else {
            self.seen().unsent += 1;
            return;
        };
        let now_ms = self.door.clock().now_ms();
        let attempt = device.attempt(&mut rng, now_ms);
        let began = Instant::now();
        let got =
            self.door.document_to(&self.to[number % 2], attempt.document.clone().into()).await;
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut seen = self.seen();
        seen.sent += 1;
        let failure = match got {
            Err(failure) => Some(failure.key().to_owned()),
            Ok(got) => match Response::parse(&got.body).map(|it| it.answer) {
                Err(_) => Some(format!("no document, status {}", got.status)),
                Ok(answer) => match (answer.outcome(), got.retry_after_s) {
                    (Outcome::Busy, Some(retry_s)) => {
                        seen.retries.push(retry_s);
                        seen.refused_ms.push(took);
                        None
                    }
                    (outcome, _) => match device.judge(&attempt, &answer, now_ms) {
                        Verdict::Surf { .. } => {
                            seen.good += 1;
                            None
                        }
                        _ => Some(outcome.to_string()),
                    },
                },
            },
        };
        if let Some(failure) = failure {
            seen.failed += 1;
            seen.failures.insert(failure);
        }
        drop(seen);
        // The longest waiting first, so that each box has its turn.
        self.free.lock().unwrap_or_else(PoisonError::into_inner).insert(0, (device, rng));
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }
}
