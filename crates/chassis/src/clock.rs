//! What time it is; a test can say otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock, shifted by what a test asks for.
///
/// Clones share the shift.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift_us: Arc<AtomicI64>,
}

// === impl Clock ===

impl Clock {
    /// Microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that others ask")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_micros())
            .unwrap_or(i64::MAX)
            .saturating_add(self.shift_us.load(Ordering::Relaxed))
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_us().div_euclid(1000)
    }

    /// Moves the clock, and all its clones, by `ms` milliseconds: forward, or back if negative.
    pub fn shift_ms(&self, ms: i64) {
        self.shift_us.fetch_add(ms.saturating_mul(1000), Ordering::Relaxed);
    }
}
