//! Every box in memory: an AUTH is judged here, without a query.
//!
//! The boxes are spread over shards, each under a lock of its own that is never held across an
//! await: two AUTHs of one box exclude each other, those of two boxes rarely meet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crypto::random::CryptoRng;
use crypto::{BoxKey, Secret32, authenticator};
use protocol::{Authenticator, DeviceId, Outcome};
use store::Guard;

use crate::entry::{AuthKeys, Entry, TAIL, newer};
use crate::judge::{Judged, Last, Said, Standing, Terms, judge};

/// So many that a hundred threads seldom wait for each other, and few enough to walk through.
const SHARDS: usize = 64;

/// Every box in memory.
#[derive(Debug)]
pub(crate) struct Fleet {
    shards: [Mutex<Shard>; SHARDS],
    /// Nobody's keys: an unknown box takes as long to refuse as a wrong crypto.
    decoy: AuthKeys,
}

#[derive(Debug, Default)]
struct Shard {
    entries: BTreeMap<DeviceId, Entry>,
    /// Whose last AUTH is not in CRYPTO yet.
    dirty: BTreeSet<DeviceId>,
    /// Whose first AUTH under a key is not in CRYPTO yet.
    settle: BTreeSet<DeviceId>,
}

/// What was heard from a box.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The box that it named, where there is such a one.
    pub(crate) device: Option<DeviceId>,
    pub(crate) outcome: Outcome,
    /// What passed the counter check, now or a moment ago.
    pub(crate) last: Option<Last>,
    /// Under what the proof is made; `None` where the crypto did not open.
    pub(crate) proof_key: Option<Secret32>,
    /// What the report keeps where the outcome does not tell.
    pub(crate) cause: Option<&'static str>,
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
        let shards = std::array::from_fn(|_| Mutex::default());
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
        let bytes = crypto.as_bytes();
        let device = DeviceId::from_bytes(authenticator::device_id(bytes));
        let mut shard = self.shard(device);
        let Some(entry) = shard.entries.get_mut(&device) else {
            drop(shard);
            let _refused = authenticator::open(bytes, &self.decoy.auth, aad);
            return Heard::bad(None, None, Some("UNKNOWN_BOX"));
        };
        let Some(opened) = open(entry, bytes, aad) else {
            return Heard::bad(Some(device), None, None);
        };
        let proof_key = Some(opened.proof_key);
        if opened.plain.macaddr != entry.macaddr.octets() {
            return Heard::bad(Some(device), proof_key, Some("OTHER_MACADDR"));
        }
        let nonce = authenticator::nonce(bytes);
        let said = Said { unix_ms: opened.plain.unix_ms, counter: opened.plain.counter, nonce };
        let judged = judge(said, entry.last, entry.standing, terms, now_ms);
        if let Judged::Passed(last) = judged {
            shard.pass(device, last, opened.under);
        }
        Heard::judged(device, proof_key, judged)
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
        match shard.entries.remove(&device) {
            Some(old) if entry.changed < old.changed => entry = old,
            Some(old) => entry.replace(old),
            None => {}
        }
        shard.entries.insert(device, entry);
    }

    /// Takes over what a box may do from a row that does not open, where it is a newer one.
    pub(crate) fn restate(&self, device: DeviceId, standing: Standing, changed: i64) {
        let mut shard = self.shard(device);
        let entry = shard.entries.get_mut(&device).filter(|entry| entry.changed <= changed);
        if let Some(entry) = entry {
            (entry.standing, entry.changed) = (standing, changed);
        }
    }

    /// Takes over what an AUTH left elsewhere, where its counter is greater; says whether it was.
    pub(crate) fn hear(&self, device: DeviceId, last: Last) -> bool {
        let mut shard = self.shard(device);
        let Some(entry) = shard.entries.get_mut(&device) else { return false };
        let kept = newer(entry.last, Some(last));
        let moved = kept != entry.last;
        entry.last = kept;
        moved
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

    /// Finds boxes whose id begins so, in the order of their ids.
    pub(crate) fn find_prefix(&self, hex: &str) -> Vec<DeviceId> {
        self.find(|device, _| device.to_string().starts_with(hex))
    }

    /// The last AUTH of a box.
    pub(crate) fn last(&self, device: DeviceId) -> Option<Last> {
        self.shard(device).entries.get(&device).and_then(|entry| entry.last)
    }

    /// Lets every box be put in anew: another database counts its changes for itself.
    pub(crate) fn forget_changes(&self) {
        for shard in &self.shards {
            lock(shard).entries.values_mut().for_each(|entry| entry.changed = 0);
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

// === impl Shard ===

impl Shard {
    fn pass(&mut self, device: DeviceId, last: Last, under: Under) {
        let Some(entry) = self.entries.get_mut(&device) else { return };
        entry.last = Some(last);
        self.dirty.insert(device);
        if under == Under::Pending {
            entry.promote();
            self.settle.insert(device);
        }
        // Under the old key it says nothing of the credential that a rekey's full answer holds.
        if last.outcome == Outcome::Ok && entry.fresh && entry.pending.is_none() {
            entry.fresh = false;
            self.settle.insert(device);
        }
    }

    fn take_dirty(&mut self) -> Vec<Guard> {
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

    fn take_settle(&mut self) -> Vec<Settle> {
        let settle = std::mem::take(&mut self.settle);
        let of = |device| {
            let entry = self.entries.get(&device)?;
            Some(Settle { device, promoted: entry.promoted.clone(), ended: !entry.fresh })
        };
        settle.into_iter().filter_map(of).collect()
    }
}

// === impl Heard ===

impl Heard {
    /// A crypto that proves nothing.
    pub(crate) fn bad(
        device: Option<DeviceId>,
        proof_key: Option<Secret32>,
        cause: Option<&'static str>,
    ) -> Self {
        Self { device, outcome: Outcome::BadCrypto, last: None, proof_key, cause }
    }

    fn judged(device: DeviceId, proof_key: Option<Secret32>, judged: Judged) -> Self {
        let (outcome, last, cause) = match judged {
            Judged::Stale => (Outcome::Stale, None, None),
            Judged::Ahead => (Outcome::BadCrypto, None, Some("COUNTER_AHEAD")),
            Judged::Replayed => (Outcome::Replayed, None, None),
            Judged::Again(last) | Judged::Passed(last) => (last.outcome, Some(last), None),
        };
        Self { device: Some(device), outcome, last, proof_key, cause }
    }
}

/// Which key opened a crypto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
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

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
