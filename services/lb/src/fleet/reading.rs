//! What was read of one REPORT database, and how well.

use std::collections::BTreeMap;

use balance::Cell;
use protocol::Instance;
use report::{Newest, Passed, Second};

/// What one database says of the last seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// Each server that has rows.
    pub(crate) newest: Vec<Newest>,
    /// What each listed server wrote, by second.
    pub(crate) seconds: Vec<(Instance, Vec<Second>)>,
    /// How the requests fared that each PPPX passed on.
    pub(crate) passed: Vec<(Instance, Vec<Passed>)>,
}

/// How one database is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    read_ms: Option<i64>,
    problem: Option<String>,
    newest_ms: BTreeMap<Instance, i64>,
    unlisted: Vec<String>,
    ahead: Vec<String>,
}

// === impl Sample ===

impl Sample {
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&Instance, &Second)> {
        self.seconds.iter().flat_map(|(name, seconds)| seconds.iter().map(move |it| (name, it)))
    }

    /// When each server was alive, as its newest row says.
    pub(crate) fn heard(&self, now_ms: i64) -> impl Iterator<Item = (Instance, i64)> {
        self.newest.iter().filter_map(move |newest| {
            let at_ms = newest.at_us?.div_euclid(1000).min(now_ms);
            Some((newest.server.parse().ok()?, at_ms))
        })
    }
}

// === impl Reading ===

impl Reading {
    /// When it was read last, Unix milliseconds.
    pub(crate) fn read_ms(&self) -> Option<i64> {
        self.read_ms
    }

    /// Why it cannot be read now.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// When a server's newest row arrived, Unix milliseconds.
    pub(crate) fn newest_ms(&self, server: &Instance) -> Option<i64> {
        self.newest_ms.get(server).copied()
    }

    /// Servers that have rows and are not listed.
    pub(crate) fn unlisted(&self) -> &[String] {
        &self.unlisted
    }

    /// Servers that have rows from the future.
    pub(crate) fn ahead(&self) -> &[String] {
        &self.ahead
    }

    pub(super) fn take(
        &mut self,
        newest: &[Newest],
        is_listed: impl Fn(&Instance) -> bool,
        now_ms: i64,
    ) {
        *self = Self { read_ms: Some(now_ms), ..Self::default() };
        for Newest { server, at_us, ahead } in newest {
            match server.parse().ok().filter(|name| is_listed(name)) {
                Some(name) => {
                    self.newest_ms.extend(at_us.map(|at_us| (name, at_us.div_euclid(1000))));
                    if *ahead {
                        self.ahead.push(server.clone());
                    }
                }
                None => self.unlisted.push(server.clone()),
            }
        }
    }

    /// Notes why it cannot be read; says whether that is news.
    pub(super) fn fail(&mut self, problem: String) -> bool {
        let is_news = self.problem.as_ref() != Some(&problem);
        self.problem = Some(problem);
        is_news
    }
}

/// A second as the scorer takes it.
pub(super) fn cell(second: &Second) -> Cell {
    Cell {
        rows: second.rows,
        errors: second.errors,
        queue_us: second.queue_us,
        service_us: second.service_us,
        inflight: second.inflight,
        limit: second.limit,
        cpu_permille: second.cpu_permille,
    }
}
