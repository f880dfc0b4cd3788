//! What was counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest time that is told apart: a minute, in microseconds.
const LONGEST_US: u64 = 60_000_000;
/// Digits that are kept of a time.
const DIGITS: u8 = 3;

/// What one connection counts.
#[derive(Debug)]
pub(super) struct Tally {
    times_us: Histogram<u64>,
    errors: BTreeMap<String, u64>,
    /// Of those told to come back: how long that took, and what they were told.
    turned_us: Histogram<u64>,
    retries_s: BTreeSet<u32>,
    told_nothing: u64,
    pub(super) made_late: u64,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthReport {
    /// Connections that were kept open.
    pub connections: usize,
    /// Boxes that took turns.
    pub boxes: usize,
    /// Requests a second that were asked for; none in a closed loop.
    pub rate: Option<u32>,
    /// How long was counted, in seconds.
    pub seconds: f64,
    /// Authentications with a good proof.
    pub authenticated: u64,
    /// Those a second; none where anything went wrong, for then it would mean nothing.
    pub per_second: Option<f64>,
    /// From when a request was due to the end of its answer.
    pub latency_us: Latency,
    /// What went wrong, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Those of them that were refused for the load.
    pub turned: Turned,
    /// Cryptos that had not been made before the clock started.
    pub made_late: u64,
}

/// Those who were told `BUSY` or `SLOW_DOWN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turned {
    /// How many.
    pub count: u64,
    /// How many of them were not told when to come back.
    pub told_nothing: u64,
    /// The seconds that were drawn for the others.
    pub retries_s: BTreeSet<u32>,
    /// From when a request was due to the end of its answer.
    pub latency_us: Latency,
}

/// Times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Half took at most this.
    pub p50: u64,
    /// Nine in ten.
    pub p90: u64,
    /// 99 in a hundred.
    pub p99: u64,
    /// 999 in a thousand.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

// === impl Tally ===

impl Tally {
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        let times_us = Histogram::new_with_bounds(1, LONGEST_US, DIGITS)?;
        Ok(Self {
            turned_us: times_us.clone(),
            times_us,
            errors: BTreeMap::new(),
            retries_s: BTreeSet::new(),
            told_nothing: 0,
            made_late: 0,
        })
    }

    /// Counts one that succeeded.
    pub(super) fn good(&mut self, took: Duration) {
        self.times_us.saturating_record(micros(took));
    }

    /// Counts one that was told to come back, and when.
    pub(super) fn turned(&mut self, took: Duration, retry_s: Option<u32>) {
        self.turned_us.saturating_record(micros(took));
        self.retries_s.extend(retry_s);
        self.told_nothing += u64::from(retry_s.is_none());
    }

    /// Counts one that did not.
    pub(super) fn bad(&mut self, kind: String) {
        *self.errors.entry(kind).or_default() += 1;
    }

    /// Adds what another connection counted.
    pub(super) fn add(&mut self, other: Self) {
        // Both have the same bounds, so nothing can be out of them.
        self.times_us.add(other.times_us).unwrap_or_default();
        self.turned_us.add(other.turned_us).unwrap_or_default();
        self.retries_s.extend(other.retries_s);
        self.told_nothing += other.told_nothing;
        for (kind, count) in other.errors {
            *self.errors.entry(kind).or_default() += count;
        }
        self.made_late += other.made_late;
    }

    pub(super) fn good_count(&self) -> u64 {
        self.times_us.len()
    }

    pub(super) fn latency(&self) -> Latency {
        latency(&self.times_us)
    }

    pub(super) fn all_turned(&self) -> Turned {
        Turned {
            count: self.turned_us.len(),
            told_nothing: self.told_nothing,
            retries_s: self.retries_s.clone(),
            latency_us: latency(&self.turned_us),
        }
    }

    pub(super) fn into_errors(self) -> BTreeMap<String, u64> {
        self.errors
    }
}

fn latency(times_us: &Histogram<u64>) -> Latency {
    let at = |quantile| times_us.value_at_quantile(quantile);
    Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: times_us.max() }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(LONGEST_US)
}

// === impl AuthReport ===

impl AuthReport {
    /// How many requests went wrong.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_quantiles_of_all_connections() {
        let mut all = Tally::new().unwrap();
        for base in [0, 500] {
            let mut one = Tally::new().unwrap();
            (1..=500).for_each(|us| one.good(Duration::from_micros(base + us)));
            one.bad("BUSY".to_owned());
            one.turned(Duration::from_micros(base + 7), (base == 0).then_some(3));
            all.add(one);
        }
        let latency = all.latency();
        assert_eq!((latency.p50, latency.p99, latency.max), (500, 990, 1000));
        assert_eq!(all.good_count(), 1000);
        let turned = all.all_turned();
        assert_eq!((turned.count, turned.told_nothing, turned.latency_us.max), (2, 1, 507));
        assert_eq!(turned.retries_s, BTreeSet::from([3]));
        assert_eq!(all.into_errors(), BTreeMap::from([("BUSY".to_owned(), 2)]));
    }
}
