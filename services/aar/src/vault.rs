//! Opens and seals what CRYPTO keeps of a box.

use crypto::random::{self, CryptoRng};
use crypto::{BoxKey, KeyId, KeyRing, Keys, Purpose, Secret32, Zeroizing};
use protocol::DeviceId;
use serde::{Deserialize, Serialize};
use store::{Device, Keyed, Place};

use crate::error::Error;

/// What a key said of itself at its registration.
///
/// Source: protocol.md §6
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Infos {
    pub(crate) macaddr: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imei: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) serial: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imsi: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) iccid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fw: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
}

/// The keys of this role, for what CRYPTO keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vault<'a> {
    keys: &'a KeyRing,
}

// === impl Infos ===

impl Infos {
    /// Opens INFOS under the box key.
    pub(crate) fn open(device: &Device, key: &BoxKey) -> Result<Self, Error> {
        let at = || Error::Sealed { column: "infos", device: device.id };
        let id = crypto::key_id_of(&device.infos).ok_or_else(at)?;
        let place = Place::Infos.of(device.id);
        let opened = crypto::open_with((id, &key.infos_key()), &place, &device.infos);
        serde_json::from_slice(&opened.map_err(|_| at())?).map_err(|_| at())
    }
}

// === impl Vault ===

impl<'a> Vault<'a> {
    pub(crate) fn new(keys: &'a KeyRing) -> Self {
        Self { keys }
    }

    /// Opens the box key.
    pub(crate) fn key(self, device: &Device) -> Result<BoxKey, Error> {
        self.box_key(Place::Key, device.id, &device.key)
    }

    /// Opens the key of a rekey that no AUTH used yet.
    pub(crate) fn pending(self, id: DeviceId, sealed: &[u8]) -> Result<BoxKey, Error> {
        self.box_key(Place::Pending, id, sealed)
    }

    /// Opens a text, such as the customer's name.
    pub(crate) fn text(self, place: &str, sealed: &[u8]) -> Result<String, Error> {
        let opened = crypto::open(self.wrap()?, place, sealed).map_err(|_| Error::Reason)?;
        String::from_utf8(opened.to_vec()).map_err(|_| Error::Reason)
    }

    /// Seals a value under the current `wrap`.
    pub(crate) fn seal(
        self,
        place: &str,
        plain: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        Ok(crypto::seal(self.wrap()?.current(), place, plain, random::bytes(rng)))
    }

    /// Makes the pending key of a box its key, and seals its INFOS under it.
    pub(crate) fn promote(
        self,
        device: &mut Device,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let Some(pending) = device.pending.take() else { return Ok(()) };
        let (old, new) = (self.key(device)?, self.pending(device.id, &pending)?);
        let infos = Infos::open(device, &old)?;
        let plain = Zeroizing::new(serde_json::to_vec(&infos).map_err(Error::Encode)?);
        let under = (self.wrap()?.current().0, &new.infos_key());
        let place = Place::Infos.of(device.id);
        device.infos = crypto::seal(under, &place, &plain, random::bytes(rng));
        device.key = self.seal(&Place::Key.of(device.id), new.expose(), rng)?;
        Ok(())
    }

    /// Indexes a text under every key, the current one first.
    pub(crate) fn indexes(self, text: &str) -> Result<Vec<Keyed>, Error> {
        let keyed = |(id, key): (KeyId, &Secret32)| Keyed {
            key: id.bytes(),
            digest: crypto::index(key, text),
        };
        Ok(self.keys.get(Purpose::Index)?.iter().map(keyed).collect())
    }

    /// Says whether these are the digits of the box's activation code.
    pub(crate) fn is_code(self, device: &Device, digits: &str) -> Result<bool, Error> {
        let kept = device.activation_index;
        let Some(pepper) = self.keys.get(Purpose::Pepper)?.by_id(KeyId::new(kept.key)) else {
            return Err(Error::Sealed { column: "activation_index", device: device.id });
        };
        // Secrets compare in constant time.
        Ok(Secret32::new(crypto::index(pepper, digits)) == Secret32::new(kept.digest))
    }

    fn wrap(self) -> Result<&'a Keys, Error> {
        Ok(self.keys.get(Purpose::Wrap)?)
    }

    fn box_key(self, place: Place, id: DeviceId, sealed: &[u8]) -> Result<BoxKey, Error> {
        let at = |_| Error::Sealed { column: "key", device: id };
        let opened = crypto::open(self.wrap()?, &place.of(id), sealed).map_err(at)?;
        let secret = Secret32::from_slice(&opened);
        secret.map(BoxKey::new).ok_or(Error::Sealed { column: "key", device: id })
    }
}
