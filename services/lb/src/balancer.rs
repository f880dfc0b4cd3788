//! What an LB knows, and how it answers INIT* from it. Time is an argument; nothing here waits.

use std::collections::BTreeSet;

use config::inventory::Inventory;
use protocol::{
    AddressMap, DbUrl, Epoch, Init, InitAnswer, Instance, MapAnswer, Merged, Pair, PeerAddr, Role,
    Rulings, Server,
};

use crate::agreement::Agreement;
use crate::beats::{Beat, Beats};
use crate::chart::{Caller, Chart, Edit, Named, Offered, Tie};
use crate::fleet::{Fleet, Turn};
use crate::turn;

/// Unlisted instances that are named in the log; more of them are only counted.
const UNLISTED_NAMED: usize = 64;

/// The whole state of an LB.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug)]
pub(crate) struct Balancer {
    me: Instance,
    ttl_s: u32,
    chart: Chart,
    inventory: Inventory,
    beats: Beats,
    fleet: Fleet,
    agreement: Agreement,
    unlisted: BTreeSet<Instance>,
}

/// What an INIT* has shown that somebody should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The inventory does not list this instance: it gets no place.
    Unlisted { instance: Instance, news: News },
    /// It says it is reached elsewhere than the inventory says.
    OtherAddr { instance: Instance, said: PeerAddr, listed: PeerAddr, news: News },
    /// It names another role than the inventory.
    OtherRole { instance: Instance, said: Role, listed: Role },
    /// It names an epoch too far from what is known.
    Leap { epoch: Epoch },
    /// Somebody runs on another content, or on ours at last: the twin should be asked.
    Behind { epoch: Epoch },
    /// Our own change has another epoch now.
    Renumbered { epoch: Epoch },
    /// The twin's operators have said something of these, or have ended a freeze.
    Ruled { servers: Vec<Instance> },
}

/// Whether something was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It is worth a line in the log.
    First,
    /// It is counted.
    Again,
}

// === impl Balancer ===

impl Balancer {
    pub(crate) fn new(
        (me, ttl_s): (Instance, u32),
        chart: Chart,
        inventory: Inventory,
        rulings: Rulings,
    ) -> Self {
        Self {
            me,
            ttl_s,
            chart,
            inventory,
            beats: Beats::default(),
            fleet: Fleet::new(me, rulings),
            agreement: Agreement::default(),
            unlisted: BTreeSet::new(),
        }
    }

    pub(crate) fn chart(&self) -> &Chart {
        &self.chart
    }

    pub(crate) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    pub(crate) fn fleet_mut(&mut self) -> &mut Fleet {
        &mut self.fleet
    }

    /// What is listed, and what is to learn of it.
    pub(crate) fn listed(&mut self) -> (&Inventory, &mut Fleet) {
        (&self.inventory, &mut self.fleet)
    }

    pub(crate) fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// Judges all servers; to be called once a second.
    pub(crate) fn tick(&mut self, now_ms: i64) -> Vec<Turn> {
        self.fleet.tick(&self.inventory, now_ms)
    }

    /// Compares what both LBs publish; says whether an alarm is due.
    pub(crate) fn compare(&mut self, theirs: &AddressMap, now_ms: i64) -> bool {
        let ours = self.own_map();
        self.agreement.compare(&ours, theirs, now_ms)
    }

    /// Takes what the twin's operators said of listed servers.
    pub(crate) fn merge(&mut self, theirs: &Rulings) -> Merged {
        let mut theirs = theirs.clone();
        theirs.keep(|name| self.inventory.get(name).is_some());
        self.fleet.merge(&theirs)
    }

    pub(crate) fn last_beat(&self, instance: &Instance) -> Option<&Beat> {
        self.beats.last(instance)
    }

    /// Takes the inventory as it was read.
    pub(crate) fn edit(&mut self, inventory: Inventory) -> Edit {
        let edit = self.chart.edit(&inventory.map(Epoch::default()));
        self.inventory = inventory;
        edit
    }

    /// Takes the twin's map where it is newer.
    ///
    /// Where both were changed under one epoch, the one whose instance sorts first stays: any rule
    /// will do that both follow.
    pub(crate) fn offered(&mut self, map: &AddressMap) -> Offered {
        let tie = match &map.from {
            Some(twin) if *twin < self.me => Tie::GiveWay,
            Some(_) | None => Tie::Keep,
        };
        self.chart.offered(map, tie)
    }

    /// Notes the beat and answers it from memory.
    pub(crate) fn init(&mut self, init: &Init, now_ms: i64) -> (InitAnswer, Vec<Notice>) {
        let mut notices = Vec::new();
        let caller = self.caller(init);
        self.note(init, now_ms, &mut notices);
        notices.extend(init.epoch.and_then(|epoch| self.name(init, epoch, caller)));
        let is_twin = self.is_twin(init);
        if let Some(rulings) = init.rulings.as_ref().filter(|_| is_twin) {
            let merged = self.merge(rulings);
            if merged.thawed || !merged.taken.is_empty() {
                notices.push(Notice::Ruled { servers: merged.taken });
            }
        }
        let mut map = self.map(self.crypto_for(init));
        if let Some(instance) = init.instance.filter(|_| init.role != Some(Role::Lb)) {
            turn::turn(&mut map, &instance, now_ms / 1000);
        }
        if init.brief && self.runs_on(init, &map) {
            return (brief(&map), notices);
        }
        if let Some(instance) = init.instance {
            self.beats.give(&instance, &map);
        }
        let rulings = is_twin.then(|| Box::new(self.fleet.rulings().clone()));
        (InitAnswer { rulings, ..MapAnswer::Full(map).into() }, notices)
    }

