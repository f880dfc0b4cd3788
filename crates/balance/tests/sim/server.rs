//! A server of the simulation: sixteen workers, a queue, and what is wrong with it.

use std::collections::VecDeque;

use crate::draw::Draw;

/// Every service takes this, and an exponential time beside it.
const BASE_US: u64 = 1_000;
const MEAN_US: f64 = 4_000.0;
const PROBE_US: u64 = 1_000;
const FAST_US: u64 = 200;

/// What is wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// All takes forty times as long.
    Slow,
    /// 503 within 0.2 ms.
    Fast503,
    /// Two of five answers are 5xx.
    Errors,
    /// It takes requests and never answers.
    Hang,
}

/// Work that was sent to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    /// A try, by its number.
    Try(u32),
    /// A caller's probe, and its number.
    Probe(u32, u32),
}

/// When a job ends, and whether well.
pub(crate) type Ends = (u64, Job, bool);

#[derive(Debug)]
pub(crate) struct Server {
    workers: usize,
    busy: usize,
    queue: VecDeque<Job>,
    pub(crate) fault: Fault,
}

// === impl Server ===

impl Server {
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers, busy: 0, queue: VecDeque::new(), fault: Fault::None }
    }

    /// Takes a job; says when it ends where that is known now.
    pub(crate) fn take(&mut self, job: Job, now: u64, draw: &mut Draw) -> Option<(Ends, Work)> {
        match self.fault {
            Fault::Hang => None,
            Fault::Fast503 => Some(((now + FAST_US, job, false), Work::Beside)),
            _ if self.busy < self.workers => {
                self.busy += 1;
                Some((self.work(job, now, draw), Work::Inside))
            }
            _ => {
                self.queue.push_back(job);
                None
            }
        }
    }

    /// A worker is free; says what it does next.
    pub(crate) fn free(&mut self, now: u64, draw: &mut Draw) -> Option<Ends> {
        self.busy -= 1;
        let job = self.queue.pop_front()?;
        self.busy += 1;
        Some(self.work(job, now, draw))
    }

    fn work(&self, job: Job, now: u64, draw: &mut Draw) -> Ends {
        let usual = match job {
            Job::Try(_) => BASE_US + draw.exp_us(MEAN_US),
            Job::Probe(..) => PROBE_US,
        };
        let takes = if self.fault == Fault::Slow { usual * 40 } else { usual };
        let good = self.fault != Fault::Errors || !draw.chance(0.4);
        (now + takes, job, good)
    }
}

/// Whether a job holds a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    Inside,
    Beside,
}
