//! How far each database has come, for pruning, for waiting and for show.

use protocol::{DbUrl, Pair};
use tokio::sync::watch;
use tracing::warn;

use crate::plan;
use crate::row::Lane;

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Second,
}

/// How one database fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseStatus {
    /// Its address; none where none is configured.
    pub url: Option<DbUrl>,
    /// Whether the last try to reach it succeeded.
    pub connected: bool,
    /// Why the last try failed.
    pub error: Option<String>,
    /// Rows committed there since the start.
    pub shipped: u64,
    /// Those of them that it had already, for somebody had copied them there.
    pub known: u64,
    /// Rows that it refused, put aside since the start.
    pub parked: u64,
    /// Rows deleted there since the start, for they were older than they are kept.
    pub expired: u64,
}

/// What is known of one database; everything but the counts starts over with a new address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    pub(crate) url: Option<DbUrl>,
    money: Option<i64>,
    chatter: Option<i64>,
    error: Option<String>,
    counts: Counts,
}

/// What was counted since the start, whatever the address.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    shipped: u64,
    known: u64,
    parked: u64,
    expired: u64,
}

/// Both slots, and whoever waits for them to move.
#[derive(Debug)]
pub(crate) struct Progress {
    slots: watch::Sender<Pair<Slot>>,
}

// === impl Place ===

impl Place {
    pub(crate) const ALL: [Self; 2] = [Self::First, Self::Second];
    pub(crate) const PAIR: Pair<Self> = Pair::new(Self::First, Self::Second);

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
        }
    }

    pub(crate) const fn of<T>(self, pair: &Pair<T>) -> &T {
        match self {
            Self::First => &pair.first,
            Self::Second => &pair.second,
        }
    }

    const fn of_mut<T>(self, pair: &mut Pair<T>) -> &mut T {
        match self {
            Self::First => &mut pair.first,
            Self::Second => &mut pair.second,
        }
    }
}

// === impl Slot ===

impl Slot {
    /// The last row of the lane that the database has; unknown until it was reached.
    pub(crate) const fn acked(&self, lane: Lane) -> Option<i64> {
        match lane {
            Lane::Money => self.money,
            Lane::Chatter => self.chatter,
        }
    }

    pub(crate) fn status(&self) -> DatabaseStatus {
        let Counts { shipped, known, parked, expired } = self.counts;
        DatabaseStatus {
            url: self.url.clone(),
            connected: self.money.is_some() && self.chatter.is_some() && self.error.is_none(),
            error: self.error.clone(),
            shipped,
            known,
            parked,
            expired,
        }
    }

    fn acked_mut(&mut self, lane: Lane) -> &mut Option<i64> {
        match lane {
            Lane::Money => &mut self.money,
            Lane::Chatter => &mut self.chatter,
        }
    }
}

// === impl Progress ===

impl Progress {
    pub(crate) fn new() -> Self {
        Self { slots: watch::Sender::new(Pair::default()) }
    }

    pub(crate) fn slot(&self, place: Place) -> Slot {
        place.of(&self.slots.borrow()).clone()
    }

    /// Takes the addresses of both at once, so that no row is deleted for the sake of one alone.
    pub(crate) fn aim(&self, targets: &Pair<Option<DbUrl>>) {
        let moved = self.slots.send_if_modified(|slots| {
            let mut moved = false;
            for place in Place::ALL {
                let (slot, target) = (place.of_mut(slots), place.of(targets));
                if slot.url != *target {
                    let counts = slot.counts;
                    *slot = Slot { url: target.clone(), counts, ..Slot::default() };
                    moved = true;
                }
            }
            moved
        });
        if moved && targets.present().count() == 1 {
            warn!(
                "only one REPORT database is configured: rows are deleted once it alone has them"
            );
        }
    }

    /// The database at `url` has the rows of the lane up to `seq`: so many more, of which it knew so many.
    pub(crate) fn advance(
        &self,
        place: Place,
        url: &DbUrl,
        (lane, seq): (Lane, i64),
        (count, known): (u64, u64),
    ) {
        self.change(place, url, |slot| {
            *slot.acked_mut(lane) = Some(seq);
            slot.counts.shipped = slot.counts.shipped.saturating_add(count);
            slot.counts.known = slot.counts.known.saturating_add(known);
            slot.error = None;
        });
    }

    /// A row was put aside.
    pub(crate) fn park(&self, place: Place, url: &DbUrl) {
        self.change(place, url, |slot| slot.counts.parked = slot.counts.parked.saturating_add(1));
    }

    /// Rows were deleted there for their age.
    pub(crate) fn expire(&self, place: Place, url: &DbUrl, count: u64) {
        if 0 < count {
            self.change(place, url, |slot| {
                slot.counts.expired = slot.counts.expired.saturating_add(count);
            });
        }
    }

    /// The database cannot be used; says whether that is new.
    pub(crate) fn fail(&self, place: Place, url: &DbUrl, error: String) -> bool {
        let mut new = false;
        self.change(place, url, |slot| new = slot.error.replace(error).is_none());
        new
    }

    /// The last row of the lane that no database lacks.
    pub(crate) fn prunable(&self, lane: Lane) -> Option<i64> {
        let slots = self.slots.borrow();
        let configured = slots.iter().filter(|slot| slot.url.is_some());
        plan::prunable(configured.map(|slot| slot.acked(lane)))
    }

    /// Waits until at least one is configured and all configured ones are as `reached` wants.
    pub(crate) async fn wait_for(&self, reached: impl Fn(&Slot) -> bool) {
        self.until(|slots| {
            let mut configured = slots.iter().filter(|slot| slot.url.is_some()).peekable();
            configured.peek().is_some() && configured.all(&reached)
        })
        .await;
    }

    pub(crate) async fn noticed(&self, wanted: impl Fn(&Pair<DatabaseStatus>) -> bool) {
        self.until(|slots| wanted(&slots.as_ref().map(Slot::status))).await;
    }

    async fn until(&self, wanted: impl FnMut(&Pair<Slot>) -> bool) {
        let reached = self.slots.subscribe().wait_for(wanted).await.is_ok();
        debug_assert!(reached, "the sender is part of self");
    }

    /// Changes the slot, unless it has another address by now.
    fn change(&self, place: Place, url: &DbUrl, change: impl FnOnce(&mut Slot)) {
        self.slots.send_if_modified(|slots| {
            let slot = place.of_mut(slots);
            let same = slot.url.as_ref() == Some(url);
            if same {
                change(slot);
            }
            same
        });
    }
}
