//! The load of an authentication storm: boxes with real keys, real crypto, and a proof that is checked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chassis::{Clock, Tasks};
use protocol::{Outcome, PeerAddr, Response};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::pace::{Pace, Tickets};
use super::tally::{AuthReport, Tally};
use super::wire::Wire;
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::sim::fleet::enrol_all;
use crate::sim::{Attempt, SimDevice, Verdict};
use crate::text::cause;

/// Authentications a second that a closed loop is expected to reach at most; more are made on the way, and counted.
const EXPECTED_RATE: u32 = 20_000;
/// Cryptos made before the clock starts, at most: some 300 MB, and fresh enough for 300 s.
const MADE_AT_MOST: u128 = 1_000_000;

/// How to load the back office.
#[derive(Debug, Clone)]
pub struct AuthScript {
    /// Where the load goes.
    pub to: PeerAddr,
    /// Connections that are kept open.
    pub connections: u32,
    /// Time before the counting starts: connections are opened, caches filled.
    pub warm_up: Duration,
    /// How long is counted.
    pub duration: Duration,
    /// Boxes that take turns; registered and activated first.
    pub boxes: u32,
    /// Requests a second, whether or not the last ones are answered; none: as fast as they are.
    pub rate: Option<u32>,
    /// Seed of what is drawn; none: another for each run, so that its boxes are new.
    pub seed: Option<u64>,
}

/// What is being done, for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// One more box is registered.
    Enrolled,
    /// All cryptos are made, the clock starts.
    Started,
}

/// One connection and the boxes that use it.
struct Lane {
    wire: Wire,
    clock: Clock,
    rng: StdRng,
    devices: Vec<SimDevice>,
    turn: usize,
    ready: VecDeque<Shot>,
}

/// Why an AUTH brought nothing.
enum Miss {
    /// Too much is asked: when it was told so, and when to come back.
    Busy(Outcome, Instant, Option<u32>),
    /// Anything else.
    Wrong(String),
}

/// An AUTH that is ready to be sent.
struct Shot {
    device: usize,
    attempt: Attempt,
    document: Bytes,
}

/// Registers the boxes, makes their cryptos, then lets them authenticate for the time.
///
/// # Errors
///
/// A box could not be registered. What goes wrong under load is counted, not returned.
pub async fn auth(
    door: &Arc<Door>,
    script: &AuthScript,
    progress: &mut (dyn FnMut(Phase) + Send),
) -> Result<AuthReport, Failure> {
    let seed = script.seed.unwrap_or_else(rand::random);
    let boxes = script.boxes.max(1);
    let devices = enrol_all(door, boxes, seed, &mut || progress(Phase::Enrolled)).await?;
    let lanes = prepare(lanes(script, door.clock(), devices, seed), script).await?;
    progress(Phase::Started);
    let connections = lanes.len();
    let start = Instant::now();
    let count_from = start + script.warm_up;
    let tasks = Tasks::default();
    let pace = pace(script, start, connections, &tasks);
    let running: Vec<_> =
        lanes.into_iter().map(|lane| tasks.spawn(lane.run(pace.clone(), count_from))).collect();
    let mut tally = tally()?;
    for lane in running {
        tally.add(
            lane.await.map_err(|error| failed!("bench-broken", cause = cause::any(&error)))??,
        );
    }
    let seconds = count_from.elapsed().as_secs_f64();
    tasks.finish().await;
    Ok(report(script, connections, seconds, tally))
}

fn report(script: &AuthScript, connections: usize, seconds: f64, tally: Tally) -> AuthReport {
    let (authenticated, latency_us) = (tally.good_count(), tally.latency());
    let turned = tally.all_turned();
    let made_late = tally.made_late;
    let errors = tally.into_errors();
    let count = f64::from(u32::try_from(authenticated).unwrap_or(u32::MAX));
    AuthReport {
        connections,
        boxes: usize::try_from(script.boxes.max(1)).unwrap_or(usize::MAX),
        rate: script.rate,
        seconds,
        authenticated,
        per_second: errors.is_empty().then_some(count / seconds),
        latency_us,
        errors,
        turned,
        made_late,
    }
}

fn pace(script: &AuthScript, start: Instant, connections: usize, tasks: &Tasks) -> Pace {
    let time = script.warm_up + script.duration;
    let Some(rate) = script.rate else { return Pace::Closed { until: start + time } };
    let tickets = Arc::new(Tickets::new(start, rate, time));
    let issuer = Arc::clone(&tickets);
    drop(tasks.spawn(async move {
        // It ends with its last ticket, and nobody waits for it.
        tokio::task::spawn_blocking(move || issuer.issue(connections)).await.unwrap_or_default();
    }));
    Pace::Open(tickets)
}

