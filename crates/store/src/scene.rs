//! What the tests of this crate share: a store in a temporary folder, and boxes to put in it.

use protocol::DeviceId;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Act, Device, Event, Keyed, Labels, State, Store};

/// A migrated store on a real file, gone with the scene.
pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
}

// === impl Scene ===

impl Scene {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::migrate(&url(&folder)).await.unwrap();
        Self { store, folder }
    }

    /// The same file, opened as another process would.
    pub(crate) async fn twin(&self) -> Store {
        Store::open(&url(&self.folder)).await.unwrap()
    }

    pub(crate) async fn add(&self, mut device: Device) -> Device {
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
        device
    }
}

pub(crate) fn url(folder: &TempDir) -> protocol::DbUrl {
    format!("sqlite://{}/crypto.db", folder.path().display()).parse().unwrap()
}

pub(crate) fn keyed(n: u8) -> Keyed {
    Keyed { key: [0, 0, 0, 1], digest: [n; 32] }
}

/// A box of its own imei, serial and macaddr.
pub(crate) fn device(n: u8) -> Device {
    Device {
        id: DeviceId::from_bytes([n; 16]),
        state: State::Registered,
        mac: keyed(n),
        imei: Some(keyed(n)),
        serial: Some(keyed(n)),
        key: vec![1, n],
        pending: None,
        infos: vec![2, n],
        pubkey: None,
        subscriber: None,
        msisdn: None,
        activation_index: keyed(n),
        activation: Some(vec![3, n]),
        until: None,
        labels: Labels::default(),
        replaces: None,
        fresh: true,
        created_ms: 1_795_190_400_000,
        changed: 0,
    }
}

pub(crate) fn event(device: &Device, n: u8) -> Event {
    Event {
        id: Uuid::from_bytes([n; 16]),
        device: device.id,
        at_ms: i64::from(n),
        act: Act::Suspend,
        state: State::Suspended,
        who: "local".to_owned(),
        why: Some(vec![4, n]),
        request: Some(Uuid::from_bytes([n; 16])),
    }
}
