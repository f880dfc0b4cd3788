//! A new key for a box that an operator names: the old one dies at the first AUTH under the new.

use chassis::fields::{Fields, Malformed};
use chassis::{ManageCall, Managed};
use crypto::random::{self, CryptoRng};
use crypto::{BoxKey, KeyRing, Keys, Purpose, Secret32, credential};
use protocol::{CrecordAnswer, DeviceId, Imei, MacAddr, Outcome, Proof, RequestId, Serial};
use serde_json::json;
use store::{Act, Device, Entry, Event, Place, State, Store, Tx};

use crate::draft::{Draft, imei_text, keyed_by_all, serial_text};
use crate::error::Error;
use crate::kept;
use crate::manage::Done;
use crate::record::{self, event_id, who};

/// The longest reason, in characters.
const WHY_MAX: usize = 200;

/// What is asked.
struct Ask {
    request: RequestId,
    named: Named,
    why: Option<String>,
}

/// What names a box, or several.
enum Named {
    Device(DeviceId),
    MacAddr(MacAddr),
    Imei(Imei),
    Serial(Serial),
}

/// Makes a new key for a box: `{"request", "box" | "imei" | "serial" | "macaddr", "reason"?}`.
///
/// The answer holds the credential, under the public key that the key sent where it did, and the
/// proof by which a provisioned key takes it.
pub(crate) async fn rekey(store: &Store, keys: &KeyRing, call: &ManageCall) -> Done {
    let ask = match Ask::read(&call.body) {
        Ok(ask) => ask,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut rng = random::system();
    let index = keys.get(Purpose::Index)?;
    let mut tx = store.begin().await?;
    let device = match <[Device; 1]>::try_from(ask.named.lock(&mut tx, index).await?) {
        Ok([device]) => device,
        Err(none) if none.is_empty() => {
            return Ok(Ok(refused(Outcome::CodeUnknown, "no such box")));
        }
        Err(_) => {
            let reason = "several boxes are named so: send the box";
            return Ok(Ok(refused(Outcome::MacNotUnique, reason)));
        }
    };
    let lookups =
        kept::lookups_of(index, &ask.request.to_string(), &device.id.to_string(), call.principal);
    if let Some(answer) = record::stored(&mut tx, keys, &lookups, call.arrived_ms).await? {
        return Ok(Ok(done(keys, &device, &answer)?));
    }
    if tx.event_by_request(device.id, ask.request.uuid()).await?.is_some() {
        return Ok(Ok(refused(Outcome::AlreadyRecorded, "request: known, and over")));
    }
    if let Some(outcome) = shut(device.state) {
        return Ok(Ok(refused(outcome, &format!("the box is {}", device.state))));
    }
    let draft = Draft::rekey(keys, device.pubkey.clone(), device.clone(), &mut rng)?;
    let event = event(&ask, call, keys, &device, &mut rng)?;
    let answer = record::keep(&mut tx, keys, (draft, event, lookups), &mut rng).await?;
    tx.audit(&entry(&ask, call, keys, device.id)?, index.current()).await?;
    tx.commit().await?;
    Ok(Ok(done(keys, &device, &answer)?))
}

// === impl Ask ===

impl Ask {
    fn read(body: &[u8]) -> Result<Self, Malformed> {
        let known = ["request", "box", "imei", "serial", "macaddr", "reason"];
        let fields = Fields::read(body, &known)?;
        let why = fields.text("reason")?.map(str::trim).filter(|it| !it.is_empty());
        if why.is_some_and(|it| WHY_MAX < it.chars().count() || it.chars().any(char::is_control)) {
            let reason = format!("reason: it is not one line of {WHY_MAX} characters");
            return Err(Malformed(reason));
        }
        let why = why.map(ToOwned::to_owned);
        Ok(Self { request: fields.need("request")?, named: Named::of(&fields)?, why })
    }
}

// === impl Named ===

impl Named {
    fn of(fields: &Fields) -> Result<Self, Malformed> {
        let all = [
            fields.parse("box")?.map(Self::Device),
            fields.parse("imei")?.map(Self::Imei),
            fields.parse("serial")?.map(Self::Serial),
            fields.parse("macaddr")?.map(Self::MacAddr),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(named), None) => Ok(named),
            (None, _) => {
                Err(Malformed("box: missing, and imei, serial and macaddr too".to_owned()))
            }
            (Some(_), Some(_)) => {
                Err(Malformed("box: give one of box, imei, serial, macaddr".to_owned()))
            }
        }
    }

    async fn lock(&self, tx: &mut Tx, index: &Keys) -> Result<Vec<Device>, Error> {
        let text = match self {
            Self::Device(device) => return Ok(tx.device(*device).await?.into_iter().collect()),
            Self::MacAddr(macaddr) => format!("mac/{macaddr}"),
            Self::Imei(imei) => imei_text(imei.as_str()),
            Self::Serial(serial) => serial_text(serial.as_str()),
        };
        let mut found = Vec::new();
        for keyed in keyed_by_all(index, &text) {
            match self {
                Self::Imei(_) => found.extend(tx.device_by_imei(&keyed).await?),
                Self::Serial(_) => found.extend(tx.devices_by_serial(&keyed).await?),
                _ => found.extend(tx.devices_by_mac(&keyed).await?),
            }
        }
        Ok(found)
    }
}

