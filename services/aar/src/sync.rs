//! Keeps memory and CRYPTO of one mind: what changed there comes here, and the other way round.

use chassis::chain;
use crypto::KeyRing;
use crypto::random::{self, CryptoRng};
use jiff::tz::TimeZone;
use protocol::DeviceId;
use store::{Act, Device, Event, Guard, GuardCursor, Store, Tx, Usage};

use crate::entry::{Entry, standing};
use crate::error::Error;
use crate::fleet::{Fleet, Settle};
use crate::judge::Last;
use crate::mark;
use crate::tally::by_day;
use crate::vault::Vault;
use crate::watch::Sign;

/// Rows read at once.
const PAGE: u32 = 1_000;

/// First AUTHs written in one transaction: after a power cut a whole town has one, and each
/// transaction waits for the disk.
const SETTLED_AT_ONCE: usize = 100;

/// How far this memory has read CRYPTO.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    devices: i64,
    gone: i64,
    guards: GuardCursor,
}

/// Reads and writes CRYPTO for a fleet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sync<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) keys: &'a KeyRing,
    pub(crate) zone: &'a TimeZone,
}

// === impl Cursor ===

impl Cursor {
    /// Before everything.
    pub(crate) const START: Self = Self { devices: 0, gone: 0, guards: GuardCursor::START };
}

// === impl Sync ===

