//! Does not believe that everybody has died.
//!
//! Where a whole role, or more than two servers within a minute, seem to go, or neither REPORT
//! database can be read, it is likelier that the LB does not hear. Then what was published before
//! stays; it ends by itself when they are heard again, and after ten minutes at the latest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use protocol::{Instance, Role};

use crate::watch::Health;

/// Those who go within this time go together.
const TOGETHER_MS: i64 = 60_000;
/// More than so many going together are not believed.
const BELIEVED: usize = 2;
/// The longest that one cause holds, milliseconds.
pub const LONGEST_FREEZE_MS: i64 = 600_000;

/// Why what was published stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// All servers of a role seem dead.
    Role(Role),
    /// Too many seem to have died together.
    Many,
    /// Neither REPORT database can be read.
    Reports,
}

/// One listed server, and how it seems to fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Instance,
    /// What it does.
    pub role: Role,
    /// How it seems to fare.
    pub health: Health,
}

/// What is published of each server's health, and why that may not be what is seen.
#[derive(Debug, Clone, Default)]
pub struct Keeper {
    /// What is seen, and since when it is dead.
    seen: BTreeMap<Instance, (Health, Option<i64>)>,
    published: BTreeMap<Instance, Health>,
    /// What holds, and since when.
    causes: BTreeMap<Cause, i64>,
    /// What has held for its time, or was ended by an operator; until it is over it holds no more.
    spent: BTreeSet<Cause>,
}

// === impl Keeper ===

impl Keeper {
    /// Learns how all fare, and whether a REPORT database can be read; to be called each second.
    pub fn learn(&mut self, listed: &[Listed], reports: bool, now_ms: i64) {
        for server in listed {
            let before = self.seen.get(&server.name).and_then(|(_, dead)| *dead);
            let dead = (server.health == Health::Dead).then(|| before.unwrap_or(now_ms));
            self.seen.insert(server.name, (server.health, dead));
        }
        let is_listed = |name: &Instance| listed.iter().any(|server| server.name == *name);
        self.seen.retain(|name, _| is_listed(name));
        self.published.retain(|name, _| is_listed(name));
        self.judge(&causes(listed, &self.seen, reports), now_ms);
        let frozen = self.is_frozen();
        for server in listed {
            let known = self.published.get(&server.name).copied();
            let kept = known.filter(|known| frozen && *known < server.health);
            self.published.insert(server.name, kept.unwrap_or(server.health));
        }
    }

    /// What is published of a server.
    pub fn health(&self, name: &Instance) -> Health {
        self.published.get(name).copied().unwrap_or(Health::Alive)
    }

    /// What is seen of a server, whatever is published.
    pub fn seen(&self, name: &Instance) -> Health {
        self.seen.get(name).map_or(Health::Alive, |(health, _)| *health)
    }

    /// Why what was published stays, each with the time since when, Unix milliseconds.
    pub fn causes(&self) -> impl Iterator<Item = (Cause, i64)> {
        self.causes.iter().map(|(cause, since_ms)| (*cause, *since_ms))
    }

    /// Whether what was published stays.
    pub fn is_frozen(&self) -> bool {
        !self.causes.is_empty()
    }

    /// An operator says that it is as it seems: what holds now holds no more.
    pub fn believe(&mut self) {
        self.spent.extend(self.causes.keys());
        self.causes.clear();
    }

    fn judge(&mut self, causes: &BTreeSet<Cause>, now_ms: i64) {
        self.spent.retain(|cause| causes.contains(cause));
        self.causes.retain(|cause, _| causes.contains(cause));
        let over: Vec<Cause> = self
            .causes
            .iter()
            .filter_map(|(cause, since_ms)| {
                (now_ms - since_ms >= LONGEST_FREEZE_MS).then_some(*cause)
            })
            .collect();
        for cause in over {
            self.causes.remove(&cause);
            self.spent.insert(cause);
        }
        for cause in causes.difference(&self.spent) {
            self.causes.entry(*cause).or_insert(now_ms);
        }
    }
}

/// What speaks against believing what is seen.
fn causes(
    listed: &[Listed],
    seen: &BTreeMap<Instance, (Health, Option<i64>)>,
    reports: bool,
) -> BTreeSet<Cause> {
    let mut causes = BTreeSet::new();
    for server in listed {
        let of_role = || listed.iter().filter(|it| it.role == server.role);
        // One that stands alone and dies is no sign that the LB does not hear.
        if of_role().count() > 1 && of_role().all(|it| it.health == Health::Dead) {
            causes.insert(Cause::Role(server.role));
        }
    }
    let mut died: Vec<i64> = seen.values().filter_map(|(_, dead)| *dead).collect();
    died.sort_unstable();
    let together = died.windows(BELIEVED + 1).any(|some| match some {
        [first, .., last] => last - first < TOGETHER_MS,
        _ => false,
    });
    if together {
        causes.insert(Cause::Many);
    }
    if !reports {
        causes.insert(Cause::Reports);
    }
    causes
}

// === impl Cause ===

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "all of {} seem dead", role.as_str()),
            Self::Many => f.write_str("more than two servers seem to have died together"),
            Self::Reports => f.write_str("neither REPORT database can be read"),
        }
    }
}

#[cfg(test)]
mod tests;
