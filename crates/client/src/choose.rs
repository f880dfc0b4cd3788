//! What is known of those that are asked: which of two is the better one now.
//!
//! The decisions are those of [`balance`]; here are the clock, the draws and the lock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use balance::{Caller, Candidate, Explained, Probe, Recovery, Seen};
use protocol::{Pair, PeerAddr};
use tokio::time::Instant;

use crate::ask::Endpoint;

/// What one program knows of all that it asks. Held for some hundred nanoseconds at a time.
#[derive(Debug)]
pub(crate) struct Chooser {
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    recovery: Recovery,
    /// One a role: what is lost at one role is not taken from the retries of another.
    callers: Vec<Caller<PeerAddr>>,
    /// Whom a probe goes to, by address.
    endpoints: Vec<Endpoint>,
}

/// A choice among the servers of a role.
pub(crate) struct Picked<'a> {
    /// Whom to ask, and whom after that.
    pub(crate) order: Vec<&'a Endpoint>,
    /// Neither seems well.
    pub(crate) panic: bool,
    /// Nobody is to be asked.
    pub(crate) refused: bool,
}

/// A try under way. One that is dropped was given up: nothing is learnt from it.
pub(crate) struct Try<'a> {
    chooser: &'a Chooser,
    addr: &'a PeerAddr,
    began: Instant,
    seen: Seen,
}

// === impl Chooser ===

impl Chooser {
    pub(crate) fn new() -> Self {
        let recovery = Recovery::Trials;
        let known = Known { recovery, callers: Vec::new(), endpoints: Vec::new() };
        Self { known: Mutex::new(known) }
    }

    /// From now on probes find out who is well again, not requests.
    pub(crate) fn recover_by_probes(&self) {
        let mut known = self.lock();
        known.recovery = Recovery::Probes;
        for caller in &mut known.callers {
            caller.recover_by(Recovery::Probes);
        }
    }

    /// Which server of a pair to ask, and which after it.
    pub(crate) fn pick<'a>(&self, pair: &'a Pair<Option<Endpoint>>, now: Instant) -> Picked<'a> {
        let candidates: Vec<Candidate<PeerAddr>> = pair.present().map(candidate).collect();
        let pick = {
            let mut known = self.lock();
            known.remember(pair);
            known.caller_of(&candidates, now).pick(&candidates, now.into_std(), draw())
        };
        let of = |addr: &PeerAddr| pair.present().find(|endpoint| endpoint.addr == *addr);
        let order = pick.order.iter().filter_map(of).collect();
        Picked { order, panic: pick.panic, refused: pick.refused }
    }

    /// A try leaves.
    pub(crate) fn begin<'a>(&'a self, endpoint: &'a Endpoint, now: Instant) -> Try<'a> {
        let addr = &endpoint.addr;
        if let Some(caller) = self.lock().knows(addr) {
            caller.begin(addr, now.into_std());
        }
        Try { chooser: self, addr, began: now, seen: Seen::Abandoned }
    }

    /// How long one try may take where the twin may be asked after it, as far as answers of late
    /// tell; nothing where no probes find out who is well again.
    pub(crate) fn patience(&self, addr: &PeerAddr, now: Instant) -> Option<Duration> {
        let mut known = self.lock();
        if known.recovery == Recovery::Trials {
            return None;
        }
        known.knows(addr).map(|caller| caller.patience(addr, now.into_std()))
    }

    /// Takes one retry from those that a role has left.
    pub(crate) fn take_retry(&self, addr: &PeerAddr, now: Instant) -> bool {
        self.lock().knows(addr).is_none_or(|caller| caller.take_retry(now.into_std()))
    }

    /// A server said that it is leaving.
    pub(crate) fn leaving(&self, addr: &PeerAddr, now: Instant) {
        if let Some(caller) = self.lock().knows(addr) {
            caller.leaving(addr, now.into_std());
        }
    }

    /// Whom to probe now.
    pub(crate) fn probes_due(&self, now: Instant) -> Vec<Endpoint> {
        let mut known = self.lock();
        let Known { callers, endpoints, .. } = &mut *known;
        let due: Vec<PeerAddr> =
            callers.iter_mut().flat_map(|it| it.probes_due(now.into_std(), draw)).collect();
        endpoints.retain(|it| callers.iter().any(|caller| caller.knows(&it.addr)));
        endpoints.iter().filter(|it| due.contains(&it.addr)).cloned().collect()
    }

    /// Learns what a probe found.
    pub(crate) fn probed(&self, addr: &PeerAddr, probe: Probe, took: Duration, now: Instant) {
        if let Some(caller) = self.lock().knows(addr) {
            caller.probed(addr, probe, took, now.into_std());
        }
    }

    /// The last choices, those of each role from the oldest to the newest.
    pub(crate) fn explain(&self) -> Vec<Explained<PeerAddr>> {
        self.lock().callers.iter().flat_map(Caller::explain).cloned().collect()
    }

    /// Who is being left alone, and for how long still.
    pub(crate) fn resting(&self, now: Instant) -> Vec<(PeerAddr, Duration)> {
        let known = self.lock();
        let resting = known.callers.iter().flat_map(|caller| caller.resting(now.into_std()));
        resting.map(|(addr, rest)| (addr.clone(), rest)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Known ===

impl Known {
    fn knows(&mut self, addr: &PeerAddr) -> Option<&mut Caller<PeerAddr>> {
        self.callers.iter_mut().find(|caller| caller.knows(addr))
    }

    /// The one that knows a candidate, whichever place the map gives it; else a new one.
    fn caller_of(
        &mut self,
        candidates: &[Candidate<PeerAddr>],
        now: Instant,
    ) -> &mut Caller<PeerAddr> {
        let knows = |caller: &Caller<PeerAddr>| candidates.iter().any(|it| caller.knows(&it.key));
        let at = self.callers.iter().position(knows).unwrap_or_else(|| {
            // One that knows nobody any more is of addresses that were moved away.
            self.callers.retain(|caller| self.endpoints.iter().any(|it| caller.knows(&it.addr)));
            self.callers.push(Caller::new(self.recovery, now.into_std()));
            self.callers.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the place was just found or made")]
        &mut self.callers[at]
    }

    /// Keeps under which name an address is probed.
    fn remember(&mut self, pair: &Pair<Option<Endpoint>>) {
        for endpoint in pair.present() {
            match self.endpoints.iter_mut().find(|it| it.addr == endpoint.addr) {
                Some(known) if known.name == endpoint.name => {}
                Some(known) => known.name = endpoint.name,
                None => self.endpoints.push(endpoint.clone()),
            }
        }
    }
}

// === impl Try ===

impl Try<'_> {
    /// How it ended.
    pub(crate) fn end(mut self, seen: Seen) {
        self.seen = seen;
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        if let Some(caller) = self.chooser.lock().knows(self.addr) {
            caller.end(self.addr, self.seen, now - self.began, (now.into_std(), draw()));
        }
    }
}

fn candidate(endpoint: &Endpoint) -> Candidate<PeerAddr> {
    let (weight, standing) = (endpoint.weight, endpoint.standing);
    Candidate { key: endpoint.addr.clone(), weight, standing }
}

/// A fraction of `0.0..1.0`.
pub(crate) fn draw() -> f64 {
    rand::random()
}
