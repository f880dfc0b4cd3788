//! How much may be asked twice, and how much is not worth asking at all.

use std::time::Instant;

use crate::ring::{BUCKETS, Ring};

/// Retries in hundredths of the requests of ten seconds.
const SHARE: u64 = 20;
/// Retries a second that are always allowed.
const LEAST_PER_S: u64 = 2;
/// Requests that are sent to servers of which none seems well, for one that one of them answered.
const PER_ANSWER: u64 = 2;

/// Counts requests and what became of them, over ten seconds.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    born: Instant,
    ring: Ring<Tally>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    requests: u64,
    retries: u64,
    answers: u64,
}

// === impl Budget ===

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        Self { born: now, ring: Ring::new() }
    }

    pub(crate) fn request(&mut self, now: Instant) {
        self.tally(now).requests += 1;
    }

    pub(crate) fn answer(&mut self, now: Instant) {
        self.tally(now).answers += 1;
    }

    /// Takes a retry, where one is left.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let left = self.left(now) > 0;
        if left {
            self.tally(now).retries += 1;
        }
        left
    }

    /// How many retries are left.
    pub(crate) fn left(&self, now: Instant) -> u64 {
        let (requests, retries) = self.sum(now, |it| (it.requests, it.retries));
        (requests * SHARE / 100 + LEAST_PER_S * BUCKETS).saturating_sub(retries)
    }

    /// Whether to refuse a request here, while neither server is well: as many are let through as
    /// twice what is answered, and never none.
    pub(crate) fn throttles(&self, now: Instant, draw: f64) -> bool {
        let (requests, answers) = self.sum(now, |it| (it.requests, it.answers));
        let over = requests.saturating_sub(answers * PER_ANSWER + LEAST_PER_S * BUCKETS);
        draw * float(requests + 1) < float(over)
    }

    fn sum(&self, now: Instant, of: impl Fn(&Tally) -> (u64, u64)) -> (u64, u64) {
        let all = self.ring.last(self.second(now)).map(of);
        all.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    }

    fn tally(&mut self, now: Instant) -> &mut Tally {
        let second = self.second(now);
        self.ring.at(second)
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.born).as_secs()
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts of ten seconds")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_fifth_may_be_asked_again() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        for _ in 0..100 {
            budget.request(now);
        }
        let taken = (0..100).filter(|_| budget.take(now)).count();
        assert_eq!(taken, 40, "20 % and two a second");
        let later = now + Duration::from_secs(10);
        assert_eq!((0..100).filter(|_| budget.take(later)).count(), 20);
    }

    #[test]
    fn lets_through_twice_what_is_answered() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        for turn in 0..1000 {
            budget.request(now);
            if turn % 4 == 0 {
                budget.answer(now);
            }
        }
        assert!(budget.throttles(now, 0.4));
        assert!(!budget.throttles(now, 0.6));
    }

    #[test]
    fn throttles_nobody_while_all_are_answered_or_few_ask() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        for _ in 0..20 {
            budget.request(now);
        }
        assert!(!budget.throttles(now, 0.0));
        for _ in 0..1000 {
            budget.request(now);
            budget.answer(now);
        }
        assert!(!budget.throttles(now, 0.0));
    }
}
