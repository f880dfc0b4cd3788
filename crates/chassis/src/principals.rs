//! Who may do what, as this service knows it.
//!
//! AAR reads the list of CRYPTO and puts it here; every other service asks an AAR for it twice a
//! second ([`ask`]), keeps it on its disk ([`kept`]) for a start without an AAR, and gives it to
//! who asks in turn ([`answer`]). While there is no list, the instances that the ini or the map
//! names count as modules of their roles: without that, nobody could ask for the first one.
//!
//! Source: toki.md §9 (Principals and rights)

mod answer;
mod ask;
mod kept;
mod list;
mod route;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use protocol::{Instance, Kind, Principal, PrincipalName, Right, Rights, Role};
use tokio::sync::watch;

pub(crate) use ask::run;
pub use list::PrincipalList;
pub(crate) use route::handle;

use crate::context::Context;

/// Further apart than this no two clocks of the back office are: a request between them would be
/// `stale`.
const SKEW_MS: i64 = 10_000;

/// The number that is told while there is no list.
const NONE_YET: i64 = -1;

/// Who may do what, as this service knows it.
#[derive(Debug)]
pub struct Principals {
    list: ArcSwapOption<PrincipalList>,
    changed: watch::Sender<i64>,
}

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is a principal, which may be revoked.
    Known(Principal),
    /// It is nobody's.
    Unknown,
    /// No list has come yet, or none for a day.
    NotYet,
}

/// What became of a list that an AAR gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// It is in force.
    Taken,
    /// It is older than ours, as a twin's may be for a moment.
    Older,
}

// === impl Principals ===

impl Default for Principals {
    fn default() -> Self {
        Self { list: ArcSwapOption::empty(), changed: watch::Sender::new(NONE_YET) }
    }
}

impl Principals {
    /// What is known of a name now, by the list alone.
    pub fn get(&self, name: &PrincipalName, now_ms: i64) -> Standing {
        let list = self.list.load();
        match list.as_ref().filter(|list| list.is_good(now_ms)) {
            None => Standing::NotYet,
            Some(list) => list.get(name).map_or(Standing::Unknown, Standing::Known),
        }
    }

    /// Puts a list into force, whatever was there: for who read it of CRYPTO itself.
    pub fn put(&self, list: PrincipalList) {
        let (changed, as_of_ms) = (list.changed(), list.as_of_ms());
        let list = Arc::new(list);
        let before = self.list.swap(Some(Arc::clone(&list)));
        // One of a restored CRYPTO may have the number of ours.
        let same = before.is_some_and(|before| before.confirmed(as_of_ms) == *list);
        self.changed
            .send_if_modified(|known| std::mem::replace(known, changed) != changed || !same);
    }

    /// Tells the number of the list in force with each change of it; -1 while there is none.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.changed.subscribe()
    }

    /// The list, while it is good.
    fn load(&self, now_ms: i64) -> Option<Arc<PrincipalList>> {
        self.list.load_full().filter(|list| list.is_good(now_ms))
    }

    /// Takes a list that an AAR gave, unless it is older than ours.
    ///
    /// A twin may be behind for a moment. A number that fell, and was confirmed long after ours,
    /// is of a CRYPTO that was restored from a copy: that is what counts then.
    fn hear(&self, list: PrincipalList, now_ms: i64) -> Heard {
        if let Some(ours) = self.load(now_ms)
            && list.changed() < ours.changed()
        {
            if list.as_of_ms() <= ours.as_of_ms() + SKEW_MS {
                return Heard::Older;
            }
            tracing::warn!(
                changed = list.changed(),
                ours = ours.changed(),
                "the list of principals went back: was CRYPTO restored?"
            );
        }
        self.put(list);
        Heard::Taken
    }

    /// Begins with a list that was kept. One that is not good any more still says who was revoked.
    fn recall(&self, list: PrincipalList, now_ms: i64) {
        if list.is_good(now_ms) {
            self.put(list);
        } else {
            self.list.store(Some(Arc::new(list)));
        }
    }

    /// A module as the ini names it, under the revocation and the number that the last list knew,
    /// however old that is: neither is ever taken back by time.
    fn still(&self, module: Principal) -> Principal {
        let list = self.list.load();
        let was = list.as_ref().and_then(|list| list.get(&module.name));
        was.map_or(module, |was| Principal { number: was.number, revoked: was.revoked, ..module })
    }

    /// Notes that CRYPTO was seen to have the list of this number still, at a time in Unix
    /// milliseconds.
    pub fn confirm(&self, changed: i64, as_of_ms: i64) {
        if let Some(ours) = self.list.load_full()
            && ours.changed() == changed
            && ours.as_of_ms() < as_of_ms
        {
            self.list.store(Some(Arc::new(ours.confirmed(as_of_ms))));
        }
    }
}

// === impl Context ===

impl Context {
    /// What is known of a name now: by the list, or while there is none by the ini and the map,
    /// whose instances are modules of their roles, save those that the last list had revoked.
    pub fn standing(&self, name: &PrincipalName) -> Standing {
        match self.principals.get(name, self.clock.now_ms()) {
            Standing::NotYet => self
                .named(name)
                .map_or(Standing::NotYet, |module| Standing::Known(self.principals.still(module))),
            standing => standing,
        }
    }

    /// Waits until there is a list.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn know_principals(&self) {
        let mut changed = self.principals.watch();
        // It ends in an error where the sender is gone, which lives as long as this context.
        drop(changed.wait_for(|changed| *changed != NONE_YET).await);
    }

    /// The module that the ini or the map names so.
    fn named(&self, name: &PrincipalName) -> Option<Principal> {
        let known = self.map.load();
        let is_it = |instance: &Instance| instance.as_str() == name.as_str();
        let role = if is_it(&self.config.instance) {
            Some(self.config.role)
        } else {
            Role::ALL.into_iter().find(|role| {
                let servers = known.map.servers(*role).present();
                servers.filter_map(|server| server.name.as_ref()).any(is_it)
            })
        };
        role.map(|role| Principal {
            name: *name,
            kind: Kind::Module,
            rights: Rights::of(&[Right::Module(role)]),
            number: 1,
            revoked: false,
        })
    }
}

#[cfg(test)]
mod tests;
