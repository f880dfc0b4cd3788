//! How every listed server fares, and what follows for the map. Time is an argument.
//!
//! Four things are heard: beats and answers to probes ([`Watch`]), REPORT rows ([`Scorer`]), what
//! operators say ([`Rulings`]). [`Fleet::tick`] makes of them, once a second, the state and weight
//! of each server; between two ticks they stand.

mod complaint;
mod reading;

use std::collections::BTreeMap;

use balance::{Cause, Health, Keeper, Listed as Kept, Scorer, Use, Watch};
use config::inventory::{Inventory, Listed, Place};
use protocol::{Instance, Merged, Pair, Role, Ruling, Rulings, ServerState, Weight};

pub(crate) use reading::{Reading, Sample};

/// What is known of all servers.
#[derive(Debug)]
pub(crate) struct Fleet {
    me: Instance,
    watches: BTreeMap<Instance, Watch>,
    scorer: Scorer<Instance>,
    keeper: Keeper,
    rulings: Rulings,
    standings: BTreeMap<Instance, Standing>,
    readings: Pair<Reading>,
    began_ms: Option<i64>,
}

/// What is published of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its state.
    pub(crate) state: ServerState,
    /// Since when, Unix milliseconds.
    pub(crate) since_ms: i64,
    /// Its share against its twin's.
    pub(crate) weight: Weight,
}

/// A server whose state has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) name: Instance,
    pub(crate) from: ServerState,
    pub(crate) to: ServerState,
    pub(crate) why: String,
}

/// A row that is older tells nothing of now.
const FRESH_MS: i64 = 30_000;
/// For so long after the start, and after a failure, a database may not be read without alarm.
const GRACE_MS: i64 = 10_000;

// === impl Fleet ===

impl Fleet {
    pub(crate) fn new(me: Instance, rulings: Rulings) -> Self {
        Self {
            me,
            watches: BTreeMap::new(),
            scorer: Scorer::default(),
            keeper: Keeper::default(),
            rulings,
            standings: BTreeMap::new(),
            readings: Pair::default(),
            began_ms: None,
        }
    }

    /// A server sent its INIT.
    pub(crate) fn beat(&mut self, name: &Instance, now_ms: i64) {
        self.watches.entry(*name).or_default().beat(now_ms);
    }

    /// A server answered a probe, or did not.
    pub(crate) fn probed(&mut self, name: &Instance, answered: bool, now_ms: i64) {
        let watch = self.watches.entry(*name).or_default();
        if answered { watch.answered(now_ms) } else { watch.missed() }
    }

    /// Takes what one REPORT database says of the last seconds.
    pub(crate) fn read(
        &mut self,
        database: Place,
        inventory: &Inventory,
        (sample, now_ms): (&Sample, i64),
    ) {
        for (name, second) in sample.cells() {
            self.scorer.learn(name, second.second, reading::cell(second), now_ms / 1000);
        }
        for (callee, caller) in complaint::all(inventory, &sample.passed) {
            self.watches.entry(callee).or_default().complaint(caller, now_ms);
        }
        let listed = |name: &Instance| inventory.get(name).is_some();
        if let Some(reading) = self.reading_mut(database) {
            reading.take(&sample.newest, listed, now_ms);
        }
        for (name, heard_ms) in sample.heard(now_ms) {
            let watch = self.watches.entry(name).or_default();
            // A row is a sign of life of the moment that it tells of; an old one says nothing of
            // a server that may just have been started with this LB.
            let is_news = now_ms - heard_ms < FRESH_MS && watch.heard_ms() < Some(heard_ms);
            if is_news && inventory.get(&name).is_some() {
                watch.beat(heard_ms);
            }
        }
    }

    /// Notes that a database cannot be read; says whether that is news.
    pub(crate) fn unread(&mut self, database: Place, problem: String) -> bool {
        self.reading_mut(database).is_some_and(|reading| reading.fail(problem))
    }

