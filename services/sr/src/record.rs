//! One registration, in one transaction.

use crypto::random::{self, CryptoRng};
use crypto::{KeyRing, Keys, Purpose};
use protocol::{
    Answer, Bridge, CrecordAnswer, DeviceId, Outcome, PrincipalName, Record, Refused, Verb,
};
use store::{Act, Device, Event, Keyed, Store, Tx};
use uuid::Uuid;

use crate::draft::{self, Draft};
use crate::error::Error;
use crate::identity::Identity;
use crate::judge::{Refusal, Verdict, judge};
use crate::kept;

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) record: &'a Record,
    pub(crate) bridge: Bridge,
    pub(crate) principal: Option<PrincipalName>,
    pub(crate) now_ms: i64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It is recorded, now or before.
    Answer(CrecordAnswer),
    /// It may not be.
    Refused(Refusal),
}

// === impl Recorded ===

impl Recorded {
    pub(crate) fn device(&self) -> Option<DeviceId> {
        match self {
            Self::Answer(answer) => answer.device,
            Self::Refused(_) => None,
        }
    }

    pub(crate) fn cause(&self) -> Option<&'static str> {
        match self {
            Self::Answer(_) => None,
            Self::Refused(refusal) => refusal.cause(),
        }
    }

    pub(crate) fn into_answer(self) -> Answer {
        match self {
            Self::Answer(answer) => Answer::Crecord(answer),
            Self::Refused(refusal) => {
                let refused = Refused::new(Some(Verb::Crecord), refusal.outcome());
                refused.because(refusal.reason()).into()
            }
        }
    }
}

/// Records a key, finds that it was recorded, or refuses it.
///
/// All is read and written in one transaction that excludes every other writer: however many
/// record the same key at once, there is one box.
pub(crate) async fn record(
    store: &Store,
    keys: &KeyRing,
    ask: &Ask<'_>,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Recorded, Error> {
    let index = keys.get(Purpose::Index)?;
    let lookups = kept::lookups(index, ask);
    let first = Draft::first(keys, ask.record, rng, ask.now_ms)?;
    let mut tx = store.begin().await?;
    if let Some(answer) = stored(&mut tx, keys, &lookups, ask.now_ms).await? {
        return Ok(Recorded::Answer(answer));
    }
    let identity = Identity::of(&ask.record.identity);
    let found = found(&mut tx, index, &identity).await?;
    let serials = identity.serial.map(|it| draft::serial_text(it.as_str()));
    let serials = serials.map(|text| draft::keyed_by_all(index, &text)).unwrap_or_default();
    let (draft, act) = match judge(&identity, found, &serials) {
        Verdict::Refused(refusal) => return Ok(Recorded::Refused(refusal)),
        Verdict::Known(device) if !rekeys(&mut tx, ask, &device).await? => {
            return Ok(already(&device));
        }
        Verdict::Known(device) => (Draft::rekey(keys, ask.record, *device, rng)?, Act::Rekey),
        Verdict::New => (first, Act::Record),
    };
    keep(tx, keys, ask, (draft, act, lookups), rng).await
}

async fn stored(
    tx: &mut Tx,
    keys: &KeyRing,
    lookups: &[Keyed],
    now_ms: i64,
) -> Result<Option<CrecordAnswer>, Error> {
    for lookup in lookups {
        if let Some(sealed) = tx.stored_answer(lookup, now_ms).await? {
            return kept::open(keys, lookup, &sealed).map(Some);
        }
    }
    Ok(None)
}

/// The boxes of its imei; without one, those of its macaddr.
async fn found(tx: &mut Tx, index: &Keys, identity: &Identity) -> Result<Vec<Device>, Error> {
    let mut found = Vec::new();
    match &identity.imei {
        Some(imei) => {
            for keyed in draft::keyed_by_all(index, &draft::imei_text(imei.as_str())) {
                found.extend(tx.device_by_imei(&keyed).await?);
            }
        }
        None => {
            for keyed in draft::keyed_by_all(index, &draft::mac_text(identity)) {
                found.extend(tx.devices_by_mac(&keyed).await?);
            }
        }
    }
    Ok(found)
}

/// Whether a new key is asked for, and this very request did not make one long ago.
async fn rekeys(tx: &mut Tx, ask: &Ask<'_>, device: &Device) -> Result<bool, Error> {
    let Some(request) = ask.record.request.filter(|_| ask.record.rekey) else {
        return Ok(ask.record.rekey);
    };
    Ok(tx.event_by_request(device.id, request.uuid()).await?.is_none())
}

fn already(device: &Device) -> Recorded {
    let answer = CrecordAnswer::new(Outcome::AlreadyRecorded);
    Recorded::Answer(CrecordAnswer { device: Some(device.id), ..answer })
}

/// Writes the box, what was done to it, and the full answer.
async fn keep(
    mut tx: Tx,
    keys: &KeyRing,
    ask: &Ask<'_>,
    (draft, act, lookups): (Draft, Act, Vec<Keyed>),
    rng: &mut (impl CryptoRng + Send),
) -> Result<Recorded, Error> {
    let Draft { mut device, answer } = draft;
    if act == Act::Record {
        tx.insert_device(&mut device).await?;
    } else {
        // The credential of an earlier rekey would no longer authenticate.
        tx.end_answers(device.id).await?;
        tx.update_device(&mut device).await?;
    }
    tx.add_event(&event(ask, &device, act, rng)).await?;
    tx.purge_answers(ask.now_ms).await?;
    if let Some(lookup) = lookups.first()
        && let Some(stored) = kept::seal(keys, *lookup, &answer, rng, ask.now_ms)?
    {
        tx.keep_answer(&stored).await?;
    }
    tx.commit().await?;
    Ok(Recorded::Answer(answer))
}

fn event(ask: &Ask<'_>, device: &Device, act: Act, rng: &mut impl CryptoRng) -> Event {
    let unix_ms = u64::try_from(ask.now_ms).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(unix_ms, &random::bytes(rng));
    Event {
        id: id.into_uuid(),
        device: device.id,
        at_ms: ask.now_ms,
        act,
        state: device.state,
        who: ask.principal.map_or_else(|| "local".to_owned(), |it| it.to_string()),
        why: None,
        request: ask.record.request.map(|it| -> Uuid { it.uuid() }),
    }
}

#[cfg(test)]
mod tests;