    /// The map as this LB itself runs on it.
    pub(crate) fn own_map(&self) -> AddressMap {
        self.map(Pair::default())
    }

    fn note(&mut self, init: &Init, now_ms: i64, notices: &mut Vec<Notice>) {
        let Some(instance) = init.instance else { return };
        let Some(listed) = self.inventory.get(&instance) else {
            let known = self.unlisted.contains(&instance) || self.unlisted.len() >= UNLISTED_NAMED;
            if !known {
                self.unlisted.insert(instance);
            }
            notices.push(Notice::Unlisted { instance, news: News::from_known(known) });
            return;
        };
        if let Some(said) = init.role.filter(|said| *said != listed.role) {
            notices.push(Notice::OtherRole { instance, said, listed: listed.role });
            return;
        }
        if let Some(said) = init.addr.as_ref().filter(|said| **said != listed.addr) {
            let last = self.beats.last(&instance).and_then(|beat| beat.addr.as_ref());
            let news = News::from_known(last == Some(said));
            let (said, listed) = (said.clone(), listed.addr.clone());
            notices.push(Notice::OtherAddr { instance, said, listed, news });
        }
        self.fleet.beat(&instance, now_ms);
        let (epoch, addr) = (init.epoch, init.addr.clone());
        self.beats.note(instance, Beat { at_ms: now_ms, epoch, addr, given: None });
    }

    fn name(&mut self, init: &Init, epoch: Epoch, caller: Caller) -> Option<Notice> {
        let named = match init.role {
            Some(Role::Lb) => self.chart.twin_named(epoch),
            _ => self.chart.named(epoch, caller),
        };
        match named {
            Named::Nothing => None,
            Named::Higher => Some(Notice::Behind { epoch }),
            Named::Renumbered => Some(Notice::Renumbered { epoch: self.chart.epoch() }),
            Named::Refused => Some(Notice::Leap { epoch }),
        }
    }

    fn caller(&self, init: &Init) -> Caller {
        let listed = init.instance.and_then(|instance| self.inventory.get(&instance));
        match listed {
            Some(listed) if init.role == Some(listed.role) => {
                let given = self.beats.given(init.instance).map(|map| map.epoch);
                Caller::Listed { given }
            }
            Some(_) | None => Caller::Stranger,
        }
    }

    /// Whether a caller has this very map: weights and states change under one epoch.
    fn runs_on(&self, init: &Init, map: &AddressMap) -> bool {
        let given = self.beats.given(init.instance);
        init.epoch == Some(map.epoch) && (init.instance.is_none() || given == Some(map))
    }

    /// CRYPTO is for those that use it, and for the twin, which could not publish a change of it
    /// otherwise: an edit on either is enough.
    fn crypto_for(&self, init: &Init) -> Pair<Option<DbUrl>> {
        match init.role {
            Some(Role::Sr | Role::Aar | Role::TopUp) => self.chart.content().crypto.clone(),
            Some(Role::Lb) if self.is_twin(init) => self.chart.content().crypto.clone(),
            Some(Role::Lb | Role::Pppx | Role::Gateway | Role::Console) | None => Pair::default(),
        }
    }

    /// Whether the other LB asks; its toki proves role and instance.
    fn is_twin(&self, init: &Init) -> bool {
        let listed = init.instance.and_then(|instance| self.inventory.get(&instance));
        init.role == Some(Role::Lb) && listed.is_some_and(|listed| listed.role == Role::Lb)
    }

    fn map(&self, crypto: Pair<Option<DbUrl>>) -> AddressMap {
        let content = self.chart.content();
        let dress = |pair: &Pair<Option<Server>>| {
            pair.clone().map(|server| server.map(|server| self.dressed(server)))
        };
        AddressMap {
            aar: dress(&content.aar),
            topup: dress(&content.topup),
            lb: dress(&content.lb),
            pppx: dress(&content.pppx),
            sr: dress(&content.sr),
            gateway: dress(&content.gateway),
            report: content.report.clone(),
            crypto,
            epoch: self.chart.epoch(),
            ttl_s: Some(self.ttl_s),
            from: Some(self.me),
        }
    }

    /// Adds weight and state.
    fn dressed(&self, server: Server) -> Server {
        let Some(name) = server.name else { return server };
        let listed = self.inventory.get(&name).map(|listed| listed.weight);
        let weight = self.fleet.standing(&name).map(|standing| standing.weight).or(listed);
        Server { weight, state: Some(self.fleet.state(&name)), ..server }
    }
}

// === impl News ===

impl News {
    fn from_known(known: bool) -> Self {
        if known { Self::Again } else { Self::First }
    }
}

/// Epoch and `ttl` alone, for one that has the rest.
fn brief(map: &AddressMap) -> InitAnswer {
    MapAnswer::Unchanged { epoch: map.epoch, ttl_s: map.ttl_s, from: map.from }.into()
}

#[cfg(test)]
mod tests;