    /// Judges all; to be called once a second. Says whose state has changed.
    pub(crate) fn tick(&mut self, inventory: &Inventory, now_ms: i64) -> Vec<Turn> {
        self.began_ms.get_or_insert(now_ms);
        let is_listed = |name: &Instance| inventory.get(name).is_some();
        self.watches.retain(|name, _| is_listed(name));
        self.scorer.keep(is_listed);
        self.rulings.keep(is_listed);
        let kept: Vec<Kept> = placed(inventory)
            .filter(|listed| !self.is_out(&listed.name))
            .map(|listed| self.kept(listed, now_ms))
            .collect();
        let reports = self.hears(inventory, now_ms);
        self.keeper.learn(&kept, reports, now_ms);
        let weights = self.weigh(inventory, now_ms);
        let mut turns = Vec::new();
        let mut standings = BTreeMap::new();
        for listed in &inventory.instances {
            let state = self.judge(listed, inventory, now_ms);
            let before = self.standings.get(&listed.name);
            let same = before.filter(|before| before.state == state);
            let weight = weights.get(&listed.name).copied().unwrap_or(listed.weight);
            let since_ms = same.map_or(now_ms, |before| before.since_ms);
            if let Some(from) = before.map(|it| it.state).filter(|from| *from != state) {
                let why = self.why(&listed.name, now_ms);
                turns.push(Turn { name: listed.name, from, to: state, why });
            }
            standings.insert(listed.name, Standing { state, since_ms, weight });
        }
        self.standings = standings;
        turns
    }

    /// What is published of a server; before the first tick, that it is ready.
    pub(crate) fn standing(&self, name: &Instance) -> Option<&Standing> {
        self.standings.get(name)
    }

    /// What is published of a server.
    pub(crate) fn state(&self, name: &Instance) -> ServerState {
        self.standing(name).map_or(ServerState::Ready, |standing| standing.state)
    }

    /// What an operator said last of a server.
    pub(crate) fn rulings(&self) -> &Rulings {
        &self.rulings
    }

    /// Takes an operator's word.
    pub(crate) fn rule(&mut self, name: Instance, ruling: Ruling) {
        self.rulings.put(name, ruling);
    }

    /// Takes what the twin's operators said; a freeze that was ended there ends here.
    pub(crate) fn merge(&mut self, theirs: &Rulings) -> Merged {
        let merged = self.rulings.merge(theirs);
        if merged.thawed {
            self.keeper.believe();
        }
        merged
    }

    /// Ends a freeze: what is seen is believed.
    pub(crate) fn thaw(&mut self) {
        self.rulings.thaw();
        self.keeper.believe();
    }

    /// Whether an operator took a server out.
    pub(crate) fn is_out(&self, name: &Instance) -> bool {
        self.rulings.get(name).is_some_and(Ruling::takes_out)
    }

    /// What holds the map as it was, each with the time since when.
    pub(crate) fn causes(&self) -> Vec<(Cause, i64)> {
        self.keeper.causes().collect()
    }

    /// How a server fares, whatever is published.
    pub(crate) fn seen(&self, name: &Instance, now_ms: i64) -> Health {
        if *name == self.me {
            return Health::Alive;
        }
        self.watches.get(name).map_or(Health::Alive, |watch| watch.health(now_ms))
    }

    /// When a server was heard last.
    pub(crate) fn heard_ms(&self, name: &Instance) -> Option<i64> {
        self.watches.get(name).and_then(Watch::heard_ms)
    }

    /// What the rows say of a server's last ten seconds.
    pub(crate) fn last(&self, name: &Instance, now_ms: i64) -> Option<Use> {
        self.scorer.last(name, now_ms / 1000)
    }

    /// What the weight of a server comes from, by second.
    pub(crate) fn cells(&self, name: &Instance) -> Vec<(i64, balance::Cell)> {
        self.scorer.cells(name).collect()
    }

    /// Its share against its twin's, as the rows alone say.
    pub(crate) fn score(&self, name: &Instance) -> f64 {
        self.scorer.weight(name)
    }

    /// How each REPORT database is read.
    pub(crate) fn readings(&self) -> &Pair<Reading> {
        &self.readings
    }

