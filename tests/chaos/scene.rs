//! A back office of processes with boxes, sold codes and what is in its REPORT databases.

use std::fs;
use std::sync::Arc;

use client::Keys;
use ngondo::door::Door;
use ngondo::sim::SimDevice;
use ngondo::sim::fleet;
use ngondo::site::{Pace, Site, seats};
use protocol::{
    Command, Init, Instance, Kind, Principal, PrincipalName, PurchaseCode, Right, Rights, Role,
};
use store::Store;
use tempfile::TempDir;

use super::load::{Counts, Knows, Load};
use super::{Broken, Length, rows};
use crate::{Programs, lay, root_of, sell};

/// How many clients ask, ten times a second each.
const CLIENTS: u32 = 24;
/// Purchase codes that are sold for each second.
const CODES_A_SECOND: u64 = 60;
/// The most codes: after them only boxes ask.
const MOST_CODES: u64 = 2_000;

/// A back office, and who is going to ask.
pub(super) struct Scene {
    pub(super) programs: Programs,
    devices: Vec<SimDevice>,
    codes: Vec<PurchaseCode>,
    module: Module,
}

/// A module that no inventory lists: it asks where the others are, and nobody asks it.
#[derive(Debug, Clone)]
pub(super) struct Module {
    pub(super) door: Arc<Door>,
    pub(super) instance: Instance,
}

// === impl Scene ===

impl Scene {
    /// Starts all ten programs, registers the boxes and sells the codes.
    pub(super) async fn start(length: Length, pace: Pace) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = lay(&folder, pace).await;
        Self::on(site, folder, length).await
    }

    /// The same on a site that was laid before.
    pub(super) async fn on(site: Site, folder: TempDir, length: Length) -> Self {
        let module = admit(&site, 1).await.remove(0);
        let programs = Programs::start_in(site, folder).await;
        let boxes = fleet::enrol_all(&programs.door, CLIENTS, 1, &mut || {}).await;
        let codes = (length.seconds.saturating_add(10) * CODES_A_SECOND).min(MOST_CODES);
        let codes = sell(&programs.door, usize::try_from(codes).unwrap_or_default()).await;
        Self { programs, devices: boxes.expect("registered boxes"), codes, module }
    }

    /// Lets the clients go to work, with all the codes.
    pub(super) fn load(&mut self, knows: Knows) -> Load {
        let codes = std::mem::take(&mut self.codes);
        let way = (&self.programs.site, &self.programs.door, &self.module);
        Load::start(way, self.devices.clone(), codes, knows)
    }

    /// Waits until both databases hold the same rows, those of all that was answered among them,
    /// then stops the servers and holds that it is still so.
    pub(super) async fn end(mut self, counts: &Counts, broken: &mut Broken) {
        broken.count(counts);
        let rows = rows::settled(&self.programs.site, &counts.bridges).await;
        broken.hold_rows(&rows);
        self.stop(broken).await;
    }

    /// Stops the servers; holds that both databases are equal then, and that no log tells of a
    /// panic.
    pub(super) async fn stop(&mut self, broken: &mut Broken) {
        self.programs.terminate_all().await;
        let rows = rows::now(&self.programs.site).await;
        broken.hold_rows(&rows);
        let said = panics(&self.programs.site);
        broken.hold(said.is_empty(), format_args!("the logs tell of panics: {said:?}"));
        if !broken.is_kept() {
            self.programs.keep();
            broken.note(format_args!("logs and databases: {}", self.programs.site.dir().display()));
        }
    }
}

/// Makes a principal for each of so many modules before the servers start; each has its own sessions.
pub(super) async fn admit(site: &Site, count: u32) -> Vec<Module> {
    let name =
        |number: u32| -> PrincipalName { format!("gateway-{number}").parse().expect("a name") };
    let store = Store::open(&site.registry().expect("CRYPTO")).await.expect("CRYPTO");
    let mut tx = store.begin().await.expect("a transaction");
    for number in 1..=count {
        let principal = Principal {
            name: name(number),
            kind: Kind::Module,
            rights: Rights::of(&[Right::Module(Role::Gateway)]),
            number: 1,
            revoked: false,
        };
        tx.put_principal(&principal, "chaos", 1).await.expect("a principal");
    }
    tx.commit().await.expect("principals");
    store.close().await;

    let (root, clock, doors) = (root_of(site), chassis::Clock::default(), site.doors());
    let callees: Vec<_> = doors.present().filter_map(|door| door.name).collect();
    let module = |number: u32| {
        let now = clock.clone();
        let keys = Keys::new(root.caller(&name(number), &callees), move || now.now_ms());
        let door = Arc::new(Door::signed(doors.clone(), keys, clock.clone()));
        Module { door, instance: name(number).as_str().parse().expect("an instance") }
    };
    (1..=count).map(module).collect()
}

// === impl Module ===

impl Module {
    /// What it asks.
    pub(super) fn init(&self) -> Command {
        let (role, instance) = (Some(Role::Gateway), Some(self.instance));
        Command::Init(Init { role, instance, ..Init::default() })
    }
}

/// What the servers' logs say of panics.
pub(super) fn panics(site: &Site) -> Vec<String> {
    let log = |(role, place)| fs::read_to_string(site.folder(role, place).join("log"));
    let logs = seats().filter_map(|seat| log(seat).ok());
    let lines = |log: String| {
        let told = log.lines().filter(|line| line.contains("panicked"));
        told.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    logs.flat_map(lines).collect()
}
