//! What was counted in one run.

/// Counts of one run.
#[derive(Debug)]
pub(crate) struct Tally {
    fault_from: u64,
    fault_until: u64,
    end: u64,
    /// Of the requests that arrived during the fault.
    pub(crate) requests: u64,
    pub(crate) good: u64,
    pub(crate) attempts: u64,
    pub(crate) probes: u64,
    took_us: Vec<u32>,
    /// Requests a tenth of a second, and how many of them went to the first server.
    shares: Vec<(u32, u32)>,
}

const WINDOW_US: u64 = 100_000;

// === impl Tally ===

impl Tally {
    pub(crate) fn new(before: u64, during: u64, after: u64) -> Self {
        let end = before + during + after;
        Self {
            fault_from: before,
            fault_until: before + during,
            end,
            requests: 0,
            good: 0,
            attempts: 0,
            probes: 0,
            took_us: Vec::new(),
            shares: vec![(0, 0); (end / WINDOW_US) as usize + 1],
        }
    }

    pub(crate) fn arrived(&mut self, at: u64, server: usize) {
        let share = &mut self.shares[(at / WINDOW_US) as usize];
        share.0 += 1;
        share.1 += u32::from(server == 0);
    }

    pub(crate) fn answered(&mut self, arrived: u64, took_us: u64, attempts: u32, good: bool) {
        if arrived < self.fault_from || arrived >= self.fault_until {
            return;
        }
        self.requests += 1;
        self.good += u64::from(good);
        self.attempts += u64::from(attempts);
        self.took_us.push(if good { took_us as u32 } else { u32::MAX });
    }

    pub(crate) fn success(&self) -> f64 {
        self.good as f64 / self.requests as f64
    }

    pub(crate) fn attempts_per_request(&self) -> f64 {
        self.attempts as f64 / self.requests as f64
    }

    /// Milliseconds, or nothing where that percentile failed.
    pub(crate) fn percentile_ms(&mut self, share: f64) -> Option<f64> {
        self.took_us.sort_unstable();
        let at = ((self.took_us.len() as f64 * share) as usize).min(self.took_us.len() - 1);
        Some(self.took_us[at]).filter(|it| *it != u32::MAX).map(|it| f64::from(it) / 1e3)
    }

    /// Seconds until the healed server has so much of the traffic of a second again.
    pub(crate) fn regained_s(&self, share: f64) -> Option<f64> {
        self.first_s(self.fault_until, self.end, |ours| ours >= share)
    }

    /// Seconds until the faulty server has less than a twentieth of the traffic.
    pub(crate) fn moved_s(&self) -> Option<f64> {
        self.first_s(self.fault_from, self.fault_until, |ours| ours < 0.05)
    }

    fn first_s(&self, from: u64, until: u64, is_so: impl Fn(f64) -> bool) -> Option<f64> {
        let (from, until) = ((from / WINDOW_US) as usize, (until / WINDOW_US) as usize);
        // A second to judge by at few requests, else the least that says something.
        (from..until).find_map(|at| {
            let mut sum = (0, 0);
            for share in &self.shares[at..until.min(at + 10)] {
                sum = (sum.0 + share.0, sum.1 + share.1);
                if sum.0 >= 100 {
                    break;
                }
            }
            let seen = sum.0 > 0 && is_so(f64::from(sum.1) / f64::from(sum.0));
            seen.then(|| (at - from) as f64 / 10.0)
        })
    }
}
