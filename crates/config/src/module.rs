//! The ini of a module.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use protocol::{AddressMap, App, Instance, PeerAddr, PrincipalName, Role, Time};

use crate::checks;
use crate::ini::Document;
use crate::listen_addr::ListenAddr;
use crate::managed;
use crate::persist::{self, PersistError, Persisted};
use crate::problem::{Fault, Warning};
use crate::reader::Reading;
use crate::setting::Settings;
use crate::shown::{Origin, Shown};

/// Where state is kept unless the ini says otherwise; each instance has a folder in it.
const STATE: &str = "/var/lib/ngondo";

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// What a module's ini says.
#[derive(Debug, Clone)]
pub struct Module {
    /// The ini itself.
    pub path: PathBuf,
    /// What it does.
    pub role: Role,
    /// The name in every document that it sends.
    pub name: App,
    /// The name of this one of the two.
    pub instance: Instance,
    /// Where it listens.
    pub listen: ListenAddr,
    /// Where others reach it; `None` until the system has chosen a port.
    pub addr: Option<PeerAddr>,
    /// Where its health and numbers are read.
    pub admin_listen: ListenAddr,
    /// The time zone in which a day ends.
    pub zone: TimeZone,
    /// Folder of the spool and of what must survive a restart.
    pub state: PathBuf,
    /// The file of the keys derived for its role.
    pub keys: PathBuf,
    /// The file with which it proves who it is and checks who asks.
    pub toki: PathBuf,
    /// How clients of the first Oscartoki are let in, at a PPPX whose ini says so.
    pub legacy: Option<Legacy>,
    /// Time between two INIT; on LB the ttl that it gives.
    pub init_interval: Duration,
    /// The servers and databases that the ini names, with the epoch of that map.
    pub map: AddressMap,
    /// Whether it may listen to other machines without TLS; each start logs it.
    pub insecure: bool,
    /// How much is taken at once.
    pub limits: Limits,
    /// What is logged.
    pub log: Log,
    /// The file with the credentials of REPORT; SQLite needs none.
    pub report_credentials: Option<PathBuf>,
    /// For how long rows stand in the REPORT databases.
    pub report_keep: Duration,
    /// To how many bytes each file of the spool may grow; else to a share of what is free.
    pub spool_bytes: Option<u64>,
    /// Every value, the service's own ones too.
    pub settings: Settings,
    /// What an operator should know and can wait.
    pub warnings: Vec<Warning>,
    shown: Vec<Shown>,
    pins: BTreeSet<&'static str>,
}

/// How clients of the first Oscartoki are let in.
///
/// Source: toki.md §8 (The original form)
#[derive(Debug, Clone)]
pub struct Legacy {
    /// The file of the one key that they share.
    pub file: PathBuf,
    /// Whose rights they have.
    pub principal: PrincipalName,
    /// The verbs (`noun/verb`) that they may ask; none changes anything.
    pub routes: Vec<String>,
}

/// How much is taken at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most requests at once; on all but a PPPX fewer where they slow each other down.
    pub inflight: usize,
    /// The most connections that are open at once.
    pub connections: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long it still takes requests after SIGTERM.
    pub drain: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: &'static str,
    /// JSON for programs instead of text for people.
    pub json: bool,
}

// === impl Module ===

