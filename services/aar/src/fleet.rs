//! Every box in memory: an AUTH is judged here, without a query.
//!
//! The boxes are spread over shards, each under a lock of its own that is never held across an
//! await: two AUTHs of one box exclude each other, those of two boxes rarely meet.

mod heard;
mod labelled;
mod shard;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crypto::random::CryptoRng;
use crypto::{BoxKey, Secret32, authenticator};
use protocol::{Authenticator, DeviceId, DeviceTag, Outcome};
use store::Guard;

pub(crate) use self::heard::Heard;
use self::shard::Shard;
use crate::entry::{AuthKeys, Entry, TAIL, newer};
use crate::filter::Filter;
use crate::judge::{Judged, Last, Said, Standing, Terms, judge};
use crate::tally::{Tallies, count};
use crate::watch::{Place, Sign, jumped};

/// So many that a hundred threads seldom wait for each other, and few enough to walk through.
const SHARDS: usize = 64;

/// Every box in memory.
#[derive(Debug)]
pub(crate) struct Fleet {
    shards: Box<[Mutex<Shard>]>,
    /// Nobody's keys: an unknown box takes as long to refuse as a wrong crypto.
    decoy: AuthKeys,
}

/// Whether CRYPTO may know what memory does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// What was read a moment ago; the twin may have changed it since.
    MayLag,
    /// It was just read, or cannot be.
    IsAll,
}

/// What CRYPTO must learn of a box after its first AUTH under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settle {
    pub(crate) device: DeviceId,
    /// The sealed pending key that became its key.
    pub(crate) promoted: Option<Vec<u8>>,
    /// Whether it was answered OK, so that SR's full answer ends.
    pub(crate) ended: bool,
}

// === impl Fleet ===

