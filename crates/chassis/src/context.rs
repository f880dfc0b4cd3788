//! What every part of a running service shares.

use std::sync::Arc;

use arc_swap::ArcSwap;
use client::{Client, Endpoint};
use protocol::{AddressMap, DbUrl, Pair, Role, Server};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::clock::Clock;
use crate::error::StartError;
use crate::principals::Principals;
use crate::tasks::Tasks;

/// What every part of a running service shares.
#[derive(Debug)]
pub struct Context {
    /// The ini, as it was read at the start.
    pub config: config::Module,
    /// What time it is.
    pub clock: Clock,
    /// Where the others are, now.
    pub map: MapHandle,
    /// Who may do what.
    pub principals: Principals,
    /// Asks the others.
    pub client: Client,
    /// The derived keys of this role.
    pub keys: crypto::KeyRing,
    /// Where each request is recorded before its answer leaves.
    pub spool: report::Spool,
    /// The tasks, and the signal to stop.
    pub tasks: Tasks,
}

/// The address map that a service runs on now.
#[derive(Debug)]
pub struct MapHandle {
    known: ArcSwap<Known>,
    /// Held from the judging of a map to its being in force: an LB is given maps by several tasks.
    turn: Mutex<()>,
    changed: watch::Sender<Arc<Known>>,
}

/// An address map, with the servers of each role as the client asks for them.
#[derive(Debug)]
pub struct Known {
    /// The map as INIT gave it or the ini holds it.
    pub map: AddressMap,
    endpoints: Vec<(Role, Pair<Option<Endpoint>>)>,
    nobody: Pair<Option<Endpoint>>,
}

// === impl Context ===

impl Context {
    /// The address of CRYPTO; where the ini has none, waits for the map that has it.
    ///
    /// # Errors
    ///
    /// [`StartError::Stopped`] when the service is told to stop before a map came.
    pub async fn crypto_url(&self) -> Result<DbUrl, StartError> {
        let mut changed = self.map.watch();
        loop {
            let url = changed.borrow_and_update().map.crypto.first.clone();
            if let Some(url) = url {
                return Ok(url);
            }
            tracing::warn!("[crypto] first is empty: waiting until an LB tells where CRYPTO is");
            match self.tasks.stop().run_until_cancelled(changed.changed()).await {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return Err(StartError::Stopped),
            }
        }
    }
}

// === impl MapHandle ===

impl MapHandle {
    /// Starts from the map of the ini.
    pub fn new(map: AddressMap) -> Self {
        let known = Arc::new(Known::from(map));
        let (turn, changed) = (Mutex::default(), watch::Sender::new(Arc::clone(&known)));
        Self { known: ArcSwap::new(known), turn, changed }
    }

    /// The map now.
    pub fn load(&self) -> Arc<Known> {
        self.known.load_full()
    }

    /// Tells of each change.
    pub fn watch(&self) -> watch::Receiver<Arc<Known>> {
        self.changed.subscribe()
    }

    /// The right to put another map in its place.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Puts another map in its place.
    pub(crate) fn replace(&self, map: AddressMap) {
        let known = Arc::new(Known::from(map));
        self.known.store(Arc::clone(&known));
        self.changed.send_replace(known);
    }
}

// === impl Known ===

impl Known {
    /// The servers of a role, as the client asks for them.
    pub fn endpoints(&self, role: Role) -> &Pair<Option<Endpoint>> {
        self.endpoints
            .iter()
            .find_map(|(known, pair)| (*known == role).then_some(pair))
            .unwrap_or(&self.nobody)
    }

    /// The two REPORT databases.
    pub fn report(&self) -> &Pair<Option<DbUrl>> {
        &self.map.report
    }
}

impl From<AddressMap> for Known {
    fn from(map: AddressMap) -> Self {
        const ROLES: [Role; 6] =
            [Role::Aar, Role::TopUp, Role::Lb, Role::Pppx, Role::Sr, Role::Gateway];
        let endpoints = ROLES
            .into_iter()
            .map(|role| {
                let of = |server: &Option<Server>| server.as_ref().map(Endpoint::from);
                let pair = map.servers(role);
                (role, Pair { first: of(&pair.first), second: of(&pair.second) })
            })
            .collect();
        Self { map, endpoints, nobody: Pair { first: None, second: None } }
    }
}