impl Module {
    /// Every value that it would start with, in the order of the schema.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// The sections that the operator pinned: INIT changes nothing in them.
    pub fn pins(&self) -> impl Iterator<Item = &'static str> {
        self.pins.iter().copied()
    }

    /// Puts what the ini pins in the place of what came.
    #[must_use]
    pub fn with_pins(&self, incoming: AddressMap) -> AddressMap {
        managed::with_pins(incoming, &self.map, &self.pins)
    }

    /// Checks that a map leads CRYPTO nowhere outside `[crypto] vpn`.
    ///
    /// # Errors
    /// [`Fault::OutsideVpn`], [`Fault::SecondSqlite`]: such a map is not to be used.
    pub fn check_map(&self, map: &AddressMap) -> Result<(), Fault> {
        checks::crypto(&self.settings, map).map_or(Ok(()), |(_, fault)| Err(fault))
    }

    /// Keeps a map in the ini: only the managed values change, and only when one of them does.
    ///
    /// Blocks on the disk. One caller at a time.
    ///
    /// # Errors
    /// [`PersistError`]; a folder that may not be written is no error but [`Persisted::InMemory`].
    ///
    /// Source: architecture.md (The ini)
    pub fn persist(&self, map: &AddressMap, received: Time) -> Result<Persisted, PersistError> {
        persist::persist(&self.path, map, received)
    }

    /// Takes what was read; `None` where something that must be there is not.
    pub(crate) fn build(
        path: &Path,
        role: Role,
        document: &Document,
        reading: Reading,
    ) -> Option<Self> {
        let Reading { settings, shown, .. } = reading;
        let folder = path.parent().unwrap_or(Path::new(""));
        let find = |key| settings.find::<PathBuf>("module", key);
        let instance: Instance = settings.find("module", "instance")?;
        let listen: ListenAddr = settings.find("module", "listen")?;
        let keys = settings.find("keys", "file");
        let mut module = Self {
            path: path.to_owned(),
            role,
            name: match settings.find("module", "name") {
                Some(name) => name,
                None => format!("ngondo-{}", role.lower()).parse().ok()?,
            },
            instance,
            listen,
            addr: settings.find("module", "addr").or_else(|| dialable(listen)),
            admin_listen: match settings.find("admin", "listen") {
                Some(admin) => admin,
                None => admin_of(listen),
            },
            zone: settings.find("module", "zone")?,
            state: find("state").unwrap_or_else(|| Path::new(STATE).join(instance.as_str())),
            keys: keys.unwrap_or_else(|| folder.join(format!("{}.keys", role.lower()))),
            toki: settings
                .find("toki", "file")
                .unwrap_or_else(|| folder.join(format!("{instance}.toki"))),
            legacy: legacy(&settings),
            init_interval: settings.find("init", "interval")?,
            map: managed::map_of(&settings),
            insecure: settings.find("tls", "insecure")?,
            limits: limits(&settings)?,
            log: log(&settings)?,
            report_credentials: settings.find("report", "credentials"),
            report_keep: days(settings.find("report", "retention_days")?),
            spool_bytes: settings.find("report", "spool_mb").map(|mb: u64| mb.saturating_mul(MIB)),
            pins: managed::pins(&settings),
            settings,
            warnings: Vec::new(),
            shown,
        };
        module.show_computed();
        module.warn_of_hands(document);
        Some(module)
    }

    /// Adds the values that were worked out to those that are shown.
    fn show_computed(&mut self) {
        let addr = self.addr.as_ref().map(ToString::to_string).unwrap_or_default();
        for (section, key, value) in [
            ("module", "name", self.name.to_string()),
            ("module", "addr", addr),
            ("module", "state", self.state.display().to_string()),
            ("toki", "file", self.toki.display().to_string()),
            ("keys", "file", self.keys.display().to_string()),
            ("admin", "listen", self.admin_listen.to_string()),
        ] {
            if !self.shown.iter().any(|it| it.section == section && it.key == key) {
                let after = self.shown.iter().rposition(|it| it.section == section);
                let at = after.map_or(self.shown.len(), |at| at + 1);
                let key = key.to_owned();
                let shown = Shown { section, key, value, unit: None, origin: Origin::Default };
                self.shown.insert(at, shown);
            }
        }
    }

    fn warn_of_hands(&mut self, document: &Document) {
        if managed::changed_by_hand(document) {
            self.warnings.push(Warning::ByHand { epoch: self.map.epoch });
        }
    }
}

fn dialable(listen: ListenAddr) -> Option<PeerAddr> {
    if listen.is_dialable() { listen.to_string().parse().ok() } else { None }
}

/// Loopback, and the port of the service + 1000; where that port is chosen by the system, so is
/// this one.
fn admin_of(listen: ListenAddr) -> ListenAddr {
    let port = match listen.socket().port() {
        0 => 0,
        port => port.checked_add(1000).unwrap_or_default(),
    };
    ListenAddr::new(([127, 0, 0, 1], port).into())
}

fn limits(settings: &Settings) -> Option<Limits> {
    Some(Limits {
        inflight: settings.find("limits", "inflight")?,
        connections: settings.find("limits", "connections")?,
        body_timeout: settings.find("limits", "body_timeout_ms")?,
        drain: settings.find("limits", "drain")?,
    })
}

fn log(settings: &Settings) -> Option<Log> {
    let format: &str = settings.find("log", "format")?;
    Some(Log { level: settings.find("log", "level")?, json: format == "json" })
}

fn days(count: u64) -> Duration {
    Duration::from_hours(count.saturating_mul(24))
}

fn legacy(settings: &Settings) -> Option<Legacy> {
    Some(Legacy {
        file: settings.find("legacy", "file")?,
        principal: settings.find("legacy", "principal")?,
        routes: settings.find("legacy", "routes")?,
    })
}
