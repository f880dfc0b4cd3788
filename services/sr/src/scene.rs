//! What the tests of the management verbs share.

use std::net::SocketAddr;
use std::time::Duration;

use chassis::{ManageCall, Managed, ManagedBody, Peer};
use crypto::{KeyRing, MasterKeys, Purpose};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use store::{Device, Store};
use tempfile::TempDir;
use tokio::time::Instant;

pub(crate) const NOW_MS: i64 = 1_795_190_400_000;

/// A store, and the keys that it is sealed under.
pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) keys: KeyRing,
    _folder: TempDir,
}

// === impl Scene ===

impl Scene {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/crypto.db", folder.path().display());
        let store = Store::migrate(&url.parse().unwrap()).await.unwrap();
        let master =
            MasterKeys::generate("00000001".parse().unwrap(), &mut StdRng::seed_from_u64(7));
        let keys = master.derive(&[Purpose::Wrap, Purpose::Index, Purpose::Pepper]);
        Self { store, keys, _folder: folder }
    }

    pub(crate) async fn ask(&self, verb: &str, body: &str) -> Managed {
        self.ask_by(verb, body, Instant::now() + Duration::from_mins(1)).await
    }

    pub(crate) async fn ask_by(&self, verb: &str, body: &str, deadline: Instant) -> Managed {
        let call = ManageCall {
            noun: "boxes".to_owned(),
            verb: verb.to_owned(),
            query: String::new(),
            content_type: "application/x-ndjson".to_owned(),
            body: body.to_owned().into(),
            bridge: "b-1".parse().unwrap(),
            client: None,
            principal: None,
            rights: protocol::Rights::PERSON,
            peer: Peer(SocketAddr::from(([127, 0, 0, 1], 1))),
            arrived_ms: NOW_MS,
            deadline,
        };
        crate::manage::manage(&self.store, &self.keys, &call).await
    }

    pub(crate) async fn boxes(&self) -> Vec<Device> {
        self.store.devices_changed_since(0, 10_000).await.unwrap()
    }

    pub(crate) async fn change(&self, device: &Device, change: impl FnOnce(&mut Device)) {
        let mut tx = self.store.begin().await.unwrap();
        let mut device = tx.device(device.id).await.unwrap().unwrap();
        change(&mut device);
        tx.update_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many rows the audit log has.
    pub(crate) async fn audited(&self) -> usize {
        let filter = store::AuditFilter::default();
        self.store.audit_list(&filter, 1_000).await.unwrap().len()
    }
}

pub(crate) fn json_of(managed: Managed) -> Value {
    match managed.body {
        ManagedBody::Json(value) => value,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn lines_of(managed: Managed) -> Vec<Value> {
    match managed.body {
        ManagedBody::Lines(lines) => lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn reason_of(managed: Managed) -> (u16, String) {
    match managed.body {
        ManagedBody::Problem { detail, .. } => (managed.status, detail),
        other => panic!("{other:?}"),
    }
}
