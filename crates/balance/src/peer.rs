//! What a caller knows of one server.

use std::time::{Duration, Instant};

use crate::breaker::{Breaker, Hit};
use crate::ewma::{Peak, Usual};

/// What is believed of a server of which nothing is known: good enough to be tried, for a newcomer
/// that is taken for slow gets no request and stays unknown.
const SEED: Duration = Duration::from_millis(30);
/// The least that a failure counts as. Whoever fails fast would look like the fastest of all.
const PENALTY: Duration = Duration::from_secs(1);
/// The most that a server may say of itself by `Retry-After`.
const LONGEST_PENALTY: Duration = Duration::from_secs(30);
/// A server that is leaving is gone, or has said so again, by then.
const LEAVING: Duration = Duration::from_secs(5);
/// How long a server that is new or well again takes to get its whole share.
const SLOW_START: Duration = Duration::from_secs(8);
/// The part of its share that it has at first.
const SLOW_START_SHARE: f64 = 0.1;
/// A server to which nothing was sent for so long is probed.
const IDLE: Duration = Duration::from_secs(1);
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Good probes in a row after which a server is forgiven; more where it was forgiven in vain.
const GOOD_PROBES: u32 = 2;
const MOST_GOOD_PROBES: u32 = 3;
/// Well for so long, it was not forgiven in vain.
const WELL: Duration = Duration::from_secs(15);
/// A good probe takes less than so many times what is usual.
const USUAL_TIMES: f64 = 3.0;
/// Less than this is no sign of anything: it is the noise of a machine with other work.
const USUAL_LEAST_S: f64 = 0.005;
const TRY_TIMES: f64 = 4.0;
const TRY_LEAST: Duration = Duration::from_millis(250);
const TRY_MOST: Duration = Duration::from_secs(1);

/// What became of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It answered; a refusal is an answer too.
    Answer,
    /// It had no room, and says when it may have some.
    Shed {
        /// Its `Retry-After`.
        retry: Option<Duration>,
    },
    /// It failed, or did not answer in the time of a try.
    Failed,
    /// It answered what is no command: how long that took says nothing.
    Unmeasured,
    /// The caller did not wait: nothing is known.
    Abandoned,
}

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It answered.
    Good,
    /// It did not.
    Bad,
}

/// What a caller knows of one server.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    peak: Peak,
    usual: Option<Usual>,
    /// What is usual of its twin, in seconds.
    pub(crate) twin_usual_s: Option<f64>,
    pub(crate) inflight: u32,
    pub(crate) breaker: Breaker,
    /// It failed, and nothing has shown yet that it is well again.
    suspect: bool,
    good_probes: u32,
    /// How often it was forgiven and failed soon after.
    in_vain: u32,
    forgiven_at: Option<Instant>,
    probe_at: Instant,
    last_sent: Instant,
    /// When it was a candidate last.
    pub(crate) last_seen: Instant,
    slow_from: Option<Instant>,
    leaving_until: Option<Instant>,
    /// A request is trying it, until then at most.
    trial_until: Option<Instant>,
}

// === impl Peer ===