    /// Why a server has its state, for people.
    pub(crate) fn why(&self, name: &Instance, now_ms: i64) -> String {
        if let Some(ruling) = self.rulings.get(name).filter(|it| it.takes_out()) {
            let said = format!("{} said so", ruling.by);
            return match &ruling.reason {
                Some(reason) => format!("{said}: {reason}"),
                None => said,
            };
        }
        if *name == self.me {
            return "this LB".to_owned();
        }
        let seen = match self.watches.get(name) {
            Some(watch) => watch.why(now_ms),
            None => "never heard".to_owned(),
        };
        let frozen = self.keeper.is_frozen() && self.keeper.health(name) < self.keeper.seen(name);
        if frozen { format!("{seen}; not believed, the map is frozen") } else { seen }
    }

    fn kept(&self, listed: &Listed, now_ms: i64) -> Kept {
        let health = self.seen(&listed.name, now_ms);
        Kept { name: listed.name, role: listed.role, health }
    }

    fn judge(&self, listed: &Listed, inventory: &Inventory, now_ms: i64) -> ServerState {
        let name = &listed.name;
        if let Some(ruling) = self.rulings.get(name).filter(|it| it.takes_out()) {
            return ruling.state;
        }
        let seen = self.seen(name, now_ms);
        if listed.place == Place::None {
            return of_health(seen);
        }
        if seen == Health::Dead && self.nobody_else(listed, inventory, now_ms) {
            // It is likelier that we do not hear than that all are dead; and nobody is better.
            return ServerState::Panic;
        }
        of_health(self.keeper.health(name))
    }

    /// Whether the others of its role are dead too, or under repair.
    fn nobody_else(&self, one: &Listed, inventory: &Inventory, now_ms: i64) -> bool {
        placed(inventory).filter(|it| it.role == one.role && it.name != one.name).all(|other| {
            let ruling = self.rulings.get(&other.name);
            let repaired = ruling.is_some_and(|it| it.state == ServerState::Maintenance);
            repaired || self.seen(&other.name, now_ms) == Health::Dead
        })
    }

    /// Whether what the databases say is heard; with none configured there is nothing to hear.
    fn hears(&self, inventory: &Inventory, now_ms: i64) -> bool {
        let is_new = self.began_ms.is_none_or(|began_ms| now_ms - began_ms < GRACE_MS);
        let places = [
            (&inventory.report.first, &self.readings.first),
            (&inventory.report.second, &self.readings.second),
        ];
        let known = places.iter().filter(|(url, _)| url.is_some());
        let heard = |reading: &Reading| reading.read_ms().is_some_and(|at| now_ms - at < GRACE_MS);
        is_new
            || inventory.report.is_empty()
            || known.into_iter().any(|(_, reading)| heard(reading))
    }

    /// Each weight: what the inventory says, by what the rows say.
    fn weigh(&mut self, inventory: &Inventory, now_ms: i64) -> BTreeMap<Instance, Weight> {
        let mut weights = BTreeMap::new();
        for role in Role::ALL {
            let of_role: Vec<&Listed> = placed(inventory).filter(|it| it.role == role).collect();
            if let [one, two] = of_role[..] {
                let scores = self.scorer.step([&one.name, &two.name], now_ms / 1000);
                for (listed, score) in [one, two].into_iter().zip(scores) {
                    weights.insert(listed.name, weight(listed.weight.as_f64() * score));
                }
            }
        }
        weights
    }

    fn reading_mut(&mut self, database: Place) -> Option<&mut Reading> {
        match database {
            Place::First => Some(&mut self.readings.first),
            Place::Second => Some(&mut self.readings.second),
            Place::None => None,
        }
    }
}

/// Those that are in the map.
fn placed(inventory: &Inventory) -> impl Iterator<Item = &Listed> {
    inventory.instances.iter().filter(|listed| listed.place != Place::None)
}

fn of_health(health: Health) -> ServerState {
    match health {
        Health::Alive => ServerState::Ready,
        Health::Suspect => ServerState::Suspect,
        Health::Dead => ServerState::Dead,
    }
}

/// A weight in hundredths: a finer one would be another map each second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "it is within 10 and 1000"
)]
fn weight(wanted: f64) -> Weight {
    let hundredths = (wanted.clamp(0.1, 10.0) * 100.0).round() as u16;
    Weight::from_thousandths(hundredths.saturating_mul(10)).unwrap_or(Weight::ONE)
}

#[cfg(test)]
mod tests;
