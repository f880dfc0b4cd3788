//! What an LB knows, and how it answers INIT* from it. Time is an argument; nothing here waits.

use std::collections::BTreeSet;

use config::inventory::Inventory;
use protocol::{
    AddressMap, DbUrl, Epoch, Init, InitAnswer, Instance, MapAnswer, Pair, PeerAddr, Role, Server,
    ServerState,
};

use crate::beats::{Beat, Beats};
use crate::chart::{Caller, Chart, Edit, Named, Offered, Tie};

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
    pub(crate) fn new(me: Instance, ttl_s: u32, chart: Chart, inventory: Inventory) -> Self {
        let (beats, unlisted) = (Beats::default(), BTreeSet::new());
        Self { me, ttl_s, chart, inventory, beats, unlisted }
    }

    pub(crate) fn chart(&self) -> &Chart {
        &self.chart
    }

    pub(crate) fn inventory(&self) -> &Inventory {
        &self.inventory
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
        let map = self.map(self.crypto_for(init), now_ms);
        if init.brief && self.runs_on(init, &map) {
            return (brief(&map), notices);
        }
        if let Some(instance) = init.instance {
            self.beats.give(&instance, &map);
        }
        (MapAnswer::Full(map).into(), notices)
    }

    /// The map as this LB itself runs on it.
    pub(crate) fn own_map(&self, now_ms: i64) -> AddressMap {
        self.map(Pair::default(), now_ms)
    }

    /// The state of one server, were it alone.
    pub(crate) fn state(&self, instance: &Instance, now_ms: i64) -> ServerState {
        if *instance == self.me {
            return ServerState::Ready;
        }
        self.beats.state(instance, now_ms)
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
        let listed = init.instance.and_then(|instance| self.inventory.get(&instance));
        let is_twin = listed.is_some_and(|listed| listed.role == Role::Lb);
        match init.role {
            Some(Role::Sr | Role::Aar | Role::TopUp) => self.chart.content().crypto.clone(),
            Some(Role::Lb) if is_twin => self.chart.content().crypto.clone(),
            Some(Role::Lb | Role::Pppx | Role::Gateway | Role::Console) | None => Pair::default(),
        }
    }

    fn map(&self, crypto: Pair<Option<DbUrl>>, now_ms: i64) -> AddressMap {
        let content = self.chart.content();
        let dress = |pair: &Pair<Option<Server>>| self.dress(pair, now_ms);
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

    /// Adds weights and states; a role of which nobody seems to live is published as `panic`, for
    /// it is likelier that we do not hear than that all are dead.
    fn dress(&self, pair: &Pair<Option<Server>>, now_ms: i64) -> Pair<Option<Server>> {
        let mut pair = pair.clone().map(|server| server.map(|server| self.dressed(server, now_ms)));
        if pair.present().all(|server| server.state == Some(ServerState::Dead)) {
            for server in [&mut pair.first, &mut pair.second].into_iter().flatten() {
                server.state = Some(ServerState::Panic);
            }
        }
        pair
    }

    fn dressed(&self, server: Server, now_ms: i64) -> Server {
        let state = server.name.map(|name| self.state(&name, now_ms));
        let listed = server.name.and_then(|name| self.inventory.get(&name));
        let weight = listed.map(|listed| listed.weight);
        Server { weight, state, ..server }
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