/// Nobody gets a credential for a box that is out of service.
fn shut(state: State) -> Option<Outcome> {
    match state {
        State::Retired => Some(Outcome::Retired),
        State::Stolen => Some(Outcome::Stolen),
        State::Registered | State::Active | State::Suspended => None,
    }
}

fn event(
    ask: &Ask,
    call: &ManageCall,
    keys: &KeyRing,
    device: &Device,
    rng: &mut impl CryptoRng,
) -> Result<Event, Error> {
    let id = event_id(call.arrived_ms, rng);
    let why = sealed(keys, &Place::of_reason(id), ask.why.as_deref(), rng)?;
    Ok(Event {
        id,
        device: device.id,
        at_ms: call.arrived_ms,
        act: Act::Rekey,
        state: device.state,
        who: who(call.principal),
        why,
        request: Some(ask.request.uuid()),
    })
}

fn entry(ask: &Ask, call: &ManageCall, keys: &KeyRing, device: DeviceId) -> Result<Entry, Error> {
    let place = Entry::place_of_why(ask.request);
    Ok(Entry {
        at_ms: call.arrived_ms,
        who: who(call.principal),
        verb: "boxes/rekey".to_owned(),
        subject: format!("box/{device}"),
        request: Some(ask.request.uuid()),
        bridge: call.bridge,
        why: sealed(keys, &place, ask.why.as_deref(), &mut random::system())?,
        detail: None,
    })
}

fn sealed(
    keys: &KeyRing,
    place: &str,
    why: Option<&str>,
    rng: &mut impl CryptoRng,
) -> Result<Option<Vec<u8>>, Error> {
    let wrap = keys.get(Purpose::Wrap)?.current();
    Ok(why.map(|why| crypto::seal(wrap, place, why.as_bytes(), random::bytes(rng))))
}

fn done(keys: &KeyRing, device: &Device, answer: &CrecordAnswer) -> Result<Managed, Error> {
    let text = answer.credential.as_ref().ok_or(Error::Kept)?;
    let old = crypto::open(keys.get(Purpose::Wrap)?, &Place::Key.of(device.id), &device.key)?;
    let old = Secret32::from_slice(&old).map(BoxKey::new).ok_or(Error::Kept)?;
    let proof = credential::provision_proof(&old.provision_key(), text.expose());
    let shown = json!({
        "result": Outcome::Ok.as_str(),
        "box": device.id.to_string(),
        "credential": text.expose(),
        "proof": Proof::from_bytes(proof).to_string(),
    });
    let mut managed = Managed::json(Outcome::Ok, shown);
    managed.note.device = Some(device.id);
    Ok(managed)
}

fn refused(outcome: Outcome, reason: &str) -> Managed {
    Managed::json(outcome, json!({ "result": outcome.as_str(), "reason": reason }))
}

#[cfg(test)]
mod tests;
