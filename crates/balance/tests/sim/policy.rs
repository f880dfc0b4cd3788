//! How a caller chooses: ours, and those that others use.

use std::time::{Duration, Instant};

use balance::{Caller, Candidate, Probe, Recovery, Seen, Standing};

use crate::draw::Draw;

/// A way to choose, and whether the other server is asked after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The first; the second after a failure: the source document, to the letter.
    FirstThenSecond,
    RoundRobin(Retries),
    LeastInflight(Retries),
    /// Peak EWMA as it is known: a fast failure is a fast answer.
    PeakEwma(Retries),
    /// The same, a failure counting as a second.
    Penalty(Retries),
    /// Ours, whole.
    Ours(Retries),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retries {
    None,
    One,
}

/// One caller.
#[derive(Debug)]
pub(crate) enum Chooser {
    Ours(Box<Caller<usize>>),
    Plain(Plain),
}

/// What the others keep of a server.
#[derive(Debug)]
pub(crate) struct Plain {
    policy: Policy,
    turn: usize,
    peak_s: [f64; 2],
    at: [Instant; 2],
    inflight: [u32; 2],
}

/// Whom a caller asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) server: usize,
    pub(crate) other: usize,
    pub(crate) refused: bool,
}

// === impl Policy ===

impl Policy {
    pub(crate) fn retries(self) -> Retries {
        match self {
            Self::FirstThenSecond => Retries::One,
            Self::RoundRobin(retries)
            | Self::LeastInflight(retries)
            | Self::PeakEwma(retries)
            | Self::Penalty(retries)
            | Self::Ours(retries) => retries,
        }
    }
}

// === impl Chooser ===

impl Chooser {
    pub(crate) fn new(policy: Policy, now: Instant) -> Self {
        match policy {
            Policy::Ours(_) => Self::Ours(Box::new(Caller::new(Recovery::Probes, now))),
            _ => Self::Plain(Plain {
                policy,
                turn: 0,
                peak_s: [0.03; 2],
                at: [now; 2],
                inflight: [0; 2],
            }),
        }
    }

    pub(crate) fn pick(&mut self, now: Instant, draw: &mut Draw) -> Choice {
        match self {
            Self::Plain(plain) => {
                let server = plain.pick(now);
                Choice { server, other: 1 - server, refused: false }
            }
            Self::Ours(caller) => {
                let of = |key| Candidate { key, weight: 1.0, standing: Standing::Good };
                let pick = caller.pick(&[of(0), of(1)], now, draw.fraction());
                Choice { server: pick.order[0], other: pick.order[1], refused: pick.refused }
            }
        }
    }

    pub(crate) fn patience(&self, server: usize, now: Instant) -> Duration {
        match self {
            Self::Plain(_) => Duration::from_secs(1),
            Self::Ours(caller) => caller.patience(&server, now),
        }
    }

    pub(crate) fn may_retry(&mut self, now: Instant) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Ours(caller) => caller.take_retry(now),
        }
    }

    pub(crate) fn begin(&mut self, server: usize, now: Instant) {
        match self {
            Self::Plain(plain) => plain.inflight[server] += 1,
            Self::Ours(caller) => caller.begin(&server, now),
        }
    }

    pub(crate) fn end(&mut self, server: usize, seen: Seen, took: Duration, at: (Instant, f64)) {
        match self {
            Self::Plain(plain) => plain.end(server, seen, took, at.0),
            Self::Ours(caller) => caller.end(&server, seen, took, at),
        }
    }

    pub(crate) fn probes_due(&mut self, now: Instant, draw: &mut Draw) -> Vec<usize> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Ours(caller) => caller.probes_due(now, || draw.fraction()),
        }
    }

    pub(crate) fn probed(&mut self, server: usize, probe: Probe, took: Duration, now: Instant) {
        if let Self::Ours(caller) = self {
            caller.probed(&server, probe, took, now);
        }
    }
}

// === impl Plain ===

impl Plain {
    fn pick(&mut self, now: Instant) -> usize {
        self.turn += 1;
        match self.policy {
            Policy::FirstThenSecond | Policy::Ours(_) => 0,
            Policy::RoundRobin(_) => self.turn % 2,
            Policy::LeastInflight(_) if self.inflight[0] == self.inflight[1] => self.turn % 2,
            Policy::LeastInflight(_) => usize::from(self.inflight[1] < self.inflight[0]),
            Policy::PeakEwma(_) | Policy::Penalty(_) => {
                usize::from(self.load(1, now) < self.load(0, now))
            }
        }
    }

    fn load(&self, server: usize, now: Instant) -> f64 {
        self.peak_s[server] * self.kept(server, now) * f64::from(self.inflight[server] + 1)
    }

    fn kept(&self, server: usize, now: Instant) -> f64 {
        (-now.saturating_duration_since(self.at[server]).as_secs_f64() / 10.0).exp()
    }

    fn end(&mut self, server: usize, seen: Seen, took: Duration, now: Instant) {
        self.inflight[server] -= 1;
        let took_s = match (self.policy, seen) {
            (Policy::Penalty(_), Seen::Failed) => took.as_secs_f64().max(1.0),
            _ => took.as_secs_f64(),
        };
        let kept = self.kept(server, now);
        self.peak_s[server] = took_s.max(self.peak_s[server] * kept + took_s * (1.0 - kept));
        self.at[server] = now;
    }
}
