//! The simulation: callers, two servers, a fault on the first; time is a number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use balance::{Probe, Seen};

use crate::draw::Draw;
use crate::policy::{Chooser, Policy, Retries};
use crate::server::{Fault, Job, Server, Work};
use crate::tally::Tally;

const CALLERS: u32 = 8;
const DEADLINE_US: u64 = 2_000_000;
const PROBE_TICK_US: u64 = 100_000;
const PROBE_TIMEOUT_US: u64 = 1_000_000;

/// What is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) policy: Policy,
    pub(crate) fault: Fault,
    /// Requests a second, of all callers.
    pub(crate) rate: f64,
    /// Seconds before, during and after the fault.
    pub(crate) seconds: [u64; 3],
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    Ends { server: usize, job: Job, good: bool, work: Work },
    TryOver(u32),
    ProbeTick(u32),
    ProbeOver { caller: u32, probe: u32 },
    Faults,
    Heals,
}

struct Request {
    caller: usize,
    arrived: u64,
    choice: [usize; 2],
    attempts: u32,
}

struct Try {
    request: usize,
    server: usize,
    began: u64,
    over: bool,
}

struct ProbeSent {
    caller: usize,
    server: usize,
    sent: u64,
    over: bool,
}

pub(crate) struct World {
    script: Script,
    base: Instant,
    now: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
    draw: Draw,
    servers: [Server; 2],
    callers: Vec<Chooser>,
    requests: Vec<Request>,
    tries: Vec<Try>,
    probes: Vec<ProbeSent>,
    tally: Tally,
}

/// Plays a script to its end.
pub(crate) fn play(script: Script) -> Tally {
    let mut world = World::new(script);
    world.run();
    world.tally
}

// === impl World ===

impl World {
    fn new(script: Script) -> Self {
        let base = Instant::now();
        let [before, during, after] = script.seconds.map(|it| it * 1_000_000);
        let mut world = Self {
            script,
            base,
            now: 0,
            events: BinaryHeap::new(),
            sequence: 0,
            draw: Draw::new(script.seed),
            servers: [Server::new(16), Server::new(16)],
            callers: (0..CALLERS).map(|_| Chooser::new(script.policy, base)).collect(),
            requests: Vec::new(),
            tries: Vec::new(),
            probes: Vec::new(),
            tally: Tally::new(before, during, after),
        };
        world.at(0, Event::Arrives);
        for caller in 0..CALLERS {
            let first = world.draw.next() % PROBE_TICK_US;
            world.at(first, Event::ProbeTick(caller));
        }
        world.at(before, Event::Faults);
        world.at(before + during, Event::Heals);
        world
    }

