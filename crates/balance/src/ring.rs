//! Ten buckets of one second: what happened lately.

use std::collections::VecDeque;

/// How many buckets are kept, the current one included.
pub(crate) const BUCKETS: u64 = 10;

/// Counts of the last ten seconds, a bucket each.
#[derive(Debug, Clone)]
pub(crate) struct Ring<T> {
    now: (u64, T),
    older: VecDeque<(u64, T)>,
}

// === impl Ring ===

impl<T: Default> Ring<T> {
    pub(crate) fn new() -> Self {
        Self { now: (0, T::default()), older: VecDeque::new() }
    }

    /// The bucket of a second; one that is past already counts as now.
    pub(crate) fn at(&mut self, second: u64) -> &mut T {
        if second > self.now.0 {
            let past = std::mem::replace(&mut self.now, (second, T::default()));
            self.older.push_back(past);
            while self.older.front().is_some_and(|(at, _)| at + BUCKETS <= second) {
                self.older.pop_front();
            }
        }
        &mut self.now.1
    }

    /// The buckets of the ten seconds that end with this one.
    pub(crate) fn last(&self, second: u64) -> impl Iterator<Item = &T> {
        let kept = self.older.iter().chain(std::iter::once(&self.now));
        kept.filter(move |(at, _)| at + BUCKETS > second).map(|(_, bucket)| bucket)
    }

    pub(crate) fn clear(&mut self) {
        self.older.clear();
        self.now.1 = T::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_after_ten_seconds() {
        let mut ring: Ring<u32> = Ring::new();
        *ring.at(0) += 1;
        *ring.at(5) += 10;
        *ring.at(9) += 100;
        assert_eq!(ring.last(9).sum::<u32>(), 111);
        assert_eq!(ring.last(10).sum::<u32>(), 110);
        assert_eq!(ring.last(19).sum::<u32>(), 0);
        *ring.at(40) += 1;
        assert_eq!(ring.last(40).sum::<u32>(), 1);
        assert!(ring.older.len() <= 9);
    }
}
