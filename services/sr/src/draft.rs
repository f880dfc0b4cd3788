//! Makes what is stored of a key, and what it is told: sealed and indexed.

use crypto::random::{self, CryptoRng};
use crypto::{BoxKey, KeyId, KeyRing, Keys, PublicKey, Purpose, Secret32, Zeroizing, credential};
use protocol::{
    ActivationCode, CrecordAnswer, Credential, DeviceId, Fw, Iccid, Imei, Imsi, Label, Model,
    Outcome, Record, Serial,
};
use serde::Serialize;
use store::{Device, Keyed, Labels, Place, State};

use crate::error::Error;
use crate::identity::Identity;

/// A box that is not stored yet, and the full answer about it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) device: Device,
    pub(crate) answer: CrecordAnswer,
}

/// What a key said of itself, as it is sealed.
///
/// Source: protocol.md §6
#[derive(Serialize)]
struct Infos<'a> {
    macaddr: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    imei: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imsi: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iccid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

/// Seals values of one box under `wrap`.
struct Sealer<'a> {
    wrap: (KeyId, &'a Secret32),
    id: DeviceId,
}

// === impl Draft ===

impl Draft {
    /// Drafts a box that nobody knows.
    pub(crate) fn first(
        keys: &KeyRing,
        record: &Record,
        rng: &mut impl CryptoRng,
        now_ms: i64,
    ) -> Result<Self, Error> {
        let identity = Identity::of(&record.identity);
        let (key, id) = (BoxKey::random(rng), DeviceId::from_bytes(random::bytes(rng)));
        let sealer = Sealer { wrap: keys.get(Purpose::Wrap)?.current(), id };
        let code = activation_code(rng)?;
        let index = keys.get(Purpose::Index)?;
        let device = Device {
            id,
            state: State::Registered,
            mac: keyed(index.current(), &mac_text(&identity)),
            imei: identity.imei.map(|it| keyed(index.current(), &imei_text(it.as_str()))),
            serial: identity.serial.map(|it| keyed(index.current(), &serial_text(it.as_str()))),
            key: sealer.seal(Place::Key, key.expose(), rng),
            pending: None,
            infos: sealer.seal_infos(&key, record, rng)?,
            pubkey: record.identity.pubkey.as_ref().map(|it| it.as_der().to_vec()),
            subscriber: None,
            msisdn: None,
            activation_index: keyed(keys.get(Purpose::Pepper)?.current(), code.digits()),
            activation: Some(sealer.seal(Place::Activation, code.digits().as_bytes(), rng)),
            until: None,
            labels: Labels::default(),
            replaces: None,
            fresh: true,
            created_ms: now_ms,
            changed: 0,
        };
        let credential = Some(credential(id, &key, device.pubkey.as_deref(), rng)?);
        let outcome = Outcome::Ok;
        let answer =
            CrecordAnswer { outcome, device: Some(id), activation: Some(code), credential };
        Ok(Self { device, answer })
    }

    /// Drafts a new key for a box; the old one stays good until the first AUTH under the new.
    pub(crate) fn rekey(
        keys: &KeyRing,
        pubkey: Option<Vec<u8>>,
        known: Device,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let (key, id) = (BoxKey::random(rng), known.id);
        let sealer = Sealer { wrap: keys.get(Purpose::Wrap)?.current(), id };
        let credential = Some(credential(id, &key, pubkey.as_deref(), rng)?);
        let device = Device {
            pending: Some(sealer.seal(Place::Pending, key.expose(), rng)),
            pubkey,
            fresh: true,
            ..known
        };
        let outcome = Outcome::Ok;
        let answer = CrecordAnswer { outcome, device: Some(id), activation: None, credential };
        Ok(Self { device, answer })
    }
}

// === impl Sealer ===

impl Sealer<'_> {
    fn seal(&self, place: Place, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        crypto::seal(self.wrap, &place.of(self.id), plain, random::bytes(rng))
    }

    fn seal_infos(
        &self,
        key: &BoxKey,
        record: &Record,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let infos = Zeroizing::new(serde_json::to_vec(&Infos::of(record)).map_err(Error::Make)?);
        // The id in the sealed value tells which `wrap` sealed K, and so when it is sealed anew.
        let under = (self.wrap.0, &key.infos_key());
        Ok(crypto::seal(under, &Place::Infos.of(self.id), &infos, random::bytes(rng)))
    }
}

// === impl Infos ===

impl<'a> Infos<'a> {
    fn of(record: &'a Record) -> Self {
        let key = &record.identity;
        Self {
            macaddr: key.macaddr.to_string(),
            imei: key.imei.as_ref().map(Imei::as_str),
            serial: key.serial.as_ref().map(Serial::as_str),
            imsi: key.imsi.as_ref().map(Imsi::as_str),
            iccid: key.iccid.as_ref().map(Iccid::as_str),
            model: key.model.as_ref().map(Model::as_str),
            fw: key.fw.as_ref().map(Fw::as_str),
            label: record.label.as_ref().map(Label::as_str),
        }
    }
}

/// Indexes a text under one key.
pub(crate) fn keyed((id, key): (KeyId, &Secret32), text: &str) -> Keyed {
    Keyed { key: id.bytes(), digest: crypto::index(key, text) }
}

/// Indexes a text under every key, the current one first: a row may be under an older one.
pub(crate) fn keyed_by_all(keys: &Keys, text: &str) -> Vec<Keyed> {
    keys.iter().map(|key| keyed(key, text)).collect()
}

pub(crate) fn mac_text(identity: &Identity) -> String {
    format!("mac/{}", identity.macaddr)
}

pub(crate) fn imei_text(imei: &str) -> String {
    format!("imei/{imei}")
}

pub(crate) fn serial_text(serial: &str) -> String {
    format!("serial/{serial}")
}

fn activation_code(rng: &mut impl CryptoRng) -> Result<ActivationCode, Error> {
    let digits = crypto::code::random_digits(rng);
    let code = str::from_utf8(&digits).ok().and_then(|text| text.parse().ok());
    code.ok_or(Error::Form("activation code"))
}

/// What the key gets its K in: under its own public key, where it sent one.
fn credential(
    id: DeviceId,
    key: &BoxKey,
    pubkey: Option<&[u8]>,
    rng: &mut impl CryptoRng,
) -> Result<Credential, Error> {
    let text = match pubkey {
        None => credential::make_plain(*id.as_bytes(), key),
        Some(pubkey) => {
            let pubkey = PublicKey::from_spki_der(pubkey).map_err(Error::Pubkey)?;
            let made = credential::make_rsa(*id.as_bytes(), key, &pubkey, rng);
            made.map_err(Error::Pubkey)?
        }
    };
    text.parse().map_err(|_| Error::Form("credential"))
}
