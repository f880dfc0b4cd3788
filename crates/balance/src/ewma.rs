//! How long a server takes: its worst of late, and what is usual.

use std::time::{Duration, Instant};

/// How fast the past is forgotten: to a third in this time.
const TAU_S: f64 = 10.0;

/// The peak of late: a worse answer counts at once, better ones slowly.
///
/// Where nothing is heard it sinks by itself, so that a server that was slow is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peak {
    value_s: f64,
    at: Instant,
}

/// What is usual: the mean of the answers of late.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usual {
    value_s: f64,
    at: Instant,
}

// === impl Peak ===

impl Peak {
    pub(crate) fn new(seed: Duration, now: Instant) -> Self {
        Self { value_s: seed.as_secs_f64(), at: now }
    }

    /// The value now, in seconds; reading changes nothing.
    pub(crate) fn at(&self, now: Instant) -> f64 {
        self.value_s * faded(self.at, now)
    }

    pub(crate) fn note(&mut self, took: Duration, now: Instant) {
        let took_s = took.as_secs_f64();
        let kept = faded(self.at, now);
        self.value_s = took_s.max(self.value_s * kept + took_s * (1.0 - kept));
        self.at = self.at.max(now);
    }
}

// === impl Usual ===

impl Usual {
    pub(crate) fn new(first: Duration, now: Instant) -> Self {
        Self { value_s: first.as_secs_f64(), at: now }
    }

    pub(crate) fn value_s(&self) -> f64 {
        self.value_s
    }

    pub(crate) fn note(&mut self, took: Duration, now: Instant) {
        // A pause must not make one answer the whole truth.
        let kept = faded(self.at, now).max(0.5);
        self.value_s = self.value_s * kept + took.as_secs_f64() * (1.0 - kept);
        self.at = self.at.max(now);
    }
}

/// The share of a value that is left after a time.
fn faded(since: Instant, now: Instant) -> f64 {
    (-now.saturating_duration_since(since).as_secs_f64() / TAU_S).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn rises_at_once_and_sinks_slowly() {
        let start = Instant::now();
        let mut peak = Peak::new(ms(30), start);
        peak.note(ms(500), start);
        assert!((peak.at(start) - 0.5).abs() < 1e-9);
        peak.note(ms(5), start + ms(100));
        assert!(peak.at(start + ms(100)) > 0.49);
        assert!(peak.at(start + Duration::from_secs(10)) < 0.19, "to a third in ten seconds");
        assert!(peak.at(start + Duration::from_secs(10)) > 0.17);
    }

    #[test]
    fn one_slow_answer_is_not_usual() {
        let start = Instant::now();
        let mut usual = Usual::new(ms(5), start);
        usual.note(ms(1000), start + ms(10));
        assert!(usual.value_s() < 0.01);
        usual.note(ms(1000), start + Duration::from_mins(10));
        assert!(usual.value_s() < 0.6);
    }
}
