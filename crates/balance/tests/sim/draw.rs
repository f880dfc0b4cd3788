//! What is drawn, from a seed: the same seed plays the same traffic.

/// A generator of numbers (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

// === impl Draw ===

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Of `0.0..1.0`.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Exponential, in microseconds.
    pub(crate) fn exp_us(&mut self, mean_us: f64) -> u64 {
        (-(1.0 - self.fraction()).ln() * mean_us) as u64
    }

    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.fraction() < share
    }
}
