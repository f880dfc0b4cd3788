//! One registration, in one transaction.

use crypto::random::{self, CryptoRng};
use crypto::{KeyRing, Keys, Purpose};
use protocol::{
    Answer, Bridge, CrecordAnswer, DeviceId, Outcome, PrincipalName, Record, Refused, Verb,
};
use store::{Act, AlertKind, Device, Entry, Event, Keyed, Store, Tx};
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
    /// What the audit log calls it.
    pub(crate) verb: &'static str,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It is recorded, now or before.
    Answer(CrecordAnswer, Done),
    /// It may not be.
    Refused(Refusal),
    /// It may not be: it says that it is this box, and is not.
    Claims(Refusal, DeviceId),
}

/// When something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// In this transaction.
    Now(Act),
    /// Before: nothing changes.
    Before,
}

// === impl Recorded ===

impl Recorded {
    pub(crate) fn device(&self) -> Option<DeviceId> {
        match self {
            Self::Answer(answer, _) => answer.device,
            Self::Refused(_) | Self::Claims(..) => None,
        }
    }

    pub(crate) fn cause(&self) -> Option<&'static str> {
        match self {
            Self::Answer(..) => None,
            Self::Refused(refusal) | Self::Claims(refusal, _) => refusal.cause(),
        }
    }

    pub(crate) fn into_answer(self) -> Answer {
        match self {
            Self::Answer(answer, _) => Answer::Crecord(answer),
            Self::Refused(refusal) | Self::Claims(refusal, _) => {
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
    let first = Draft::first(keys, ask.record, rng, ask.now_ms)?;
    let mut tx = store.begin().await?;
    let recorded = record_in(&mut tx, keys, ask, first, rng).await?;
    if let Recorded::Claims(_, device) = recorded {
        claimed(&mut tx, device, ask.now_ms).await?;
        tx.commit().await?;
    } else if let Some(entry) = entry(ask, &recorded) {
        tx.purge_answers(ask.now_ms).await?;
        tx.audit(&entry, keys.get(Purpose::Index)?.current()).await?;
        tx.commit().await?;
    }
    Ok(recorded)
}

/// Records one key within a transaction, which the caller commits.
///
/// `first` is the box that it becomes where nobody is there.
pub(crate) async fn record_in(
    tx: &mut Tx,
    keys: &KeyRing,
    ask: &Ask<'_>,
    first: Draft,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Recorded, Error> {
    let index = keys.get(Purpose::Index)?;
    let lookups = kept::lookups(index, ask);
    if let Some(answer) = stored(tx, keys, &lookups, ask.now_ms).await? {
        return Ok(Recorded::Answer(answer, Done::Before));
    }
    let identity = Identity::of(&ask.record.identity);
    let found = found(tx, index, &identity).await?;
    let serials = identity.serial.map(|it| draft::serial_text(it.as_str()));
    let serials = serials.map(|text| draft::keyed_by_all(index, &text)).unwrap_or_default();
    let (draft, act) = match judge(&identity, found, &serials) {
        Verdict::Refused(refusal) => return Ok(Recorded::Refused(refusal)),
        Verdict::Claims(refusal, device) => return Ok(Recorded::Claims(refusal, device)),
        Verdict::Known(device) if !rekeys(tx, ask, &device).await? => {
            return Ok(already(&device));
        }
        Verdict::Known(device) => {
            let pubkey = ask.record.identity.pubkey.as_ref().map(|it| it.as_der().to_vec());
            (Draft::rekey(keys, pubkey, *device, rng)?, Act::Rekey)
        }
        Verdict::New => (first, Act::Record),
    };
    let event = event(ask, &draft.device, act, rng);
    let answer = keep(tx, keys, (draft, event, lookups), rng).await?;
    Ok(Recorded::Answer(answer, Done::Now(act)))
}

/// Tells operators that a key says it is a box that it is not.
pub(crate) async fn claimed(tx: &mut Tx, device: DeviceId, now_ms: i64) -> Result<(), Error> {
    let subject = format!("box/{device}");
    tx.raise_alert(AlertKind::Identity, &subject, r#"{"at":"registration"}"#, now_ms).await?;
    Ok(())
}

/// What the audit log keeps, where something was done.
pub(crate) fn entry(ask: &Ask<'_>, recorded: &Recorded) -> Option<Entry> {
    let Recorded::Answer(answer, Done::Now(act)) = recorded else { return None };
    Some(Entry {
        at_ms: ask.now_ms,
        who: who(ask.principal),
        verb: ask.verb.to_owned(),
        subject: format!("box/{}", answer.device?),
        request: ask.record.request.map(|it| it.uuid()),
        bridge: ask.bridge,
        why: None,
        detail: Some(format!(r#"{{"act":"{}"}}"#, act.as_str())),
    })
}

/// The name that history and audit log keep of who asks.
pub(crate) fn who(principal: Option<PrincipalName>) -> String {
    principal.map_or_else(|| "local".to_owned(), |it| it.to_string())
}

pub(crate) async fn stored(
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

pub(crate) fn already(device: &Device) -> Recorded {
    let answer = CrecordAnswer::new(Outcome::AlreadyRecorded);
    Recorded::Answer(CrecordAnswer { device: Some(device.id), ..answer }, Done::Before)
}

/// Writes the box, what was done to it, and the full answer.
pub(crate) async fn keep(
    tx: &mut Tx,
    keys: &KeyRing,
    (draft, event, lookups): (Draft, Event, Vec<Keyed>),
    rng: &mut (impl CryptoRng + Send),
) -> Result<CrecordAnswer, Error> {
    let Draft { mut device, answer } = draft;
    if event.act == Act::Record {
        tx.insert_device(&mut device).await?;
    } else {
        // The credential of an earlier rekey would no longer authenticate.
        tx.end_answers(device.id).await?;
        tx.update_device(&mut device).await?;
    }
    tx.add_event(&event).await?;
    if let Some(lookup) = lookups.first()
        && let Some(stored) = kept::seal(keys, *lookup, &answer, rng, event.at_ms)?
    {
        tx.keep_answer(&stored).await?;
    }
    Ok(answer)
}

fn event(ask: &Ask<'_>, device: &Device, act: Act, rng: &mut impl CryptoRng) -> Event {
    Event {
        id: event_id(ask.now_ms, rng),
        device: device.id,
        at_ms: ask.now_ms,
        act,
        state: device.state,
        who: who(ask.principal),
        why: None,
        request: ask.record.request.map(|it| -> Uuid { it.uuid() }),
    }
}

/// A new id for an event of this moment.
pub(crate) fn event_id(now_ms: i64, rng: &mut impl CryptoRng) -> Uuid {
    let unix_ms = u64::try_from(now_ms).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &random::bytes(rng)).into_uuid()
}

#[cfg(test)]
mod tests;
