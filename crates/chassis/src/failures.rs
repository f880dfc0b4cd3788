//! How often seals failed, by where they came from and whom they named.
//!
//! Source: toki.md §6 (Refusals)

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use protocol::PrincipalName;

/// So many may fail within [`WITHIN_MS`]; what fails beyond is told to slow down.
const ALLOWED: usize = 10;
const WITHIN_MS: i64 = 1000;
/// So many sources are told apart; all that are more count as one.
const SOURCES: usize = 1024;

/// Where a failed seal came from, and whom it named; `None` for all that are too many.
type Source = Option<(IpAddr, PrincipalName)>;

/// Counts failed seals. Memory is bounded by [`SOURCES`], about 200 bytes each.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<BTreeMap<Source, Recent>>);

/// The times of the last failures, Unix milliseconds, the oldest at `next`.
#[derive(Debug)]
struct Recent {
    at_ms: [i64; ALLOWED],
    next: usize,
}

// === impl Failures ===

impl Failures {
    /// Notes one more, and says whether that is too many.
    pub(crate) fn too_many(&self, ip: IpAddr, claimed: PrincipalName, now_ms: i64) -> bool {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut source = Some((ip, claimed));
        if sources.len() >= SOURCES && !sources.contains_key(&source) {
            sources.retain(|_, recent| is_recent(recent.newest_ms(), now_ms));
            if sources.len() >= SOURCES {
                source = None;
            }
        }
        sources.entry(source).or_default().too_many(now_ms)
    }
}

// === impl Recent ===

impl Default for Recent {
    fn default() -> Self {
        Self { at_ms: [i64::MIN / 2; ALLOWED], next: 0 }
    }
}

impl Recent {
    fn too_many(&mut self, now_ms: i64) -> bool {
        let Some(oldest_ms) = self.at_ms.get_mut(self.next) else { return false };
        let many = is_recent(*oldest_ms, now_ms);
        *oldest_ms = now_ms;
        self.next = (self.next + 1) % ALLOWED;
        many
    }

    fn newest_ms(&self) -> i64 {
        self.at_ms.iter().copied().max().unwrap_or_default()
    }
}

/// Whether a time is within the last second; one to come is of before the clock was put back.
fn is_recent(at_ms: i64, now_ms: i64) -> bool {
    (0..WITHIN_MS).contains(&now_ms.saturating_sub(at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn name(text: &str) -> PrincipalName {
        text.parse().unwrap()
    }

    #[test]
    fn the_eleventh_within_a_second_is_too_many_and_others_are_not_touched() {
        let failures = Failures::default();
        for at_ms in 0..10 {
            assert!(!failures.too_many(ip(1), name("ada"), at_ms * 99), "{at_ms}");
        }
        assert!(failures.too_many(ip(1), name("ada"), 999));
        assert!(!failures.too_many(ip(2), name("ada"), 999), "another address");
        assert!(!failures.too_many(ip(1), name("eve"), 999), "another name");
        assert!(failures.too_many(ip(1), name("ada"), 1000), "ten in the second before");
        assert!(!failures.too_many(ip(1), name("ada"), 2000), "a second later");
    }

    #[test]
    fn a_clock_that_was_put_back_makes_nobody_too_many() {
        let failures = Failures::default();
        for number in 0..SOURCES {
            assert!(!failures.too_many(ip(1), name(&format!("n{number}")), 3_600_000));
        }
        for at_ms in 0..10 {
            assert!(!failures.too_many(ip(2), name("ada"), at_ms), "{at_ms}");
        }
        assert_eq!(failures.0.lock().unwrap().len(), 1, "the others are over");
        for at_ms in 2000..2010 {
            assert!(!failures.too_many(ip(2), name("ada"), at_ms), "{at_ms}");
        }
        for at_ms in 0..10 {
            assert!(!failures.too_many(ip(2), name("ada"), at_ms), "back again: {at_ms}");
        }
    }

    #[test]
    fn memory_is_bounded_and_those_beyond_count_as_one() {
        let failures = Failures::default();
        for number in 0..SOURCES {
            assert!(!failures.too_many(ip(1), name(&format!("n{number}")), 5));
        }
        for number in 0..ALLOWED {
            assert!(!failures.too_many(ip(2), name(&format!("n{number}")), 6));
        }
        assert!(failures.too_many(ip(3), name("late"), 7));
        assert_eq!(failures.0.lock().unwrap().len(), SOURCES + 1);
        assert!(!failures.too_many(ip(3), name("late"), 2000), "the others are over");
        assert_eq!(failures.0.lock().unwrap().len(), 1);
    }
}
