//! ACTIVATE: a box begins to serve.

use chassis::{Answered, Note};
use crypto::random::CryptoRng;
use crypto::{aad, authenticator, random};
use protocol::{
    Activate, ActivateAnswer, Answer, CryptoField, DeviceId, Head, Outcome, Refused, Verb,
};
use rand::RngExt as _;
use store::{Act, CROWD_WAIT_S, Device, Entry, Event, Place, Told, Tx};

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::find::Named;
use crate::tally::day_of;
use crate::transition::{Activation, By, activation};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activated {
    /// It is active, now or before.
    Ok(DeviceId),
    /// Its state forbids it.
    Refused(DeviceId, Outcome),
    /// There is no such box, or this is not its code: the peer is not told which.
    Unknown(&'static str),
    /// The code has a typing error; it was not looked for.
    Mistyped,
    /// Several boxes have this macaddr.
    NotUnique,
    /// The box's proof is not one.
    BadCrypto,
    /// The box's proof is not of now.
    Stale { now_ms: i64 },
    /// Only an operator may say this.
    Forbidden,
    /// The end date is over.
    Over,
    /// Nothing names a box.
    Nameless,
    /// The request is known, and did something else.
    Reused,
    /// Too many wrong codes came from there.
    Wait { seconds: u32 },
}

// === impl Activated ===

impl Activated {
    fn outcome(self) -> Outcome {
        match self {
            Self::Ok(_) => Outcome::Ok,
            Self::Refused(_, outcome) => outcome,
            Self::Unknown(_) | Self::Mistyped => Outcome::CodeUnknown,
            Self::NotUnique => Outcome::MacNotUnique,
            Self::BadCrypto => Outcome::BadCrypto,
            Self::Stale { .. } => Outcome::Stale,
            Self::Forbidden => Outcome::Forbidden,
            Self::Nameless | Self::Reused | Self::Over => Outcome::Malformed,
            Self::Wait { .. } => Outcome::SlowDown,
        }
    }

    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Forbidden => Some("until: an operator alone may set it"),
            Self::Nameless => Some("macaddr: missing, and box too"),
            Self::Over => Some("until: the day is over"),
            Self::Reused => Some("request: known with another command"),
            Self::NotUnique => Some("macaddr: several boxes have it, send the box"),
            Self::Wait { .. } => Some("code: too many wrong ones, wait"),
            _ => None,
        }
    }

    pub(crate) fn answered(self) -> Answered {
        let (outcome, verb) = (self.outcome(), Some(Verb::Activate));
        let answer = match (self, self.reason()) {
            (Self::Stale { now_ms }, _) => {
                Answer::Activate(ActivateAnswer { outcome, now_ms: Some(now_ms) })
            }
            (Self::Wait { seconds }, Some(reason)) => {
                Refused::new(verb, outcome).because(reason).retry(seconds).into()
            }
            (_, Some(reason)) => Refused::new(verb, outcome).because(reason).into(),
            (_, None) => Answer::Activate(ActivateAnswer::new(outcome)),
        };
        let (device, cause) = match self {
            Self::Ok(device) | Self::Refused(device, _) => (Some(device), None),
            Self::Unknown(cause) => (None, Some(cause)),
            _ => (None, None),
        };
        Answered { answer, note: Note { device, cause, ..Note::default() } }
    }
}

/// Answers ACTIVATE.
///
/// Source: protocol.md §3 (ACTIVATE)
pub(crate) async fn activate(
    desk: &Desk<'_>,
    head: &Head,
    ask: &Activate,
    asker: Asker,
) -> Result<Activated, Error> {
    if let Some(refused) = refused_at_once(desk, ask) {
        return Ok(refused);
    }
    let device = match prove(desk, head, ask) {
        Ok(device) => device,
        Err(refused) => return Ok(refused),
    };
    let activated = in_one_transaction(desk, ask, asker, device).await?;
    if !matches!(activated, Activated::Unknown(_)) || ask.code.is_none() {
        return Ok(activated);
    }
    let drawn_s = rand::rng().random_range(1..=CROWD_WAIT_S);
    match desk.store.wrong_code(&asker.subject(device), desk.now_ms, drawn_s).await? {
        Told::Unknown => Ok(activated),
        Told::Wait { seconds } => Ok(Activated::Wait { seconds }),
    }
}

/// What can be told without looking.
fn refused_at_once(desk: &Desk<'_>, ask: &Activate) -> Option<Activated> {
    if ask.until.zip(day_of(desk.now_ms, desk.zone)).is_some_and(|(until, now)| until < now) {
        return Some(Activated::Over);
    }
    let code = ask.code?;
    if ask.until.is_some() {
        return Some(Activated::Forbidden);
    }
    (!code.luhn_ok()).then_some(Activated::Mistyped)
}

/// Opens the box's own proof, where there is one.
fn prove(desk: &Desk<'_>, head: &Head, ask: &Activate) -> Result<Option<DeviceId>, Activated> {
    let crypto = match &ask.crypto {
        CryptoField::Missing => return Ok(None),
        CryptoField::Unreadable => return Err(Activated::BadCrypto),
        CryptoField::Given(crypto) => crypto,
    };
    let request = ask.request.map(|it| it.to_string());
    let digits = ask.code.as_ref().map_or("", |code| code.digits());
    let (app, version) = (head.app.as_str(), head.version.as_str());
    let aad = aad::code("ACTIVATE", app, version, digits, request.as_deref());
    let (device, unix_ms) = desk.fleet.prove(crypto, &aad).ok_or(Activated::BadCrypto)?;
    if !authenticator::is_fresh(unix_ms, desk.now_ms) {
        return Err(Activated::Stale { now_ms: desk.now_ms });
    }
    Ok(Some(device))
}

