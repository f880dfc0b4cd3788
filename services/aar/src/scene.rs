//! What the tests of this crate share: boxes in a real store, and AARs on it.

use crypto::authenticator::{self, Opened};
use crypto::{BoxKey, KeyRing, MasterKeys, Purpose, Secret32, aad, random};
use jiff::tz::TimeZone;
use protocol::{Authenticator, CryptoField, DeviceId, Head, MacAddr, Rights, Time};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use store::{Device, Keyed, Place, State, Store, StoredAnswer};
use tempfile::TempDir;

use crate::desk::{Asker, Desk};
use crate::fleet::Fleet;
use crate::judge::Terms;
use crate::sync::{Cursor, Sync};

pub(crate) const NOW_MS: i64 = 1_795_190_400_000;
pub(crate) const NOW: u64 = 1_795_190_400_000;
pub(crate) const TERMS: Terms = Terms { lease_s: 14_400, spread_s: 30 };
pub(crate) const CODE: &str = "1234567890123452";
pub(crate) const SERIAL: &str = "G4PDW16623003677";
pub(crate) const NOBODY: Asker = Asker { principal: None, client: None, rights: Rights::PERSON };

/// A store, and the keys that it is sealed under.
pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) keys: KeyRing,
    pub(crate) zone: TimeZone,
    folder: TempDir,
}

/// One AAR's memory.
pub(crate) struct Memory {
    pub(crate) fleet: Fleet,
    pub(crate) cursor: Cursor,
}

// === impl Scene ===

impl Scene {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/crypto.db", folder.path().display());
        let store = Store::migrate(&url.parse().unwrap()).await.unwrap();
        let mut rng = StdRng::seed_from_u64(7);
        let master = MasterKeys::generate("00000001".parse().unwrap(), &mut rng);
        let keys = master.derive(&[Purpose::Wrap, Purpose::Index, Purpose::Pepper]);
        Self { store, keys, zone: TimeZone::get("Africa/Douala").unwrap(), folder }
    }

    /// The same file again, after `store` was closed.
    pub(crate) async fn reopen(&mut self) {
        let url = format!("sqlite://{}/crypto.db", self.folder.path().display());
        self.store = Store::open(&url.parse().unwrap()).await.unwrap();
    }

    /// Box `n`, as SR would leave it.
    pub(crate) async fn add(&self, n: u8, state: State) -> Device {
        let mut device = self.device(n, state);
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_device(&mut device).await.unwrap();
        tx.keep_answer(&self.full_answer(&device)).await.unwrap();
        tx.commit().await.unwrap();
        device
    }

    /// Box `n`, without the full answer that SR keeps.
    pub(crate) async fn add_bare(&self, n: u8) {
        let mut device = self.bare(n);
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The same, unwritten.
    pub(crate) fn bare(&self, n: u8) -> Device {
        self.device(n, State::Active)
    }

    /// Box `n`, which says that it has the macaddr of box `mac_of`.
    pub(crate) async fn add_with_mac(&self, n: u8, mac_of: u8) {
        let mac = self.keyed(Purpose::Index, &format!("mac/{}", mac(mac_of)));
        let mut device = Device { mac, ..self.device(n, State::Registered) };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn change(&self, id: DeviceId, change: impl FnOnce(&mut Device)) -> Device {
        let mut tx = self.store.begin().await.unwrap();
        let mut device = tx.device(id).await.unwrap().unwrap();
        change(&mut device);
        tx.update_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
        device
    }

    pub(crate) async fn row(&self, id: DeviceId) -> Device {
        self.store.device(id).await.unwrap().unwrap()
    }

    /// Whether SR still has its full answer.
    pub(crate) async fn has_answer(&self, device: &Device) -> bool {
        let mut tx = self.store.begin().await.unwrap();
        let lookup = self.full_answer(device).lookup;
        tx.stored_answer(&lookup, NOW_MS).await.unwrap().is_some()
    }

    /// An AAR that has just loaded.
    pub(crate) async fn memory(&self) -> Memory {
        let fleet = Fleet::new(&mut StdRng::seed_from_u64(8));
        let mut memory = Memory { fleet, cursor: Cursor::START };
        self.pull(&mut memory).await;
        memory
    }

    pub(crate) async fn pull(&self, memory: &mut Memory) {
        let Memory { fleet, cursor } = memory;
        self.sync(fleet).pull(&self.store, cursor).await.unwrap();
    }

    pub(crate) async fn flush(&self, memory: &Memory) {
        let sync = self.sync(&memory.fleet);
        sync.flush(&self.store).await.unwrap();
        sync.settle(&self.store, &mut random::system(), NOW_MS).await.unwrap();
    }

    pub(crate) fn sync<'a>(&'a self, fleet: &'a Fleet) -> Sync<'a> {
        Sync { fleet, keys: &self.keys, zone: &self.zone }
    }

    pub(crate) fn desk<'a>(&'a self, memory: &'a Memory) -> Desk<'a> {
        Desk {
            store: self.store.clone(),
            fleet: &memory.fleet,
            keys: &self.keys,
            zone: &self.zone,
            now_ms: NOW_MS,
            bridge: "b-1".parse().unwrap(),
        }
    }

    /// Seals a pending key, as SR's rekey does.
    pub(crate) fn pending(&self, id: DeviceId, key: &BoxKey) -> Vec<u8> {
        self.seal(&Place::Pending.of(id), key.expose())
    }

    fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let wrap = self.keys.get(Purpose::Wrap).unwrap().current();
        crypto::seal(wrap, place, plain, random::bytes(&mut random::system()))
    }

    fn keyed(&self, purpose: Purpose, text: &str) -> Keyed {
        let (id, key) = self.keys.get(purpose).unwrap().current();
        Keyed { key: id.bytes(), digest: crypto::index(key, text) }
    }

    fn full_answer(&self, device: &Device) -> StoredAnswer {
        let lookup = self.keyed(Purpose::Index, &format!("answer/{}", device.id));
        StoredAnswer { lookup, device: device.id, full_answer: vec![1], until_ms: i64::MAX }
    }

    fn device(&self, n: u8, state: State) -> Device {
        let id = id(n);
        let index = |text: &str| self.keyed(Purpose::Index, text);
        let infos =
            format!(r#"{{"macaddr":"{}","imei":"{}","serial":"{SERIAL}"}}"#, mac(n), imei(n));
        let wrap = self.keys.get(Purpose::Wrap).unwrap().current().0;
        let under = (wrap, &key(n).infos_key());
        let nonce = random::bytes(&mut random::system());
        Device {
            id,
            state,
            mac: index(&format!("mac/{}", mac(n))),
            imei: Some(index(&format!("imei/{}", imei(n)))),
            serial: Some(index(&format!("serial/{SERIAL}"))),
            key: self.seal(&Place::Key.of(id), key(n).expose()),
            pending: None,
            infos: crypto::seal(under, &Place::Infos.of(id), infos.as_bytes(), nonce),
            pubkey: None,
            subscriber: None,
            msisdn: None,
            activation_index: self.keyed(Purpose::Pepper, CODE),
            activation: Some(vec![1]),
            until: None,
            labels: store::Labels::default(),
            replaces: None,
            fresh: true,
            created_ms: NOW_MS,
            changed: 0,
        }
    }
}

pub(crate) fn id(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 16])
}