    fn run(&mut self) {
        let end = self.script.seconds.iter().sum::<u64>() * 1_000_000;
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            self.now = at;
            if at >= end + DEADLINE_US {
                return;
            }
            match event {
                Event::Arrives if at < end => self.arrives(),
                Event::Arrives => {}
                Event::Ends { server, job, good, work } => self.ends(server, job, good, work),
                Event::TryOver(number) => self.try_over(number),
                Event::ProbeTick(caller) => self.probe_tick(caller),
                Event::ProbeOver { caller, probe } => self.probe_over(caller, probe, Probe::Bad),
                Event::Faults => self.servers[0].fault = self.script.fault,
                Event::Heals => self.servers[0].fault = Fault::None,
            }
        }
    }

    fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((time, self.sequence, event)));
    }

    fn clock(&self) -> Instant {
        self.base + Duration::from_micros(self.now)
    }

    fn arrives(&mut self) {
        let next = self.now + self.draw.exp_us(1e6 / self.script.rate).max(1);
        self.at(next, Event::Arrives);
        let caller = (self.draw.next() % u64::from(CALLERS)) as usize;
        let clock = self.clock();
        let choice = self.callers[caller].pick(clock, &mut self.draw);
        self.tally.arrived(self.now, choice.server);
        if choice.refused {
            self.tally.answered(self.now, 0, 0, false);
            return;
        }
        let request = self.requests.len();
        let choice = [choice.server, choice.other];
        self.requests.push(Request { caller, arrived: self.now, choice, attempts: 0 });
        self.attempt(request);
    }

    fn attempt(&mut self, request: usize) {
        let clock = self.clock();
        let it = &mut self.requests[request];
        let server = it.choice[it.attempts as usize];
        it.attempts += 1;
        let (caller, deadline, last) = (it.caller, it.arrived + DEADLINE_US, it.attempts == 2);
        let number = self.tries.len() as u32;
        self.tries.push(Try { request, server, began: self.now, over: false });
        self.callers[caller].begin(server, clock);
        let patience = self.callers[caller].patience(server, clock).as_micros() as u64;
        let until = if last { deadline } else { deadline.min(self.now + patience) };
        self.at(until, Event::TryOver(number));
        self.send(server, Job::Try(number));
    }

    fn send(&mut self, server: usize, job: Job) {
        if let Some((ends, work)) = self.servers[server].take(job, self.now, &mut self.draw) {
            self.at(ends.0, Event::Ends { server, job: ends.1, good: ends.2, work });
        }
    }

    fn ends(&mut self, server: usize, job: Job, good: bool, work: Work) {
        if work == Work::Inside
            && let Some((at, job, good)) = self.servers[server].free(self.now, &mut self.draw)
        {
            self.at(at, Event::Ends { server, job, good, work });
        }
        match (job, good) {
            (Job::Try(number), true) => self.try_ended(number, Seen::Answer),
            (Job::Try(number), false) => self.try_ended(number, Seen::Failed),
            (Job::Probe(caller, probe), true) => self.probe_over(caller, probe, Probe::Good),
            (Job::Probe(caller, probe), false) => self.probe_over(caller, probe, Probe::Bad),
        }
    }

    fn try_over(&mut self, number: u32) {
        let it = &self.tries[number as usize];
        let deadline = self.requests[it.request].arrived + DEADLINE_US;
        let wait_on =
            !it.over && self.now < deadline && self.script.policy.retries() == Retries::None;
        if wait_on {
            self.at(deadline, Event::TryOver(number));
        } else {
            self.try_ended(number, Seen::Failed);
        }
    }

    fn try_ended(&mut self, number: u32, seen: Seen) {
        let clock = self.clock();
        let it = &mut self.tries[number as usize];
        if std::mem::replace(&mut it.over, true) {
            return;
        }
        let took = Duration::from_micros(self.now - it.began);
        let (request, server) = (it.request, it.server);
        let it = &self.requests[request];
        let (caller, arrived, attempts) = (it.caller, it.arrived, it.attempts);
        let draw = self.draw.fraction();
        self.callers[caller].end(server, seen, took, (clock, draw));
        let retry = seen == Seen::Failed
            && attempts == 1
            && self.script.policy.retries() == Retries::One
            && self.now < arrived + DEADLINE_US
            && self.callers[caller].may_retry(clock);
        if retry {
            self.attempt(request);
        } else {
            self.tally.answered(arrived, self.now - arrived, attempts, seen == Seen::Answer);
        }
    }

    fn probe_tick(&mut self, caller: u32) {
        self.at(self.now + PROBE_TICK_US, Event::ProbeTick(caller));
        let clock = self.clock();
        for server in self.callers[caller as usize].probes_due(clock, &mut self.draw) {
            let probe = self.probes.len() as u32;
            let caller_at = caller as usize;
            self.probes.push(ProbeSent { caller: caller_at, server, sent: self.now, over: false });
            self.tally.probes += 1;
            self.at(self.now + PROBE_TIMEOUT_US, Event::ProbeOver { caller, probe });
            self.send(server, Job::Probe(caller, probe));
        }
    }

    fn probe_over(&mut self, _caller: u32, probe: u32, found: Probe) {
        let clock = self.clock();
        let it = &mut self.probes[probe as usize];
        if std::mem::replace(&mut it.over, true) {
            return;
        }
        let took = Duration::from_micros(self.now - it.sent);
        let (caller, server) = (it.caller, it.server);
        self.callers[caller].probed(server, found, took, clock);
    }
}