async fn in_one_transaction(
    desk: &Desk<'_>,
    ask: &Activate,
    asker: Asker,
    proven: Option<DeviceId>,
) -> Result<Activated, Error> {
    let Some(named) = named(ask) else { return Ok(Activated::Nameless) };
    // A first look without writing: who guesses codes does not hold up who buys.
    if ask.code.is_some()
        && let Err(refused) =
            meant(desk, ask, proven, named.read(&desk.store, desk.vault()).await?)?
    {
        return Ok(refused);
    }
    let mut tx = desk.store.begin().await?;
    let found = named.lock(&mut tx, desk.vault()).await?;
    let (device, by) = match meant(desk, ask, proven, found)? {
        Ok(meant) => meant,
        Err(refused) => return Ok(refused),
    };
    match activation(device.state, by) {
        Activation::Refused(outcome) => Ok(Activated::Refused(device.id, outcome)),
        Activation::Stays => Ok(Activated::Ok(device.id)),
        Activation::Begins | Activation::Amended => write(desk, tx, device, (ask, asker, by)).await,
    }
}

/// The one box that is meant, and by what right.
fn meant(
    desk: &Desk<'_>,
    ask: &Activate,
    proven: Option<DeviceId>,
    found: Vec<Device>,
) -> Result<Result<(Device, By), Activated>, Error> {
    let device = match <[Device; 1]>::try_from(found) {
        Ok([device]) => device,
        Err(none) if none.is_empty() => return Ok(Err(Activated::Unknown("UNKNOWN_BOX"))),
        Err(_) => return Ok(Err(Activated::NotUnique)),
    };
    if proven.is_some_and(|proven| proven != device.id) {
        return Ok(Err(Activated::BadCrypto));
    }
    match &ask.code {
        None => Ok(Ok((device, By::Operator))),
        Some(code) if desk.vault().is_code(&device, code.digits())? => Ok(Ok((device, By::Code))),
        Some(_) => Ok(Err(Activated::Unknown("WRONG_CODE"))),
    }
}

fn named(ask: &Activate) -> Option<Named> {
    ask.device.map(Named::Device).or(ask.macaddr.map(Named::MacAddr))
}

/// Writes the box and its history, unless the same request did so before or nothing changes.
async fn write(
    desk: &Desk<'_>,
    mut tx: Tx,
    device: Device,
    (ask, asker, by): (&Activate, Asker, By),
) -> Result<Activated, Error> {
    let request = ask.request.map(|it| it.uuid());
    if let Some(request) = request
        && let Some(event) = tx.event_by_request(device.id, request).await?
    {
        let same = event.act == Act::Activate;
        return Ok(if same { Activated::Ok(device.id) } else { Activated::Reused });
    }
    let mut rng = random::system();
    let mut after = changed(desk, device.clone(), ask, by, &mut rng)?;
    if after == device {
        return Ok(Activated::Ok(device.id));
    }
    let who = if by == By::Code { "code".to_owned() } else { asker.who() };
    let event = desk.event(&after, Act::Activate, who, &mut rng);
    let event = desk.because(event, request, None, &mut rng)?;
    tx.update_device(&mut after).await?;
    tx.add_event(&event).await?;
    tx.audit(&entry(desk, &event), desk.audit_key()?).await?;
    tx.commit().await?;
    desk.put(&after);
    Ok(Activated::Ok(after.id))
}

/// What the audit log keeps.
fn entry(desk: &Desk<'_>, event: &Event) -> Entry {
    Entry {
        at_ms: event.at_ms,
        who: event.who.clone(),
        verb: Verb::Activate.name().to_owned(),
        subject: format!("box/{}", event.device),
        request: event.request,
        bridge: desk.bridge,
        why: None,
        detail: None,
    }
}

/// The box as it is from then on. What was said once, an operator alone changes.
fn changed(
    desk: &Desk<'_>,
    device: Device,
    ask: &Activate,
    by: By,
    rng: &mut impl CryptoRng,
) -> Result<Device, Error> {
    let may = |kept: &Option<Vec<u8>>| by == By::Operator || kept.is_none();
    let vault = desk.vault();
    let mut after = Device { state: store::State::Active, activation: None, ..device };
    after.until = ask.until.or(after.until);
    if let Some(subscriber) = ask.subscriber.as_ref().filter(|_| may(&after.subscriber)) {
        let place = Place::Subscriber.of(after.id);
        after.subscriber = Some(vault.seal(&place, subscriber.as_str().as_bytes(), rng)?);
    }
    if let Some(msisdn) = ask.msisdn.filter(|_| may(&after.msisdn)) {
        let place = Place::Msisdn.of(after.id);
        after.msisdn = Some(vault.seal(&place, msisdn.as_str().as_bytes(), rng)?);
    }
    Ok(after)
}

#[cfg(test)]
mod tests;
