//! How many requests are served at once; one more is told to come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the requests in flight against a limit.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    inflight: Arc<AtomicUsize>,
    limit: usize,
}

/// A place in flight, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    inflight: Arc<AtomicUsize>,
    /// How many requests were in flight when this one entered, itself included.
    pub(crate) of: usize,
}

// === impl Admission ===

impl Admission {
    pub(crate) fn new(limit: usize) -> Self {
        Self { inflight: Arc::default(), limit }
    }

    /// A place, or nothing where all are taken.
    pub(crate) fn enter(&self) -> Option<Place> {
        let before = self.inflight.fetch_add(1, Ordering::AcqRel);
        let place = Place { inflight: Arc::clone(&self.inflight), of: before + 1 };
        (before < self.limit).then_some(place)
    }

    /// How many requests are in flight.
    pub(crate) fn inflight(&self) -> usize {
        self.inflight.load(Ordering::Acquire)
    }

    /// How many may be.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}

// === impl Place ===

impl Drop for Place {
    fn drop(&mut self) {
        self.inflight.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_one_more_than_the_limit_and_takes_it_when_one_has_left() {
        let admission = Admission::new(2);
        let first = admission.enter();
        let second = admission.enter();
        assert!(first.is_some() && second.is_some());
        assert!(admission.enter().is_none());
        assert_eq!(admission.inflight(), 2, "a refused one holds no place");
        drop(first);
        assert!(admission.enter().is_some());
    }
}
