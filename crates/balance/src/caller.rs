//! Which of two servers gets a request.
//!
//! Both are compared each time: what a request costs there, by the time that answers take of late,
//! the requests that are under way and the share that the map gives it. One that fails is left
//! alone by its breaker; where both are, both are asked again, and less.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::budget::Budget;
use crate::peer::{Peer, Probe, Seen};

/// How many choices can be explained.
const EXPLAINED: usize = 100;
/// Who was no candidate for so long is forgotten, and not probed.
const FORGOTTEN: Duration = Duration::from_mins(1);

/// What the address map says of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Send it requests.
    Good,
    /// Send it requests only when its twin does not answer.
    Avoid,
}

/// A server that could be asked.
#[derive(Debug, Clone)]
pub struct Candidate<K> {
    /// Its address.
    pub key: K,
    /// Its share against its twin's, as the map has it.
    pub weight: f64,
    /// What the map says of it.
    pub standing: Standing,
}

/// How an open breaker learns that its server is well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// By probes: no request of a user tries it.
    Probes,
    /// By one request at a time: for programs that live for one.
    Trials,
}

/// A choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick<K> {
    /// Whom to ask, and whom after that.
    pub order: Vec<K>,
    /// Whether neither seems well.
    pub panic: bool,
    /// Whether to ask nobody: neither is well, and enough requests are trying.
    pub refused: bool,
}

/// One choice, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained<K> {
    /// When it was made.
    pub at: Instant,
    /// The candidates, the chosen one first.
    pub weighed: Vec<Weighed<K>>,
    /// Whether neither seemed well.
    pub panic: bool,
    /// Whether nobody was asked.
    pub refused: bool,
}

/// What a choice was made by.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed<K> {
    /// The server.
    pub key: K,
    /// What one more request costs there, in seconds, divided by its share: the lower is asked.
    pub load: f64,
    /// How long its answers take at worst of late, in milliseconds.
    pub peak_ms: f64,
    /// Requests under way there from here.
    pub inflight: u32,
    /// Its share.
    pub weight: f64,
    /// By how much the load is overstated while it is new or just well again.
    pub slow_start: f64,
    /// What the map, or the server itself, says.
    pub standing: Standing,
    /// How long it is to be left alone still, where its breaker is open.
    pub open: Option<Duration>,
}

/// All that one caller knows of those it calls.
#[derive(Debug, Clone)]
pub struct Caller<K> {
    peers: Vec<(K, Peer)>,
    budget: Budget,
    recovery: Recovery,
    picks: VecDeque<Explained<K>>,
}

// === impl Caller ===

impl<K: Clone + PartialEq> Caller<K> {
    /// Knows nobody yet.
    pub fn new(recovery: Recovery, now: Instant) -> Self {
        Self { peers: Vec::new(), budget: Budget::new(now), recovery, picks: VecDeque::new() }
    }

    /// Changes how it learns that a server is well again.
    pub fn recover_by(&mut self, recovery: Recovery) {
        self.recovery = recovery;
    }

    /// Chooses among the one or two servers of a role; `draw` of `0.0..1.0` decides whom to refuse
    /// where neither is well.
    ///
    /// Source: balancing.md (c2)
    pub fn pick(&mut self, candidates: &[Candidate<K>], now: Instant, draw: f64) -> Pick<K> {
        self.meet(candidates, now);
        self.budget.request(now);
        let mut weighed: Vec<Weighed<K>> =
            candidates.iter().filter_map(|candidate| self.weigh(candidate, now)).collect();
        weighed.sort_by(|one, other| {
            let (rank, its) = (self.rank(one, now), self.rank(other, now));
            rank.cmp(&its).then(one.load.total_cmp(&other.load))
        });
        let panic = weighed.first().is_some_and(|best| self.is_closed_to(best, now));
        let refused =
            panic && self.recovery == Recovery::Probes && self.budget.throttles(now, draw);
        let order = weighed.iter().map(|it| it.key.clone()).collect();
        if self.picks.len() >= EXPLAINED {
            self.picks.pop_front();
        }
        self.picks.push_back(Explained { at: now, weighed, panic, refused });
        Pick { order, panic, refused }
    }

    /// A try leaves.
    pub fn begin(&mut self, key: &K, now: Instant) {
        if let Some(peer) = self.peer(key) {
            peer.begin(now);
        }
    }

    /// A try has ended after so long; `draw` of `0.0..1.0` spreads what follows from a failure.
    pub fn end(&mut self, key: &K, seen: Seen, took: Duration, at: (Instant, f64)) {
        if matches!(seen, Seen::Answer | Seen::Unmeasured) {
            self.budget.answer(at.0);
        }
        let recovery = self.recovery;
        if let Some(peer) = self.peer(key) {
            peer.end(seen, took, at);
            if recovery == Recovery::Trials {
                peer.tried(seen, took, at);
            }
        }
    }