impl Peer {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            peak: Peak::new(SEED, now),
            usual: None,
            twin_usual_s: None,
            inflight: 0,
            breaker: Breaker::new(now),
            suspect: false,
            good_probes: 0,
            in_vain: 0,
            forgiven_at: None,
            probe_at: now,
            last_sent: now,
            last_seen: now,
            slow_from: None,
            leaving_until: None,
            trial_until: None,
        }
    }

    /// Gets its share slowly: its twin has been serving for a while.
    pub(crate) fn start_slowly(&mut self, now: Instant) {
        self.slow_from = Some(now);
    }

    /// What one more request costs here, in seconds, before the weight.
    pub(crate) fn load(&self, now: Instant) -> f64 {
        self.peak.at(now) * (f64::from(self.inflight) + 1.0) * self.slow(now)
    }

    pub(crate) fn peak_s(&self, now: Instant) -> f64 {
        self.peak.at(now)
    }

    pub(crate) fn usual_s(&self) -> Option<f64> {
        self.usual.map(|usual| usual.value_s())
    }

    /// By how much the load is overstated: ten times at first, falling to once.
    pub(crate) fn slow(&self, now: Instant) -> f64 {
        let Some(from) = self.slow_from else { return 1.0 };
        let age = now.saturating_duration_since(from).div_duration_f64(SLOW_START).min(1.0);
        1.0 / (SLOW_START_SHARE + (1.0 - SLOW_START_SHARE) * age)
    }

    pub(crate) fn is_leaving(&self, now: Instant) -> bool {
        self.leaving_until.is_some_and(|until| now < until)
    }

    pub(crate) fn leave(&mut self, now: Instant) {
        self.leaving_until = Some(now + LEAVING);
    }

    /// How long one try may take where another server may be asked after it.
    ///
    /// By what is usual where that is longer: a server that was found well again by a probe has the
    /// probe's time for a peak, and its commands take longer than nothing.
    pub(crate) fn patience(&self, now: Instant) -> Duration {
        let usual_s = self.usual_s().unwrap_or_default();
        let times_s = self.peak.at(now).max(usual_s) * TRY_TIMES;
        let times = Duration::try_from_secs_f64(times_s).unwrap_or(TRY_MOST);
        times.clamp(TRY_LEAST, TRY_MOST)
    }

    /// Whether one request may try it although it is open.
    pub(crate) fn may_be_tried(&self, now: Instant) -> bool {
        self.breaker.rest(now) == Some(Duration::ZERO)
            && self.trial_until.is_none_or(|until| now >= until)
    }

    pub(crate) fn begin(&mut self, now: Instant) {
        self.inflight += 1;
        self.last_sent = now;
        if self.may_be_tried(now) {
            self.trial_until = Some(now + TRY_MOST);
        }
    }

    /// Learns what became of a try.
    pub(crate) fn end(&mut self, seen: Seen, took: Duration, (now, draw): (Instant, f64)) {
        self.inflight = self.inflight.saturating_sub(1);
        match seen {
            Seen::Answer => {
                self.peak.note(took, now);
                match &mut self.usual {
                    Some(usual) => usual.note(took, now),
                    None => self.usual = Some(Usual::new(took, now)),
                }
                self.breaker.note(Hit::Good, now, draw);
            }
            Seen::Shed { retry } => {
                let penalty = retry.unwrap_or(PENALTY).clamp(PENALTY, LONGEST_PENALTY);
                self.fail(took.max(penalty), Hit::Shed, (now, draw));
            }
            Seen::Failed => self.fail(took.max(PENALTY), Hit::Failed, (now, draw)),
            Seen::Unmeasured => self.breaker.note(Hit::Good, now, draw),
            Seen::Abandoned => {}
        }
    }

    /// A request that tried an open one got an answer: that is as good as probes.
    pub(crate) fn tried(&mut self, seen: Seen, took: Duration, (now, draw): (Instant, f64)) {
        if self.trial_until.is_none() || !self.breaker.is_open() {
            return;
        }
        self.trial_until = None;
        match seen {
            Seen::Answer | Seen::Unmeasured => self.forgive(took, now),
            Seen::Shed { .. } | Seen::Failed => self.breaker.stay(now, draw),
            Seen::Abandoned => {}
        }
    }

    /// Whether to probe it now; the next is due a second later, spread by a `draw` of `0.0..1.0`.
    pub(crate) fn probe_is_due(&mut self, now: Instant, draw: f64) -> bool {
        let idle = self.inflight == 0 && now.saturating_duration_since(self.last_sent) > IDLE;
        let due = now >= self.probe_at && (idle || self.suspect || self.breaker.is_open());
        if due {
            self.probe_at = now + PROBE_EVERY.mul_f64(0.8 + 0.4 * draw);
        }
        due
    }

    /// Learns what a probe found.
    pub(crate) fn probed(&mut self, probe: Probe, took: Duration, now: Instant) {
        let usual_s = self.twin_usual_s.or(self.usual_s()).unwrap_or(SEED.as_secs_f64());
        let limit_s = (usual_s * USUAL_TIMES).max(USUAL_LEAST_S);
        let good = probe == Probe::Good && took.as_secs_f64() < limit_s;
        let penalty = if probe == Probe::Good { took } else { took.max(PENALTY) };
        self.peak.note(penalty, now);
        if !good {
            self.good_probes = 0;
            self.suspect = true;
            return;
        }
        self.good_probes += 1;
        if self.good_probes < GOOD_PROBES + self.in_vain {
            return;
        }
        let inflated = self.peak.at(now) > limit_s;
        if self.breaker.is_open() || (self.suspect && inflated) {
            self.forgive(took, now);
        }
        self.suspect = false;
    }

    fn fail(&mut self, took: Duration, hit: Hit, (now, draw): (Instant, f64)) {
        self.peak.note(took, now);
        if let Some(at) = self.forgiven_at.take() {
            let soon = now.saturating_duration_since(at) < WELL;
            let more = (self.in_vain + 1).min(MOST_GOOD_PROBES - GOOD_PROBES);
            self.in_vain = if soon { more } else { 0 };
        }
        self.suspect = true;
        self.good_probes = 0;
        self.breaker.note(hit, now, draw);
    }

    fn forgive(&mut self, took: Duration, now: Instant) {
        self.breaker.close(now);
        self.peak = Peak::new(took, now);
        self.suspect = false;
        self.forgiven_at = Some(now);
        self.slow_from = Some(now);
    }
}
