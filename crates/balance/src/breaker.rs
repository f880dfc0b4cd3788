//! Whether a server fails so often that it is better left alone.

use std::time::{Duration, Instant};

use crate::ring::Ring;

/// Hard failures in a row that open it.
const IN_A_ROW: u32 = 5;
/// Answers of ten seconds under which a ratio says nothing.
const ENOUGH: u32 = 10;
/// The least share of good answers, in hundredths.
const LEAST_GOOD: u32 = 80;
const FIRST_OPEN: Duration = Duration::from_secs(1);
const LONGEST_OPEN: Duration = Duration::from_secs(15);
/// Closed for so long, an earlier opening counts no more.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// What an answer, or its absence, is to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    /// It answered, whatever it said.
    Good,
    /// It had no room: it counts in the ratio alone.
    Shed,
    /// It failed.
    Failed,
}

/// Opens on five failures in a row, or under 80 % of ten or more in ten seconds.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    born: Instant,
    ring: Ring<Tally>,
    in_a_row: u32,
    open_until: Option<Instant>,
    length: Duration,
    closed_at: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    good: u32,
    all: u32,
}

// === impl Breaker ===

impl Breaker {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            born: now,
            ring: Ring::new(),
            in_a_row: 0,
            open_until: None,
            length: Duration::ZERO,
            closed_at: now,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// How long it stays open still, where it is: then it may be tried.
    pub(crate) fn rest(&self, now: Instant) -> Option<Duration> {
        self.open_until.map(|until| until.saturating_duration_since(now))
    }

    /// Counts an answer; `draw` of `0.0..1.0` spreads the time for which it opens.
    pub(crate) fn note(&mut self, hit: Hit, now: Instant, draw: f64) {
        let second = self.second(now);
        let tally = self.ring.at(second);
        tally.all += 1;
        match hit {
            Hit::Good => {
                tally.good += 1;
                self.in_a_row = 0;
            }
            Hit::Shed => {}
            Hit::Failed => self.in_a_row += 1,
        }
        if hit != Hit::Good && !self.is_open() && self.is_bad(second) {
            self.open(now, draw);
        }
    }

    /// A trial of one that is open failed: it stays so, and longer.
    pub(crate) fn stay(&mut self, now: Instant, draw: f64) {
        if self.rest(now) == Some(Duration::ZERO) {
            self.open(now, draw);
        }
    }

    pub(crate) fn close(&mut self, now: Instant) {
        if self.open_until.take().is_some() {
            self.closed_at = now;
        }
        self.ring.clear();
        self.in_a_row = 0;
    }

    fn is_bad(&self, second: u64) -> bool {
        if self.in_a_row >= IN_A_ROW {
            return true;
        }
        let (good, all) =
            self.ring.last(second).fold((0, 0), |sum, it| (sum.0 + it.good, sum.1 + it.all));
        all >= ENOUGH && good * 100 < all * LEAST_GOOD
    }

    fn open(&mut self, now: Instant, draw: f64) {
        let again = self.is_open() || now.saturating_duration_since(self.closed_at) < FORGOTTEN;
        let before = if again { self.length } else { Duration::ZERO };
        self.length = (before * 2).clamp(FIRST_OPEN, LONGEST_OPEN);
        self.open_until = Some(now + self.length.mul_f64(0.8 + 0.4 * draw));
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.born).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn fail(breaker: &mut Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            breaker.note(Hit::Failed, now, 0.5);
        }
    }

    #[test]
    fn five_in_a_row_open_it_and_an_answer_between_does_not() {
        let now = Instant::now();
        let mut breaker = Breaker::new(now);
        fail(&mut breaker, 4, now);
        breaker.note(Hit::Good, now, 0.5);
        fail(&mut breaker, 4, now);
        assert!(!breaker.is_open());
        fail(&mut breaker, 1, now);
        assert_eq!(breaker.rest(now), Some(s(1)));
    }

    #[test]
    fn under_four_fifths_of_ten_open_it() {
        let now = Instant::now();
        let mut breaker = Breaker::new(now);
        for turn in 0..9 {
            breaker.note(if turn % 3 == 0 { Hit::Failed } else { Hit::Good }, now, 0.5);
        }
        assert!(!breaker.is_open(), "nine say nothing");
        breaker.note(Hit::Failed, now, 0.5);
        assert!(breaker.is_open());
    }

    #[test]
    fn shed_counts_in_the_ratio_alone() {
        let now = Instant::now();
        let mut breaker = Breaker::new(now);
        for _ in 0..9 {
            breaker.note(Hit::Shed, now, 0.5);
        }
        assert!(!breaker.is_open());
        breaker.note(Hit::Shed, now, 0.5);
        assert!(breaker.is_open());
    }

    #[test]
    fn what_is_older_than_ten_seconds_does_not_count() {
        let now = Instant::now();
        let mut breaker = Breaker::new(now);
        for _ in 0..3 {
            breaker.note(Hit::Failed, now, 0.5);
            breaker.note(Hit::Good, now, 0.5);
        }
        for _ in 0..9 {
            breaker.note(Hit::Good, now + s(10), 0.5);
        }
        breaker.note(Hit::Failed, now + s(10), 0.5);
        assert!(!breaker.is_open());
    }

    #[test]
    fn opens_twice_as_long_each_time_and_begins_anew_after_a_good_while() {
        let mut now = Instant::now();
        let mut breaker = Breaker::new(now);
        for expected in [1, 2, 4, 8, 15, 15] {
            fail(&mut breaker, 5, now);
            assert_eq!(breaker.rest(now), Some(s(expected)));
            now += s(expected);
            breaker.close(now);
        }
        now += FORGOTTEN;
        fail(&mut breaker, 5, now);
        assert_eq!(breaker.rest(now), Some(s(1)));
    }

    #[test]
    fn a_failed_trial_prolongs_it() {
        let now = Instant::now();
        let mut breaker = Breaker::new(now);
        fail(&mut breaker, 5, now);
        breaker.stay(now, 0.5);
        assert_eq!(breaker.rest(now), Some(s(1)), "not before its time is over");
        breaker.stay(now + s(1), 0.5);
        assert_eq!(breaker.rest(now + s(1)), Some(s(2)));
    }
}
