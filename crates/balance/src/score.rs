//! Which share each of two servers should take, from what the reports say of them.
//!
//! What a server does, divided by how full it is, is what it could do. The shares follow that
//! slowly: callers see at once how the servers fare, and two that chase the same figures swing.

use std::collections::BTreeMap;

/// How many seconds are judged together.
const SECONDS: i64 = 10;
/// After its first report, or the first after a long silence, a server is not judged for so long.
const BLACKOUT_S: i64 = 10;
/// After so long without a report nothing is known any more.
const EXPIRY_S: i64 = 180;
/// Who is less full than this is idle: how idle says nothing.
const LEAST_USE: f64 = 0.05;
const MOST_RATIO: f64 = 10.0;
/// The most by which a weight changes in a second.
const STEP: f64 = 1.2;
/// Requests in ten seconds under which chance speaks.
const ENOUGH: u64 = 20;

/// What one server reported of one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Rows.
    pub rows: u64,
    /// Those whose result is a fault of the server.
    pub errors: u64,
    /// Waiting, microseconds, summed.
    pub queue_us: u64,
    /// Work, microseconds, summed.
    pub service_us: u64,
    /// Requests in flight, summed over the rows.
    pub inflight: u64,
    /// How many there may be, summed over the rows.
    pub limit: u64,
    /// Thousandths of a core, summed over the rows.
    pub cpu_permille: u64,
}

/// What is known of one server's last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// Requests a second.
    pub rate: f64,
    /// How full it is: 0.05 to 1.
    pub util: f64,
    /// The part of the requests that it failed.
    pub errors: f64,
}

/// What two REPORT databases say of the servers, and the shares that follow.
#[derive(Debug, Clone)]
pub struct Scorer<K> {
    known: BTreeMap<K, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    cells: BTreeMap<i64, Cell>,
    since_s: i64,
    last_s: i64,
    weight: f64,
}

// === impl Cell ===

impl Cell {
    fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            errors: self.errors + other.errors,
            queue_us: self.queue_us + other.queue_us,
            service_us: self.service_us + other.service_us,
            inflight: self.inflight + other.inflight,
            limit: self.limit + other.limit,
            cpu_permille: self.cpu_permille + other.cpu_permille,
        }
    }
}

// === impl Scorer ===

impl<K> Default for Scorer<K> {
    fn default() -> Self {
        Self { known: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Scorer<K> {
    /// Learns a second of a server from one of the databases. Both hold the same rows sooner or
    /// later, so the fuller cell stands; what is from the future or long past is set aside.
    pub fn learn(&mut self, server: &K, second: i64, cell: Cell, now_s: i64) -> bool {
        if second > now_s + SECONDS || second <= now_s - SECONDS || cell.rows == 0 {
            return false;
        }
        let fresh = || Known { cells: BTreeMap::new(), since_s: now_s, last_s: now_s, weight: 1.0 };
        let known = self.known.entry(server.clone()).or_insert_with(fresh);
        if now_s - known.last_s > EXPIRY_S {
            known.since_s = now_s;
            known.weight = 1.0;
        }
        known.last_s = now_s;
        let stands = known.cells.entry(second).or_default();
        if cell.rows > stands.rows {
            *stands = cell;
        }
        known.cells.retain(|at, _| *at > now_s - SECONDS);
        true
    }

    /// Forgets those who are not listed any more.
    pub fn keep(&mut self, is_listed: impl Fn(&K) -> bool) {
        self.known.retain(|server, _| is_listed(server));
    }

    /// What is known of a server's last ten seconds.
    pub fn last(&self, server: &K, now_s: i64) -> Option<Use> {
        let known = self.known.get(server)?;
        let range = known.cells.range(now_s - SECONDS + 1..=now_s);
        let sum = range.fold(Cell::default(), |sum, (_, cell)| sum.plus(*cell));
        (sum.rows > 0).then(|| used(&sum))
    }

    /// Moves the weights of two servers a step towards what they could do, and returns them, their
    /// mean being one; to be called once a second.
    ///
    /// Source: balancing.md (c1); gRFC A58
    pub fn step(&mut self, pair: [&K; 2], now_s: i64) -> [f64; 2] {
        let could = pair.map(|server| self.could(server, now_s));
        let wanted = match could {
            [Some(one), Some(two)] => {
                let ratio = (one / two).clamp(1.0 / MOST_RATIO, MOST_RATIO);
                [2.0 * ratio / (1.0 + ratio), 2.0 / (1.0 + ratio)]
            }
            _ => [1.0, 1.0],
        };
        let mut weights = [1.0; 2];
        for ((server, wanted), weight) in pair.into_iter().zip(wanted).zip(&mut weights) {
            if let Some(known) = self.known.get_mut(server) {
                known.weight = wanted.clamp(known.weight / STEP, known.weight * STEP);
                *weight = known.weight;
            }
        }
        weights
    }

    /// What the use and the weight of a server come from, by second.
    pub fn cells(&self, server: &K) -> impl Iterator<Item = (i64, Cell)> {
        let known = self.known.get(server).into_iter();
        known.flat_map(|known| known.cells.iter().map(|(second, cell)| (*second, *cell)))
    }

    /// The weight that the last step left a server with.
    pub fn weight(&self, server: &K) -> f64 {
        self.known.get(server).map_or(1.0, |known| known.weight)
    }

    /// Requests a second that it could do, where enough is known to say.
    fn could(&self, server: &K, now_s: i64) -> Option<f64> {
        let known = self.known.get(server)?;
        let is_new = now_s - known.since_s < BLACKOUT_S;
        let is_old = now_s - known.last_s > EXPIRY_S;
        let range = known.cells.range(now_s - SECONDS + 1..=now_s);
        let sum = range.fold(Cell::default(), |sum, (_, cell)| sum.plus(*cell));
        if is_new || is_old || sum.rows < ENOUGH {
            return None;
        }
        let used = used(&sum);
        // An idle server could do any number: its rate says what it was sent, not what it can.
        (used.util > LEAST_USE || used.errors > 0.0)
            .then(|| (used.rate / (used.util + used.errors)).max(f64::MIN_POSITIVE))
    }
}

fn used(sum: &Cell) -> Use {
    let rows = float(sum.rows);
    let full = float(sum.inflight) / float(sum.limit.max(1));
    let waiting = float(sum.queue_us) / float((sum.queue_us + sum.service_us).max(1));
    let cpu = float(sum.cpu_permille) / 1000.0 / rows;
    Use {
        rate: rows / 10.0,
        util: full.max(waiting).max(cpu).clamp(LEAST_USE, 1.0),
        errors: float(sum.errors) / rows,
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "sums of ten seconds")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
