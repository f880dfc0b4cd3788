//! How many requests a server takes at once: as many as do not make each other slow.

use std::time::{Duration, Instant};

use protocol::Verb;

const LEAST: usize = 8;
/// A town's boxes come in one second, before anything is known of how long they take.
const START: usize = 256;
/// Answers of so long are judged together, where there are enough of them.
const WINDOW: Duration = Duration::from_millis(100);
const ENOUGH: u32 = 10;
/// So much slower than usual is no sign of too much yet.
const TOLERANCE: f64 = 1.5;
/// How much of a new estimate is taken at once.
const STEP: f64 = 0.2;
/// The weight of a window in what is usual: it is learnt while there is room for all, and slowly
/// while there is not, for then it is the waiting itself that is measured.
const LEARN: f64 = 0.05;
const LEARN_SLOWLY: f64 = 0.001;

/// An adaptive limit: it grows while answers take as long as usual, and falls when they do not.
///
/// What is usual is known of each command by itself: an activation takes many times what an
/// authentication does, and the first of them is no sign of too much.
///
/// Source: balancing.md (c3), after the gradient of Netflix's limiter
#[derive(Debug, Clone)]
pub struct Limit {
    value: f64,
    least: f64,
    most: f64,
    aim: Aim,
    kinds: Vec<Kind>,
    window: Window,
}

/// What the answers may take in the mean before there are too many at once.
#[derive(Debug, Clone, Copy)]
enum Aim {
    /// Somewhat more than usual.
    Usual,
    /// So many seconds.
    Within(f64),
}

/// One command: what is usual of it, and what it took in this window.
#[derive(Debug, Clone, Copy)]
struct Kind {
    verb: Verb,
    usual_s: Option<f64>,
    sum_s: f64,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    from: Option<Instant>,
    count: u32,
    most_inflight: usize,
    waited: bool,
}

// === impl Limit ===

impl Limit {
    /// A limit of 8 to `most` that starts at 256.
    pub fn adaptive(most: usize) -> Self {
        Self::new(most, Aim::Usual)
    }

    /// A limit of 8 to `most` that starts at 256 and holds the mean of the answers under `mean`:
    /// for a proxy, whose requests take as long as others make them, and whose clients hang up.
    pub fn within(most: usize, mean: Duration) -> Self {
        Self::new(most, Aim::Within(mean.as_secs_f64()))
    }

    /// A limit that stays.
    pub fn fixed(value: usize) -> Self {
        let value = float(value);
        Self { value, least: value, most: value, ..Self::adaptive(1) }
    }

    fn new(most: usize, aim: Aim) -> Self {
        let most = most.max(1);
        let [value, least, most] = [START.min(most), LEAST.min(most), most].map(float);
        Self { value, least, most, aim, kinds: Vec::new(), window: Window::NONE }
    }

    /// How many may be served at once now.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between the least and the most, both counts"
    )]
    pub fn value(&self) -> usize {
        self.value as usize
    }

    /// One was served, among so many in flight; `waited` where others had to wait meanwhile.
    pub(crate) fn note(
        &mut self,
        (verb, took): (Verb, Duration),
        (inflight, waited): (usize, bool),
        now: Instant,
    ) {
        let took_s = took.as_secs_f64();
        match self.kinds.iter_mut().find(|it| it.verb == verb) {
            Some(kind) => {
                kind.sum_s += took_s;
                kind.count += 1;
            }
            None => self.kinds.push(Kind { verb, usual_s: None, sum_s: took_s, count: 1 }),
        }
        let window = &mut self.window;
        let from = *window.from.get_or_insert(now);
        window.count += 1;
        window.most_inflight = window.most_inflight.max(inflight);
        window.waited |= waited;
        if window.count >= ENOUGH && now.saturating_duration_since(from) >= WINDOW {
            let window = std::mem::replace(&mut self.window, Window::NONE);
            self.judge(window);
        }
    }

    fn judge(&mut self, window: Window) {
        let all = f64::from(window.count);
        let (mut sum_s, mut slower) = (0.0, 0.0);
        for kind in &mut self.kinds {
            sum_s += kind.sum_s;
            slower += kind.judge(window.waited);
        }
        let room = match self.aim {
            Aim::Usual => TOLERANCE * all / slower,
            Aim::Within(mean_s) => mean_s * all / sum_s.max(1e-6),
        };
        if float(window.most_inflight) * 2.0 < self.value {
            return;
        }
        let wanted = self.value * room.clamp(0.5, 1.0) + self.value.sqrt();
        self.value = (self.value + (wanted - self.value) * STEP).clamp(self.least, self.most);
    }
}