    /// A server said that it is leaving.
    pub fn leaving(&mut self, key: &K, now: Instant) {
        if let Some(peer) = self.peer(key) {
            peer.leave(now);
        }
    }

    /// Takes one retry from the budget, where one is left; to be asked before any pause.
    pub fn take_retry(&mut self, now: Instant) -> bool {
        self.budget.take(now)
    }

    /// How many retries are left.
    pub fn retries_left(&self, now: Instant) -> u64 {
        self.budget.left(now)
    }

    /// How long one try may take where the twin may be asked after it.
    pub fn patience(&self, key: &K, now: Instant) -> Duration {
        let known = self.peers.iter().find(|(known, _)| known == key);
        known.map_or(Duration::from_secs(1), |(_, peer)| peer.patience(now))
    }

    /// Whom to probe now.
    pub fn probes_due(&mut self, now: Instant, mut draw: impl FnMut() -> f64) -> Vec<K> {
        self.peers.retain(|(_, peer)| {
            peer.inflight > 0 || now.saturating_duration_since(peer.last_seen) < FORGOTTEN
        });
        let due = self
            .peers
            .iter_mut()
            .filter_map(|(key, peer)| peer.probe_is_due(now, draw()).then(|| key.clone()));
        due.collect()
    }

    /// Whether anything is remembered of a server.
    pub fn knows(&self, key: &K) -> bool {
        self.peers.iter().any(|(known, _)| known == key)
    }

    /// Learns what a probe found.
    pub fn probed(&mut self, key: &K, probe: Probe, took: Duration, now: Instant) {
        if let Some(peer) = self.peer(key) {
            peer.probed(probe, took, now);
        }
    }

    /// The last hundred choices, the oldest first.
    pub fn explain(&self) -> impl Iterator<Item = &Explained<K>> {
        self.picks.iter()
    }

    /// Who is being left alone, and for how long still.
    pub fn resting(&self, now: Instant) -> impl Iterator<Item = (&K, Duration)> {
        self.peers.iter().filter_map(move |(key, peer)| Some((key, peer.breaker.rest(now)?)))
    }

    /// Makes sure that each candidate is known, and what is usual of its twin.
    fn meet(&mut self, candidates: &[Candidate<K>], now: Instant) {
        let mut established = false;
        let mut usual: [Option<f64>; 2] = [None; 2];
        for (candidate, usual) in candidates.iter().zip(&mut usual) {
            if let Some(peer) = self.peer(&candidate.key) {
                established = true;
                peer.last_seen = now;
                *usual = peer.usual_s();
            }
        }
        let twins = usual.into_iter().rev();
        for (candidate, twin_usual_s) in candidates.iter().zip(twins) {
            if let Some(peer) = self.peer(&candidate.key) {
                peer.twin_usual_s = twin_usual_s;
                continue;
            }
            let mut peer = Peer::new(now);
            if established {
                peer.start_slowly(now);
            }
            self.peers.push((candidate.key.clone(), peer));
        }
    }

    fn weigh(&self, candidate: &Candidate<K>, now: Instant) -> Option<Weighed<K>> {
        let (key, peer) = self.peers.iter().find(|(key, _)| *key == candidate.key)?;
        let weight = candidate.weight.clamp(0.1, 10.0);
        let standing = if peer.is_leaving(now) { Standing::Avoid } else { candidate.standing };
        Some(Weighed {
            key: key.clone(),
            load: peer.load(now) / weight,
            peak_ms: peer.peak_s(now) * 1e3,
            inflight: peer.inflight,
            weight,
            slow_start: peer.slow(now),
            standing,
            open: peer.breaker.rest(now),
        })
    }

    /// The lower is asked first, whatever the loads.
    fn rank(&self, weighed: &Weighed<K>, now: Instant) -> (bool, Standing) {
        (self.is_closed_to(weighed, now), weighed.standing)
    }

    /// Whether its breaker keeps requests away from it.
    fn is_closed_to(&self, weighed: &Weighed<K>, now: Instant) -> bool {
        let may_try = || {
            let known = self.peers.iter().find(|(key, _)| *key == weighed.key);
            known.is_some_and(|(_, peer)| peer.may_be_tried(now))
        };
        weighed.open.is_some() && !(self.recovery == Recovery::Trials && may_try())
    }

    fn peer(&mut self, key: &K) -> Option<&mut Peer> {
        self.peers.iter_mut().find_map(|(known, peer)| (known == key).then_some(peer))
    }
}

#[cfg(test)]
mod tests;
