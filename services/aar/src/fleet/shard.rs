//! A part of the fleet, under one lock.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use protocol::{DeviceId, Outcome};
use store::Guard;

use super::labelled::Labelled;
use super::{Settle, Under};
use crate::entry::Entry;
use crate::filter::Filter;
use crate::judge::Last;
use crate::tally::{Tallies, Tally, count};
use crate::watch::Sign;

/// A part of the fleet.
#[derive(Debug, Default)]
pub(super) struct Shard {
    pub(super) entries: BTreeMap<DeviceId, Entry>,
    /// The same by group and tag; [`Shard::insert`] and [`Shard::remove`] keep it.
    pub(super) labelled: Labelled,
    /// Whose last AUTH is not in CRYPTO yet.
    pub(super) dirty: BTreeSet<DeviceId>,
    /// Whose first AUTH under a key is not in CRYPTO yet.
    pub(super) settle: BTreeSet<DeviceId>,
    /// What was counted and is not in CRYPTO yet.
    pub(super) tallies: Tallies,
    /// What operators are to be told of.
    pub(super) signs: BTreeSet<(DeviceId, Sign)>,
    /// The boxes that were deleted, whose ids are never given again.
    pub(super) gone: BTreeSet<DeviceId>,
}

// === impl Shard ===

impl Shard {
    /// Puts a box in that is not there.
    pub(super) fn insert(&mut self, device: DeviceId, entry: Entry) {
        self.labelled.add(device, &entry.labels);
        self.entries.insert(device, entry);
    }

    /// Takes a box out.
    pub(super) fn remove(&mut self, device: DeviceId) -> Option<Entry> {
        let entry = self.entries.remove(&device)?;
        self.labelled.remove(device, &entry.labels);
        Some(entry)
    }

    /// The boxes that a filter takes, from an id on, in the order of their ids.
    pub(super) fn taken<'a>(
        &'a self,
        filter: &'a Filter,
        from: Bound<DeviceId>,
    ) -> Box<dyn Iterator<Item = DeviceId> + 'a> {
        let range = (from, Bound::Unbounded);
        let Some(fewest) = self.labelled.fewest(filter) else {
            let all = self.entries.range(range);
            let taken = all.filter(|(_, entry)| entry.is_taken_by(filter));
            return Box::new(taken.map(|(device, _)| *device));
        };
        let is_taken = |device: &&DeviceId| {
            self.entries.get(*device).is_some_and(|entry| entry.is_taken_by(filter))
        };
        Box::new(fewest.range(range).filter(is_taken).copied())
    }

    pub(super) fn pass(&mut self, device: DeviceId, last: Last, under: Under) {
        let Some(entry) = self.entries.get_mut(&device) else { return };
        let before = entry.last.replace(last);
        if under == Under::Pending {
            entry.promote();
            self.settle.insert(device);
        }
        // Under the old key it says nothing of the credential that a rekey's full answer holds.
        if last.outcome == Outcome::Ok && entry.fresh && entry.pending.is_none() {
            entry.fresh = false;
            self.settle.insert(device);
        }
        self.count(device, &last, before.as_ref());
    }

    /// Counts an AUTH that passed; CRYPTO learns of it with the next batch.
    pub(super) fn count(&mut self, device: DeviceId, last: &Last, before: Option<&Last>) {
        self.dirty.insert(device);
        count(&mut self.tallies, device, Tally::of(last, before));
    }

    pub(super) fn take_dirty(&mut self) -> Vec<Guard> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.into_iter().filter_map(|device| self.guard(device)).collect()
    }

    fn guard(&self, device: DeviceId) -> Option<Guard> {
        let last = self.entries.get(&device)?.last?;
        Some(Guard {
            device,
            // Above no clock: at most the milliseconds of now and 300,000.
            counter: i64::try_from(last.counter).ok()?,
            nonce: last.nonce,
            seen_ms: last.seen_ms,
            outcome: last.outcome,
            lease_s: last.lease_s,
            spread_s: last.spread_s,
        })
    }

    pub(super) fn take_settle(&mut self) -> Vec<Settle> {
        let settle = std::mem::take(&mut self.settle);
        let of = |device| {
            let entry = self.entries.get(&device)?;
            Some(Settle { device, promoted: entry.promoted.clone(), ended: !entry.fresh })
        };
        settle.into_iter().filter_map(of).collect()
    }
}