// === impl Kind ===

impl Kind {
    /// Ends its window: how often what is usual the answers took, all together. Learns what is.
    fn judge(&mut self, waited: bool) -> f64 {
        let count = f64::from(std::mem::take(&mut self.count));
        let sum_s = std::mem::take(&mut self.sum_s);
        if count == 0.0 {
            return 0.0;
        }
        let took_s = (sum_s / count).max(1e-6);
        let usual_s = *self.usual_s.get_or_insert(took_s);
        // Quicker than usual is learnt at once: it is what the server can do.
        let learn = if waited && usual_s <= took_s { LEARN_SLOWLY } else { LEARN };
        let usual_s = usual_s + (took_s - usual_s) * learn;
        self.usual_s = Some(usual_s);
        count * took_s / usual_s
    }
}

// === impl Window ===

impl Window {
    const NONE: Self = Self { from: None, count: 0, most_inflight: 0, waited: false };
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "far below 2 to the 52")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(limit: &mut Limit, windows: u32, took_ms: u64, mut now: Instant) -> Instant {
        for _ in 0..windows {
            for _ in 0..20 {
                now += Duration::from_millis(6);
                let seen = (limit.value(), took_ms > 5);
                limit.note((Verb::Auth, Duration::from_millis(took_ms)), seen, now);
            }
        }
        now
    }

    #[test]
    fn grows_to_its_most_while_answers_take_as_long_as_usual() {
        let mut limit = Limit::adaptive(500);
        assert_eq!(limit.value(), 256);
        serve(&mut limit, 200, 5, Instant::now());
        assert_eq!(limit.value(), 500);
    }

    #[test]
    fn falls_when_answers_slow_down_and_never_under_its_least() {
        let mut limit = Limit::adaptive(100);
        let now = serve(&mut limit, 20, 5, Instant::now());
        let before = limit.value();
        let mut now = serve(&mut limit, 5, 50, now);
        assert!(limit.value() < before);
        for took_ms in [500, 5_000, 50_000] {
            now = serve(&mut limit, 20, took_ms, now);
        }
        assert_eq!(limit.value(), 8);
    }

    #[test]
    fn a_command_that_takes_forty_times_another_is_no_sign_of_too_much() {
        let mut limit = Limit::adaptive(20);
        let now = serve(&mut limit, 20, 5, Instant::now());
        let mut now = now;
        for _ in 0..1000 {
            now += Duration::from_millis(11);
            limit.note((Verb::Activate, Duration::from_millis(200)), (18, true), now);
        }
        assert_eq!(limit.value(), 20);
    }

    #[test]
    fn stays_where_it_is_not_reached() {
        let mut limit = Limit::adaptive(500);
        let mut now = Instant::now();
        for _ in 0..1000 {
            now += Duration::from_millis(6);
            limit.note((Verb::Auth, Duration::from_millis(5)), (30, false), now);
        }
        assert_eq!(limit.value(), 256);
    }

    #[test]
    fn one_that_holds_a_mean_lets_in_as_many_as_are_served_in_that_time() {
        let mut limit = Limit::within(512, Duration::from_millis(250));
        // 200 a second whoever comes: each waits for all that are in front of him.
        let mut now = Instant::now();
        for _ in 0..20_000 {
            now += Duration::from_millis(5);
            let inflight = limit.value();
            let took = Duration::from_millis(5) * u32::try_from(inflight).unwrap();
            limit.note((Verb::Auth, took), (inflight, true), now);
        }
        assert!((50..=64).contains(&limit.value()), "{}", limit.value());
        // The server is quick again: it is soon as open as it may be.
        serve(&mut limit, 400, 5, now);
        assert_eq!(limit.value(), 512);
    }

    #[test]
    fn a_fixed_one_stays_and_a_small_one_is_kept() {
        let mut limit = Limit::fixed(50);
        serve(&mut limit, 50, 5, Instant::now());
        assert_eq!(limit.value(), 50);
        assert_eq!(Limit::adaptive(2).value(), 2);
    }
}