pub(crate) fn key(n: u8) -> BoxKey {
    BoxKey::new(Secret32::new([n; 32]))
}

pub(crate) fn mac(n: u8) -> MacAddr {
    MacAddr::from_octets([0xa8, 0, 0, 0, 0, n]).unwrap()
}

pub(crate) fn imei(n: u8) -> String {
    format!("8618210324795{n:02}")
}

pub(crate) fn head() -> Head {
    let (app, version) = ("ngondo-box".parse().unwrap(), "1.0".parse().unwrap());
    Head::new(app, version, Time::from_unix_ms(NOW_MS))
}

/// The crypto of an AUTH of box `n`.
pub(crate) fn crypto_of(n: u8, counter: u64) -> Authenticator {
    crypto_under(n, &key(n), Opened { macaddr: mac(n).octets(), unix_ms: NOW, counter })
}

pub(crate) fn crypto_under(n: u8, key: &BoxKey, plain: Opened) -> Authenticator {
    sealed(n, key, plain, &aad::auth("ngondo-box", "1.0"))
}

/// The crypto of an ACTIVATE of box `n`.
pub(crate) fn crypto_for_code(n: u8, unix_ms: u64) -> CryptoField {
    let aad = aad::code("ACTIVATE", "ngondo-box", "1.0", CODE, None);
    let plain = Opened { macaddr: mac(n).octets(), unix_ms, counter: 1 };
    CryptoField::Given(sealed(n, &key(n), plain, &aad))
}

fn sealed(n: u8, key: &BoxKey, plain: Opened, aad: &[u8]) -> Authenticator {
    let nonce = authenticator::box_nonce([9; 4], plain.counter);
    let bytes = authenticator::make(*id(n).as_bytes(), nonce, &key.auth_key(), &plain, aad);
    Authenticator::from_bytes(bytes)
}