/// Deals the boxes out to connections.
fn lanes(script: &AuthScript, clock: &Clock, devices: Vec<SimDevice>, seed: u64) -> Vec<Lane> {
    let connections = usize::try_from(script.connections).unwrap_or(1).clamp(1, devices.len());
    let mut seeds = StdRng::seed_from_u64(seed);
    let mut lanes: Vec<_> = (0..connections)
        .map(|_| Lane {
            wire: Wire::new(script.to.clone()),
            clock: clock.clone(),
            rng: StdRng::seed_from_u64(seeds.random()),
            devices: Vec::new(),
            turn: 0,
            ready: VecDeque::new(),
        })
        .collect();
    for (index, device) in devices.into_iter().enumerate() {
        if let Some(lane) = lanes.get_mut(index % connections) {
            lane.devices.push(device);
        }
    }
    lanes
}

/// Makes cryptos ahead of the clock, beside the runtime.
async fn prepare(mut lanes: Vec<Lane>, script: &AuthScript) -> Result<Vec<Lane>, Failure> {
    let rate = u128::from(script.rate.unwrap_or(EXPECTED_RATE));
    let total = rate.saturating_mul((script.warm_up + script.duration).as_millis()) / 1000;
    let total = usize::try_from(total.min(MADE_AT_MOST)).unwrap_or_default();
    // A quarter more than its share, for a connection may get more than the others.
    let each = (total + total / 4).div_ceil(lanes.len());
    let made = tokio::task::spawn_blocking(move || {
        for lane in &mut lanes {
            lane.prepare(each);
        }
        lanes
    });
    made.await.map_err(|error| failed!("bench-broken", cause = cause::any(&error)))
}

fn tally() -> Result<Tally, Failure> {
    Tally::new().map_err(|error| failed!("bench-broken", cause = cause::any(&error)))
}

// === impl Lane ===

impl Lane {
    fn prepare(&mut self, count: usize) {
        self.ready.reserve(count);
        for _ in 0..count {
            if let Some(shot) = self.make() {
                self.ready.push_back(shot);
            }
        }
    }

    /// Makes the AUTH of the box whose turn it is.
    fn make(&mut self) -> Option<Shot> {
        let device = self.turn;
        self.turn = (self.turn + 1) % self.devices.len().max(1);
        let now_ms = self.clock.now_ms();
        let mut attempt = self.devices.get_mut(device)?.attempt(&mut self.rng, now_ms);
        let document = Bytes::from(std::mem::take(&mut attempt.document));
        Some(Shot { device, attempt, document })
    }

    /// Sends for as long as requests are due.
    async fn run(mut self, pace: Pace, count_from: Instant) -> Result<Tally, Failure> {
        let mut tally = tally()?;
        while let Some(due) = pace.next().await {
            let ready = self.ready.pop_front();
            let late = ready.is_none();
            let Some(shot) = ready.or_else(|| self.make()) else { break };
            let judged = self.shoot(shot).await;
            if due < count_from {
                continue;
            }
            tally.made_late += u64::from(late);
            match judged {
                Ok(answered) => tally.good(answered.saturating_duration_since(due)),
                Err(Miss::Busy(outcome, told, retry_s)) => {
                    tally.turned(told.saturating_duration_since(due), retry_s);
                    tally.bad(outcome.to_string());
                }
                Err(Miss::Wrong(kind)) => tally.bad(kind),
            }
        }
        Ok(tally)
    }

    /// Sends one; when its good answer was there, or what went wrong.
    async fn shoot(&mut self, shot: Shot) -> Result<Instant, Miss> {
        let posted = self.wire.post(shot.document).await;
        let (status, body) = posted.map_err(|error| Miss::Wrong(error.to_string()))?;
        let answered = Instant::now();
        let response = Response::parse(&body)
            .map_err(|_| Miss::Wrong(format!("no document, status {status}")))?;
        let outcome = response.answer.outcome();
        if matches!(outcome, Outcome::Busy | Outcome::SlowDown) {
            return Err(Miss::Busy(outcome, answered, response.answer.retry_s()));
        }
        let now_ms = self.clock.now_ms();
        let device = self.devices.get_mut(shot.device);
        let verdict = device.map(|it| it.judge(&shot.attempt, &response.answer, now_ms));
        match verdict {
            Some(Verdict::Surf { .. }) => Ok(answered),
            _ if outcome == Outcome::Ok => Err(Miss::Wrong("no good proof".to_owned())),
            _ => Err(Miss::Wrong(outcome.to_string())),
        }
    }
}

#[cfg(test)]
mod tests;
