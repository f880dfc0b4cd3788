//! When the next request is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// The order in which connections send.
#[derive(Debug, Clone)]
pub(super) enum Pace {
    /// Closed loop: each connection sends as soon as its last request is answered.
    Closed {
        /// When the last may be sent.
        until: Instant,
    },
    /// Open loop: requests come at their rate, whether or not the last ones are answered.
    Open(Arc<Tickets>),
}

/// Requests that are due one after the other; whichever connection is free takes the next.
#[derive(Debug)]
pub(super) struct Tickets {
    start: Instant,
    rate: u32,
    total: u32,
    next: AtomicU32,
    due: Semaphore,
}

// === impl Pace ===

impl Pace {
    /// Waits until a request is due and says when that was; `None` once there are no more.
    pub(super) async fn next(&self) -> Option<Instant> {
        match self {
            Self::Closed { until } => Some(Instant::now()).filter(|now| now < until),
            Self::Open(tickets) => tickets.take().await,
        }
    }
}

// === impl Tickets ===

impl Tickets {
    /// So many requests a second for a time.
    pub(super) fn new(start: Instant, rate: u32, time: Duration) -> Self {
        let total = u128::from(rate).saturating_mul(time.as_millis()) / 1000;
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        Self { start, rate, total, next: AtomicU32::new(0), due: Semaphore::new(0) }
    }

    /// Lets each request go at its time, then the connections home; blocks its thread, whose sleep is much finer than
    /// the runtime's milliseconds.
    pub(super) fn issue(&self, connections: usize) {
        for index in 0..self.total {
            thread::sleep(self.due(index).saturating_duration_since(Instant::now()));
            self.due.add_permits(1);
        }
        self.due.add_permits(connections);
    }

    async fn take(&self) -> Option<Instant> {
        self.due.acquire().await.ok()?.forget();
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.total).then(|| self.due(index))
    }

    fn due(&self, index: u32) -> Instant {
        self.start + Duration::from_secs_f64(f64::from(index) / f64::from(self.rate.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hands_out_each_request_once_and_at_its_time() {
        let start = Instant::now();
        let tickets = Arc::new(Tickets::new(start, 2000, Duration::from_millis(50)));
        let issuer = Arc::clone(&tickets);
        let issuing = tokio::task::spawn_blocking(move || issuer.issue(2));
        let pace = Pace::Open(tickets);
        let mut dues = Vec::new();
        while let Some(due) = pace.next().await {
            assert!(due <= Instant::now());
            dues.push(due);
        }
        assert_eq!(pace.next().await, None);
        issuing.await.unwrap();
        assert_eq!(dues.len(), 100);
        assert!(dues.is_sorted());
        assert_eq!(dues.first(), Some(&start));
        assert_eq!(dues.last().unwrap().duration_since(start).as_micros(), 49_500);
    }
}
