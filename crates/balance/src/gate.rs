//! Who is let in, who waits a moment, and who is told to come back.
//!
//! A queue that may grow makes every answer late: whoever was served had given up. So few wait,
//! and not for long; where too many come the newest are served first, for they still listen, and
//! what can wait gives way to what cannot.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use protocol::Verb;

use crate::limit::Limit;
use crate::ring::Ring;

/// How many may wait.
const QUEUE: usize = 64;
/// The longest that one waits.
pub const LONGEST_WAIT: Duration = Duration::from_millis(20);
/// The longest that one waits where somebody has been waiting all the time.
const SHORT_WAIT: Duration = Duration::from_millis(5);
/// For so long, that is.
const STANDING: Duration = Duration::from_millis(100);
/// A request with less time left is not begun: its sender would not hear the answer.
const LEAST_LEFT: Duration = Duration::from_millis(5);
/// One place of so many is kept for what keeps the back office together.
const RESERVED: usize = 10;
/// Those told to come back are spread over this at least, seconds.
const SHORTEST_RETRY_S: u32 = 5;
const LONGEST_RETRY_S: u32 = 60;

/// What goes before what where there is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// What keeps the back office together: INIT, probes, the management of servers.
    Reserved,
    /// Money: a customer has paid and waits.
    Money,
    /// A box asks for the first time.
    Auth,
    /// Whatever can wait: records and lists.
    Rest,
}

/// What becomes of a request at the gate.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry<T> {
    /// It is served now.
    Go(T),
    /// It waits; one that matters less may have lost its place to it.
    Wait {
        /// Who is to be told to come back.
        out: Option<T>,
    },
    /// There is no room: it is told to come back.
    Shed(T),
    /// Its deadline is over.
    Late(T),
}

/// What follows when a place becomes free.
#[derive(Debug, PartialEq, Eq)]
pub struct Freed<T> {
    /// Those who are served now.
    pub go: Vec<T>,
    /// Those who have waited for too long.
    pub shed: Vec<T>,
    /// Those whose deadline is over.
    pub late: Vec<T>,
}

/// The door of a server.
#[derive(Debug)]
pub struct Gate<T> {
    limit: Limit,
    inflight: usize,
    waiting: [VecDeque<Waiting<T>>; 4],
    /// Since when somebody waits without a pause.
    standing_since: Option<Instant>,
    born: Instant,
    flow: Ring<Flow>,
}

#[derive(Debug)]
struct Waiting<T> {
    ticket: T,
    since: Instant,
    deadline: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Flow {
    served: u32,
    shed: u32,
}

// === impl Lane ===

impl Lane {
    const ALL: [Self; 4] = [Self::Reserved, Self::Money, Self::Auth, Self::Rest];
}

// === impl Gate ===

impl<T> Gate<T> {
    /// An open gate with nobody in it.
    pub fn new(limit: Limit, now: Instant) -> Self {
        Self {
            limit,
            inflight: 0,
            waiting: [const { VecDeque::new() }; 4],
            standing_since: None,
            born: now,
            flow: Ring::new(),
        }
    }

    /// How many are being served.
    pub fn inflight(&self) -> usize {
        self.inflight
    }