impl Sync<'_> {
    /// Reads what changed since the cursor, which it moves.
    ///
    /// The guards are read before the boxes and taken over after them, so that there is a box for
    /// each.
    pub(crate) async fn pull(&self, store: &Store, cursor: &mut Cursor) -> Result<(), Error> {
        loop {
            let mut guards_cursor = cursor.guards;
            let guards = store.guards_changed_since(&mut guards_cursor, PAGE).await?;
            self.pull_devices(store, &mut cursor.devices).await?;
            // After the boxes: what was read of one that is deleted meanwhile goes again.
            self.pull_gone(store, &mut cursor.gone).await?;
            for guard in &guards {
                if let Some(last) = last_of(guard) {
                    self.fleet.hear(guard.device, last);
                }
            }
            cursor.guards = guards_cursor;
            if guards.is_empty() {
                return Ok(());
            }
        }
    }

    /// Takes over what the spool kept; what CRYPTO does not know goes there with the next batch.
    pub(crate) fn recall(&self, marks: &[report::Mark]) {
        for (device, last) in marks.iter().filter_map(mark::read) {
            self.fleet.recall(device, last);
        }
    }

    /// Puts one box into memory. A new one that does not open is left out: it is refused as
    /// unknown. A known one keeps its keys, and takes its state from what does not open.
    pub(crate) fn put(&self, device: &Device) {
        match Entry::open(device, Vault::new(self.keys), self.zone) {
            Ok(entry) => self.fleet.put(device.id, entry),
            Err(error) => {
                tracing::error!(device = %device.id, error = chain(&error), "a box does not open");
                self.fleet.restate(device.id, standing(device, self.zone), device.changed);
            }
        }
    }

    /// Writes the last AUTHs in one batch; what could not be written is kept for the next.
    pub(crate) async fn flush(&self, store: &Store) -> Result<(), Error> {
        let (guards, tallies) = (self.fleet.take_dirty(), self.fleet.take_tallies());
        if guards.is_empty() && tallies.is_empty() {
            return Ok(());
        }
        let written = raise(store, &guards, &by_day(&tallies, self.zone)).await;
        if written.is_err() {
            for guard in &guards {
                self.fleet.soil(guard.device);
            }
            self.fleet.give_back(tallies);
        }
        written
    }

    /// Tells operators what was odd; what could not be told is kept for the next time.
    pub(crate) async fn tell(&self, store: &Store, now_ms: i64) -> Result<(), Error> {
        let signs = self.fleet.take_signs();
        if signs.is_empty() {
            return Ok(());
        }
        let told = alert(store, &signs, now_ms).await;
        if told.is_err() {
            for (device, sign) in signs {
                self.fleet.give_back_sign(device, sign);
            }
        }
        told
    }

    /// Writes what first AUTHs under a key bring about.
    pub(crate) async fn settle(
        &self,
        store: &Store,
        rng: &mut (impl CryptoRng + Send),
        now_ms: i64,
    ) -> Result<(), Error> {
        let settles = self.fleet.take_settle();
        let mut chunks = settles.chunks(SETTLED_AT_ONCE);
        while let Some(chunk) = chunks.next() {
            if let Err(error) = self.settle_chunk(store, chunk, rng, now_ms).await {
                for settle in chunk.iter().chain(chunks.flatten()) {
                    self.fleet.unsettle(settle);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn pull_devices(&self, store: &Store, changed: &mut i64) -> Result<(), Error> {
        loop {
            let page = store.devices_changed_since(*changed, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            *changed = last.changed;
            for device in &page {
                self.put(device);
            }
        }
    }

    async fn pull_gone(&self, store: &Store, changed: &mut i64) -> Result<(), Error> {
        loop {
            let page = store.gone_since(*changed, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            *changed = last.changed;
            for gone in &page {
                self.fleet.remove(gone.device);
            }
        }
    }

    async fn settle_chunk(
        &self,
        store: &Store,
        chunk: &[Settle],
        rng: &mut (impl CryptoRng + Send),
        now_ms: i64,
    ) -> Result<(), Error> {
        let mut tx = store.begin().await?;
        let mut settled = Vec::new();
        for settle in chunk {
            settled.extend(self.settle_one(&mut tx, settle, rng, now_ms).await?);
        }
        tx.commit().await?;
        for device in &settled {
            self.put(device);
        }
        Ok(())
    }

    /// Writes what one first AUTH brings about; `None` where CRYPTO knows.
    async fn settle_one(
        &self,
        tx: &mut Tx,
        settle: &Settle,
        rng: &mut (impl CryptoRng + Send),
        now_ms: i64,
    ) -> Result<Option<Device>, Error> {
        let Some(mut device) = tx.device(settle.device).await? else { return Ok(None) };
        let before = device.clone();
        if settle.promoted.is_some() && device.pending == settle.promoted {
            if let Err(error) = Vault::new(self.keys).promote(&mut device, rng) {
                // A box that does not open must not hold up the others.
                tracing::error!(device = %device.id, error = chain(&error), "a rekey stays open");
                return Ok(None);
            }
            tx.add_event(&rekeyed(&device, rng, now_ms)).await?;
        }
        if settle.ended && device.pending.is_none() {
            end(tx, &mut device).await?;
        }
        if device == before {
            return Ok(None);
        }
        tx.update_device(&mut device).await?;
        Ok(Some(device))
    }
}

async fn end(tx: &mut Tx, device: &mut Device) -> Result<(), Error> {
    device.fresh = false;
    tx.end_answers(device.id).await?;
    Ok(())
}

async fn raise(store: &Store, guards: &[Guard], usage: &[Usage]) -> Result<(), Error> {
    let mut tx = store.begin().await?;
    tx.raise_guards(guards).await?;
    tx.add_usage(usage).await?;
    tx.commit().await?;
    Ok(())
}

async fn alert(store: &Store, signs: &[(DeviceId, Sign)], now_ms: i64) -> Result<(), Error> {
    let mut tx = store.begin().await?;
    for (device, sign) in signs {
        let subject = format!("box/{device}");
        tx.raise_alert(sign.kind(), &subject, r#"{"at":"AUTH"}"#, now_ms).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn rekeyed(device: &Device, rng: &mut impl CryptoRng, now_ms: i64) -> Event {
    Event {
        id: event_id(rng, now_ms),
        device: device.id,
        at_ms: now_ms,
        act: Act::Rekeyed,
        state: device.state,
        who: "box".to_owned(),
        why: None,
        request: None,
    }
}

/// A new id for an event of this moment.
pub(crate) fn event_id(rng: &mut impl CryptoRng, now_ms: i64) -> uuid::Uuid {
    let unix_ms = u64::try_from(now_ms).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &random::bytes(rng)).into_uuid()
}

fn last_of(guard: &Guard) -> Option<Last> {
    Some(Last {
        counter: u64::try_from(guard.counter).ok()?,
        nonce: guard.nonce,
        seen_ms: guard.seen_ms,
        outcome: guard.outcome,
        lease_s: guard.lease_s,
        spread_s: guard.spread_s,
    })
}

#[cfg(test)]
mod tests;
