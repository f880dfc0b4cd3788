//! What a box's `crypto` proves.

use crypto::random::{self, CryptoRng};
use crypto::{BoxKey, KeyId, Keys, Secret32, authenticator};
use protocol::{Authenticator, CryptoField, DeviceId, MacAddr, Outcome};
use store::{Device, Place, State, Store};

use crate::desk::Desk;
use crate::error::Error;

/// What a `crypto` proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proven {
    /// There is none.
    Nothing,
    /// It is this box, in this state.
    Device(DeviceId, State),
    /// It proves nothing, and nothing is done for it.
    Refused(Refusal),
}

/// Why a `crypto` proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not 67 bytes of base64url.
    Unreadable,
    /// No such box.
    UnknownDevice,
    /// It does not open, or names another macaddr.
    Wrong,
    /// It is not of now.
    Stale {
        /// The server's time.
        now_ms: i64,
    },
}

/// A box that is nobody's, so that an unknown one takes as long to refuse as a wrong crypto.
#[derive(Debug)]
pub(crate) struct Decoy {
    id: DeviceId,
    key: Vec<u8>,
}

// === impl Refusal ===

impl Refusal {
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Unreadable | Self::UnknownDevice | Self::Wrong => Outcome::BadCrypto,
            Self::Stale { .. } => Outcome::Stale,
        }
    }

    /// What the report keeps where the result does not tell.
    pub(crate) fn cause(self) -> Option<&'static str> {
        match self {
            Self::Unreadable => Some("UNREADABLE"),
            Self::UnknownDevice => Some("UNKNOWN_BOX"),
            Self::Wrong | Self::Stale { .. } => None,
        }
    }
}

// === impl Decoy ===

impl Decoy {
    pub(crate) fn new(wrap: &Keys, rng: &mut impl CryptoRng) -> Self {
        let (id, key) = (DeviceId::from_bytes([0; 16]), BoxKey::random(rng));
        let place = Place::Key.of(id);
        let key = crypto::seal(wrap.current(), &place, key.expose(), random::bytes(rng));
        Self { id, key }
    }
}

/// Opens a `crypto` whose associated data are `aad`.
///
/// Source: protocol.md §3 (TOPUP)
pub(crate) async fn prove(
    desk: &Desk,
    store: &Store,
    field: &CryptoField,
    aad: &[u8],
    now_ms: i64,
) -> Result<Proven, Error> {
    let given = match field {
        CryptoField::Missing => return Ok(Proven::Nothing),
        CryptoField::Unreadable => return Ok(Proven::Refused(Refusal::Unreadable)),
        CryptoField::Given(given) => given,
    };
    let id = DeviceId::from_bytes(authenticator::device_id(given.as_bytes()));
    let Some(device) = store.device(id).await? else {
        let decoy = box_key(desk, desk.decoy.id, Place::Key, &desk.decoy.key)?;
        let opened = authenticator::open(given.as_bytes(), &decoy.auth_key(), aad);
        debug_assert!(opened.is_err(), "the decoy's key is nobody's");
        return Ok(Proven::Refused(Refusal::UnknownDevice));
    };
    Ok(match open(desk, &device, given, aad)? {
        Some(opened) if !is_of(desk, &device, opened.macaddr)? => Proven::Refused(Refusal::Wrong),
        Some(opened) if !authenticator::is_fresh(opened.unix_ms, now_ms) => {
            Proven::Refused(Refusal::Stale { now_ms })
        }
        Some(_) => Proven::Device(id, device.state),
        None => Proven::Refused(Refusal::Wrong),
    })
}

/// Opens it under the box's key, or under the new one of a rekey that no AUTH used yet.
fn open(
    desk: &Desk,
    device: &Device,
    given: &Authenticator,
    aad: &[u8],
) -> Result<Option<authenticator::Opened>, Error> {
    let pending = device.pending.as_ref().map(|sealed| (Place::Pending, sealed));
    for (place, sealed) in [(Place::Key, &device.key)].into_iter().chain(pending) {
        let key = box_key(desk, device.id, place, sealed)?;
        if let Ok(opened) = authenticator::open(given.as_bytes(), &key.auth_key(), aad) {
            return Ok(Some(opened));
        }
    }
    Ok(None)
}

fn box_key(desk: &Desk, id: DeviceId, place: Place, sealed: &[u8]) -> Result<BoxKey, Error> {
    let what = "box key";
    let opened = crypto::open(&desk.vault.wrap, &place.of(id), sealed);
    let opened = opened.map_err(|source| Error::Sealed { what, source })?;
    let bytes: [u8; Secret32::LEN] = opened.as_slice().try_into().map_err(|_| Error::Form(what))?;
    Ok(BoxKey::new(Secret32::new(bytes)))
}

/// Whether the macaddr is the box's, by its index.
fn is_of(desk: &Desk, device: &Device, macaddr: [u8; 6]) -> Result<bool, Error> {
    let Ok(macaddr) = MacAddr::from_octets(macaddr) else { return Ok(false) };
    let key = desk.vault.index.by_id(KeyId::new(device.mac.key));
    let key = key.ok_or(Error::Form("index key of the macaddr"))?;
    Ok(crypto::index(key, &format!("mac/{macaddr}")) == device.mac.digest)
}