impl Fleet {
    pub(crate) fn new(rng: &mut impl CryptoRng) -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, decoy: AuthKeys::from(&BoxKey::random(rng)) }
    }

    /// Judges an AUTH, and moves the counter where it passes.
    pub(crate) fn auth(
        &self,
        crypto: &Authenticator,
        aad: &[u8],
        terms: Terms,
        now_ms: i64,
    ) -> Heard {
        let heard = self.hear_box(crypto, aad, (terms, now_ms), Known::IsAll);
        heard.unwrap_or_else(|| Heard::bad(None, None, None))
    }

    /// The same, and nothing where CRYPTO may know better: the box is unknown here, its crypto does
    /// not open, or its state forbids it. The counter has not moved then.
    pub(crate) fn auth_at_once(
        &self,
        crypto: &Authenticator,
        aad: &[u8],
        terms: Terms,
        now_ms: i64,
    ) -> Option<Heard> {
        self.hear_box(crypto, aad, (terms, now_ms), Known::MayLag)
    }

    fn hear_box(
        &self,
        crypto: &Authenticator,
        aad: &[u8],
        (terms, now_ms): (Terms, i64),
        known: Known,
    ) -> Option<Heard> {
        let lags = known == Known::MayLag;
        let bytes = crypto.as_bytes();
        let device = DeviceId::from_bytes(authenticator::device_id(bytes));
        let mut shard = self.shard(device);
        let Some(entry) = shard.entries.get_mut(&device) else {
            drop(shard);
            let _refused = authenticator::open(bytes, &self.decoy.auth, aad);
            return (!lags).then(|| Heard::bad(None, None, Some("UNKNOWN_BOX")));
        };
        let Some(opened) = open(entry, bytes, aad) else {
            return (!lags).then(|| Heard::bad(Some(device), None, None));
        };
        let proof_key = Some(opened.proof_key);
        if opened.plain.macaddr != entry.macaddr.octets() {
            let sign = Some(Sign::OtherIdentity);
            let bad = Heard::bad(Some(device), proof_key, Some("OTHER_MACADDR"));
            return Some(Heard { sign, ..bad });
        }
        if lags && opened.under == Under::Current && entry.pending.is_some() {
            // The twin may have heard the new key, which ends this one.
            return None;
        }
        let nonce = authenticator::nonce(bytes);
        let said = Said { unix_ms: opened.plain.unix_ms, counter: opened.plain.counter, nonce };
        let before = entry.last;
        let judged = judge(said, before, entry.standing, terms, now_ms);
        if lags && matches!(judged, Judged::Passed(last) if last.outcome != Outcome::Ok) {
            return None;
        }
        let mut heard = Heard::judged(device, proof_key, judged);
        if let Judged::Passed(last) = judged {
            heard.sign = jumped(before, said, now_ms).then_some(Sign::CounterJumped);
            shard.pass(device, last, opened.under);
        }
        Some(heard)
    }

    /// Opens a crypto that goes with a code: it must name its own macaddr; the counter is neither
    /// checked nor moved.
    pub(crate) fn prove(&self, crypto: &Authenticator, aad: &[u8]) -> Option<(DeviceId, u64)> {
        let bytes = crypto.as_bytes();
        let device = DeviceId::from_bytes(authenticator::device_id(bytes));
        let shard = self.shard(device);
        let Some(entry) = shard.entries.get(&device) else {
            drop(shard);
            let _refused = authenticator::open(bytes, &self.decoy.auth, aad);
            return None;
        };
        let opened = open(entry, bytes, aad)?;
        let own = opened.plain.macaddr == entry.macaddr.octets();
        own.then_some((device, opened.plain.unix_ms))
    }

    /// Puts a box in, in place of an older reading of it.
    pub(crate) fn put(&self, device: DeviceId, mut entry: Entry) {
        let mut shard = self.shard(device);
        match shard.remove(device) {
            Some(old) if entry.changed < old.changed => entry = old,
            Some(old) => entry.replace(old),
            // What was read of it before it was deleted comes too late.
            None if shard.gone.contains(&device) => return,
            None => {}
        }
        shard.insert(device, entry);
    }

    /// Forgets a box that was deleted, for good.
    pub(crate) fn remove(&self, device: DeviceId) {
        let mut shard = self.shard(device);
        shard.gone.insert(device);
        shard.remove(device);
    }

    /// Takes over what a box may do from a row that does not open, where it is a newer one.
    pub(crate) fn restate(&self, device: DeviceId, standing: Standing, changed: i64) {
        let mut shard = self.shard(device);
        let entry = shard.entries.get_mut(&device).filter(|entry| entry.changed <= changed);
        if let Some(entry) = entry {
            (entry.standing, entry.changed) = (standing, changed);
        }
    }

    /// Takes over what an AUTH left elsewhere, where its counter is greater.
    pub(crate) fn hear(&self, device: DeviceId, last: Last) {
        if let Some(entry) = self.shard(device).entries.get_mut(&device) {
            entry.last = newer(entry.last, Some(last));
        }
    }

    /// Takes over an AUTH of this server's own, from before its start, where CRYPTO does not know
    /// it: it goes there, and is counted.
    pub(crate) fn recall(&self, device: DeviceId, last: Last) {
        let mut shard = self.shard(device);
        let Some(entry) = shard.entries.get_mut(&device) else { return };
        let before = entry.last;
        entry.last = newer(before, Some(last));
        if entry.last != before {
            shard.count(device, &last, before.as_ref());
        }
    }

    /// Notes where an AUTH under a box's key came from and what is odd about it, for
    /// [`Fleet::take_signs`].
    pub(crate) fn watch(
        &self,
        device: DeviceId,
        sign: Option<Sign>,
        place: Option<Place>,
        now_ms: i64,
    ) {
        let mut shard = self.shard(device);
        let Some(entry) = shard.entries.get_mut(&device) else { return };
        let two = place.is_some_and(|place| entry.places.note(place, now_ms));
        let signs = [sign, two.then_some(Sign::TwoPlaces)];
        shard.signs.extend(signs.into_iter().flatten().map(|sign| (device, sign)));
    }

    /// Takes what operators are to be told of.
    pub(crate) fn take_signs(&self) -> Vec<(DeviceId, Sign)> {
        self.shards.iter().flat_map(|shard| std::mem::take(&mut lock(shard).signs)).collect()
    }

    /// Takes back what operators could not be told of.
    pub(crate) fn give_back_sign(&self, device: DeviceId, sign: Sign) {
        self.shard(device).signs.insert((device, sign));
    }

    /// Takes what was counted and CRYPTO does not have yet.
    pub(crate) fn take_tallies(&self) -> Tallies {
        let mut all = Tallies::new();
        for shard in &self.shards {
            all.append(&mut lock(shard).tallies);
        }
        all
    }

    /// Takes back what could not be written.
    pub(crate) fn give_back(&self, tallies: Tallies) {
        for ((device, _), tally) in tallies {
            count(&mut self.shard(device).tallies, device, tally);
        }
    }

    /// Notes that CRYPTO does not know a box's last AUTH.
    pub(crate) fn soil(&self, device: DeviceId) {
        self.shard(device).dirty.insert(device);
    }

    /// Takes the last AUTHs that CRYPTO does not know yet.
    pub(crate) fn take_dirty(&self) -> Vec<Guard> {
        self.shards.iter().flat_map(|shard| lock(shard).take_dirty()).collect()
    }

    /// Takes what CRYPTO must learn of first AUTHs.
    pub(crate) fn take_settle(&self) -> Vec<Settle> {
        self.shards.iter().flat_map(|shard| lock(shard).take_settle()).collect()
    }

    /// Notes that CRYPTO still has to learn of a first AUTH.
    pub(crate) fn unsettle(&self, settle: &Settle) {
        self.shard(settle.device).settle.insert(settle.device);
    }

    /// Finds boxes by the last characters of an identifier, in the order of their ids.
    pub(crate) fn find_tail(&self, tail: [u8; TAIL]) -> Vec<DeviceId> {
        self.find(|_, entry| entry.tails.contains(&tail))
    }

    /// Finds boxes whose id lies between two, both included, in the order of their ids.
    pub(crate) fn find_between(&self, first: DeviceId, last: DeviceId) -> Vec<DeviceId> {
        let mut found = Vec::new();
        for shard in &self.shards {
            found.extend(lock(shard).entries.range(first..=last).map(|(device, _)| *device));
        }
        found.sort_unstable();
        found
    }

    /// The first boxes that a filter takes, with an id after this one, in the order of their ids.
    pub(crate) fn page(&self, filter: &Filter, after: DeviceId, limit: usize) -> Vec<DeviceId> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let shard = lock(shard);
            // None of them can be among the first of all that is not among the first of its shard.
            found.extend(shard.taken(filter, Bound::Excluded(after)).take(limit));
        }
        found.sort_unstable();
        found.truncate(limit);
        found
    }

    /// How many boxes a filter takes.
    pub(crate) fn count(&self, filter: &Filter) -> usize {
        let taken = |shard: &Mutex<Shard>| lock(shard).taken(filter, Bound::Unbounded).count();
        self.shards.iter().map(taken).sum()
    }

    /// How many boxes have each group and each tag.
    pub(crate) fn labels(&self) -> (BTreeMap<DeviceTag, u64>, BTreeMap<DeviceTag, u64>) {
        let (mut groups, mut tags) = (BTreeMap::new(), BTreeMap::new());
        for shard in &self.shards {
            let shard = lock(shard);
            add(&mut groups, shard.labelled.groups());
            add(&mut tags, shard.labelled.tags());
        }
        (groups, tags)
    }

    /// The last AUTH of a box.
    pub(crate) fn last(&self, device: DeviceId) -> Option<Last> {
        self.shard(device).entries.get(&device).and_then(|entry| entry.last)
    }

    /// Lets every box be put in anew: another database counts its changes for itself.
    pub(crate) fn forget_changes(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.gone.clear();
            shard.entries.values_mut().for_each(|entry| entry.changed = 0);
        }
    }

    /// How many boxes there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }

    fn find(&self, is: impl Fn(&DeviceId, &Entry) -> bool) -> Vec<DeviceId> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let shard = lock(shard);
            let these = shard.entries.iter().filter(|(device, entry)| is(device, entry));
            found.extend(these.map(|(device, _)| *device));
        }
        found.sort_unstable();
        found
    }

    #[expect(clippy::indexing_slicing, reason = "a rest is less than what it is the rest of")]
    fn shard(&self, device: DeviceId) -> MutexGuard<'_, Shard> {
        // The ids are random: their first byte spreads them.
        let [first, ..] = *device.as_bytes();
        lock(&self.shards[usize::from(first) % SHARDS])
    }
}

/// Which key opened a crypto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    Current,
    Pending,
}

struct Opened {
    plain: authenticator::Opened,
    proof_key: Secret32,
    under: Under,
}

/// Tries the key of a box, then the one of its rekey.
fn open(entry: &Entry, crypto: &[u8; authenticator::LEN], aad: &[u8]) -> Option<Opened> {
    let pending = entry.pending.as_ref().map(|pending| (&pending.keys, Under::Pending));
    let keys = [Some((&entry.current, Under::Current)), pending];
    keys.into_iter().flatten().find_map(|(keys, under)| {
        let plain = authenticator::open(crypto, &keys.auth, aad).ok()?;
        Some(Opened { plain, proof_key: keys.proof.clone(), under })
    })
}

fn add(sums: &mut BTreeMap<DeviceTag, u64>, counts: impl Iterator<Item = (DeviceTag, usize)>) {
    for (label, count) in counts {
        *sums.entry(label).or_default() += u64::try_from(count).unwrap_or(u64::MAX);
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
