//! Four times what two servers can do, for fifteen seconds: what is still answered in time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use balance::{Entry, Gate, LONGEST_WAIT, Lane, Limit};

use crate::draw::Draw;

const WORKERS: usize = 32;
const DEADLINE_US: u64 = 2_000_000;
/// Requests a second that the workers can do: 5 ms each.
pub(crate) const CAPACITY: f64 = 6_400.0;

/// How a server meets too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shedding {
    /// All wait, however long.
    None,
    /// All wait, and what is too late is not begun.
    Deadline,
    /// Ours.
    Gate,
}

/// What became of the requests, a second each.
#[derive(Debug)]
pub(crate) struct Overload {
    pub(crate) arrived: Vec<u32>,
    pub(crate) good: Vec<u32>,
    pub(crate) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    /// A worker has done it.
    Done(u32),
    /// It has waited at the gate for as long as one may.
    Waited(u32),
}

struct World {
    shedding: Shedding,
    now: u64,
    base: Instant,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
    draw: Draw,
    gate: Gate<u32>,
    /// Those let in that no worker has yet.
    let_in: VecDeque<u32>,
    busy: usize,
    requests: Vec<(u64, u64)>,
    counted: Overload,
}

/// Plays `rates`, so many requests a second for a second each.
pub(crate) fn play(shedding: Shedding, rates: &[f64], seed: u64) -> Overload {
    let base = Instant::now();
    let seconds = rates.len() + 3;
    let mut world = World {
        shedding,
        now: 0,
        base,
        events: BinaryHeap::new(),
        sequence: 0,
        draw: Draw::new(seed),
        gate: Gate::new(Limit::adaptive(512), base),
        let_in: VecDeque::new(),
        busy: 0,
        requests: Vec::new(),
        counted: Overload { arrived: vec![0; seconds], good: vec![0; seconds], limit: 0 },
    };
    world.at(0, Event::Arrives);
    world.run(rates);
    world.counted.limit = world.gate.limit();
    world.counted
}

// === impl World ===

impl World {
    fn run(&mut self, rates: &[f64]) {
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            self.now = at;
            match event {
                Event::Arrives => {
                    let Some(rate) = rates.get((at / 1_000_000) as usize) else { continue };
                    let next = at + self.draw.exp_us(1e6 / rate).max(1);
                    self.at(next, Event::Arrives);
                    self.arrives();
                }
                Event::Done(number) => self.done(number),
                Event::Waited(number) => {
                    self.gate.withdraw(self.clock(), |ticket| *ticket == number);
                }
            }
        }
    }

    fn arrives(&mut self) {
        let number = self.requests.len() as u32;
        self.requests.push((self.now, 0));
        self.counted.arrived[(self.now / 1_000_000) as usize] += 1;
        if self.shedding != Shedding::Gate {
            self.let_in(number);
            return;
        }
        let now = self.clock();
        let deadline = now + Duration::from_micros(DEADLINE_US);
        match self.gate.enter(number, Lane::Auth, deadline, now) {
            Entry::Go(number) => self.let_in(number),
            Entry::Wait { .. } => {
                let wait = LONGEST_WAIT.as_micros() as u64;
                self.at(self.now + wait, Event::Waited(number));
            }
            Entry::Shed(_) | Entry::Late(_) => {}
        }
    }

    fn let_in(&mut self, number: u32) {
        self.requests[number as usize].1 = self.now;
        self.let_in.push_back(number);
        self.work();
    }

    fn work(&mut self) {
        while self.busy < WORKERS {
            let Some(number) = self.let_in.pop_front() else { return };
            let arrived = self.requests[number as usize].0;
            if self.shedding == Shedding::Deadline && self.now > arrived + DEADLINE_US {
                continue;
            }
            self.busy += 1;
            let takes = 1_000 + self.draw.exp_us(4_000.0);
            self.at(self.now + takes, Event::Done(number));
        }
    }

    fn done(&mut self, number: u32) {
        self.busy -= 1;
        let (arrived, began) = self.requests[number as usize];
        if self.now <= arrived + DEADLINE_US {
            self.counted.good[(self.now / 1_000_000) as usize] += 1;
        }
        if self.shedding == Shedding::Gate {
            let took = Duration::from_micros(self.now - began);
            for next in self.gate.leave(Some((protocol::Verb::Auth, took)), self.clock()).go {
                self.let_in(next);
            }
        }
        self.work();
    }

    fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((time, self.sequence, event)));
    }

    fn clock(&self) -> Instant {
        self.base + Duration::from_micros(self.now)
    }
}

// === impl Overload ===

impl Overload {
    /// Good answers a second over some seconds.
    pub(crate) fn goodput(&self, seconds: std::ops::Range<usize>) -> f64 {
        let good: u32 = self.good[seconds.clone()].iter().sum();
        f64::from(good) / seconds.len() as f64
    }
}