    /// How many may be.
    pub fn limit(&self) -> usize {
        self.limit.value()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    /// One comes in.
    pub fn enter(&mut self, ticket: T, lane: Lane, deadline: Instant, now: Instant) -> Entry<T> {
        if deadline.saturating_duration_since(now) < LEAST_LEFT {
            return Entry::Late(ticket);
        }
        if self.has_room(lane) && self.ahead_of(lane) == 0 {
            self.inflight += 1;
            return Entry::Go(ticket);
        }
        let out = if self.waiting() < QUEUE { None } else { self.give_way(lane) };
        if self.waiting() >= QUEUE {
            self.count(now).shed += 1;
            return Entry::Shed(ticket);
        }
        if out.is_some() {
            self.count(now).shed += 1;
        }
        self.standing_since.get_or_insert(now);
        if let Some(queue) = self.queue(lane) {
            queue.push_back(Waiting { ticket, since: now, deadline });
        }
        Entry::Wait { out }
    }

    /// One was served; others may take its place. `took` is what it was and how long it was served,
    /// `None` where that says nothing of the load: a list takes as long as it is.
    pub fn leave(&mut self, took: Option<(Verb, Duration)>, now: Instant) -> Freed<T> {
        let waited = self.waiting() > 0;
        if let Some(took) = took {
            self.limit.note(took, (self.inflight, waited), now);
        }
        self.count(now).served += 1;
        self.cancel(now)
    }

    /// One left without having been served, for example because its client hung up.
    pub fn cancel(&mut self, now: Instant) -> Freed<T> {
        self.inflight = self.inflight.saturating_sub(1);
        let mut freed = Freed { go: Vec::new(), shed: Vec::new(), late: Vec::new() };
        for lane in Lane::ALL {
            while self.has_room(lane) {
                let Some(next) = self.next(lane, now) else { break };
                if next.deadline.saturating_duration_since(now) < LEAST_LEFT {
                    freed.late.push(next.ticket);
                } else if now.saturating_duration_since(next.since) > self.longest_wait(now) {
                    self.count(now).shed += 1;
                    freed.shed.push(next.ticket);
                } else {
                    self.inflight += 1;
                    freed.go.push(next.ticket);
                }
            }
        }
        if self.waiting() == 0 {
            self.standing_since = None;
        }
        freed
    }

    /// One that waits has waited for too long, or its client hung up: takes it out by what `is_it`.
    pub fn withdraw(&mut self, now: Instant, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let found = self.waiting.iter_mut().find_map(|queue| {
            let at = queue.iter().position(|waiting| is_it(&waiting.ticket))?;
            queue.remove(at)
        });
        if found.is_some() {
            self.count(now).shed += 1;
        }
        if self.waiting() == 0 {
            self.standing_since = None;
        }
        found.map(|waiting| waiting.ticket)
    }

    /// Seconds after which to come back, drawn over the time that those sent away need;
    /// `draw` is of `0.0..1.0`.
    ///
    /// Source: protocol.md §1 (`BUSY`)
    pub fn retry_s(&self, now: Instant, draw: f64) -> u32 {
        let second = self.second(now);
        let sum = self.flow.last(second);
        let (served, shed) = sum.fold((0, 0), |sum, it| (sum.0 + it.served, sum.1 + it.shed));
        let needed_s = f64::from(shed) * 10.0 / f64::from(served.max(1));
        let over_s = needed_s.clamp(f64::from(SHORTEST_RETRY_S), f64::from(LONGEST_RETRY_S));
        1 + whole(draw * over_s)
    }

    /// Whether a lane may take a place: the last tenth is reserved.
    fn has_room(&self, lane: Lane) -> bool {
        let limit = self.limit.value();
        let kept = if lane == Lane::Reserved { 0 } else { limit / RESERVED };
        self.inflight + kept < limit
    }

    /// How many wait who go before a newcomer of this lane.
    fn ahead_of(&self, lane: Lane) -> usize {
        let queues = Lane::ALL.iter().zip(&self.waiting);
        queues.filter(|(its, _)| **its <= lane).map(|(_, queue)| queue.len()).sum()
    }

    /// Takes out the newest of those who matter least, where they matter less than a newcomer.
    fn give_way(&mut self, lane: Lane) -> Option<T> {
        let queues = Lane::ALL.iter().zip(&mut self.waiting).rev();
        let mut less = queues.filter(|(its, queue)| **its > lane && !queue.is_empty());
        less.next().and_then(|(_, queue)| queue.pop_back()).map(|waiting| waiting.ticket)
    }

    /// The next of a lane: the oldest, or the newest where the queue does not empty any more.
    fn next(&mut self, lane: Lane, now: Instant) -> Option<Waiting<T>> {
        let newest_first = self.is_standing(now);
        let queue = self.queue(lane)?;
        if newest_first { queue.pop_back() } else { queue.pop_front() }
    }

    fn longest_wait(&self, now: Instant) -> Duration {
        if self.is_standing(now) { SHORT_WAIT } else { LONGEST_WAIT }
    }

    fn is_standing(&self, now: Instant) -> bool {
        self.standing_since.is_some_and(|since| now.saturating_duration_since(since) > STANDING)
    }

    fn queue(&mut self, lane: Lane) -> Option<&mut VecDeque<Waiting<T>>> {
        Lane::ALL
            .iter()
            .zip(&mut self.waiting)
            .find_map(|(its, queue)| (*its == lane).then_some(queue))
    }

    fn count(&mut self, now: Instant) -> &mut Flow {
        let second = self.second(now);
        self.flow.at(second)
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.born).as_secs()
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds, under a minute"
)]
fn whole(seconds: f64) -> u32 {
    seconds as u32
}

#[cfg(test)]
mod tests;
