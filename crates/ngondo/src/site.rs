//! Lays a whole back office into a folder: keys, inis, inventories, databases.
//!
//! `up`, `demo` and the tests run what stands there. What is in place is kept: a second time in the
//! same folder makes only what is missing.
//!
//! # Format
//!
//! ```text
//! DIR/master.keys  ngondo.ini  registry.db  report-1.db  report-2.db
//! DIR/toki.root  toki/aar-1.toki  …  toki/admin.toki  toki/shop.toki
//! DIR/aar-1/aar.ini  aar.keys  state/       … one folder an instance
//! DIR/lb-1/lb.ini  inventory.ini  lb.keys  state/
//! ```

mod files;
mod house;
mod ports;
mod servers;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chassis::Clock;
use client::{Endpoint, Keys};
use config::Module;
use protocol::{DbUrl, Instance, Kind, Pair, PeerAddr, Right, Rights, Role};

use crate::error::{Failure, bad_config, failed};
use crate::principals::{self, Fleet};
use crate::text::cause;
use crate::verbs::{keys, migrate};

pub use house::{House, start};
pub use ports::{Ports, Seat};
pub use servers::Servers;

/// The principal that may do everything.
pub const ADMIN: &str = "admin";
/// The principal that sells codes.
pub const SHOP: &str = "shop";

/// The roles that a back office has, in the order in which they start.
pub const ROLES: [Role; 5] = [Role::Lb, Role::Pppx, Role::Aar, Role::Sr, Role::TopUp];

/// One of the two of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The one that is asked first.
    First,
    /// Its twin.
    Second,
}

/// How the servers of a site behave where it matters to who waits for them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Seconds between two INIT.
    pub init_s: u32,
    /// Seconds that a server still takes requests after it was told to leave.
    pub drain_s: u32,
}

/// A back office in a folder.
#[derive(Debug, Clone)]
pub struct Site {
    dir: PathBuf,
    ports: Ports,
    key: PeerAddr,
}

// === impl Place ===

impl Place {
    /// Both, the first first.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// 1 or 2, as in instance names.
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { init_s: 30, drain_s: 5 }
    }
}

// === impl Site ===

impl Site {
    /// Makes what is missing of a back office in a folder and migrates its databases.
    ///
    /// Inis that are there keep their addresses, whatever `ports` says. `key` is where the tool
    /// looks for a 4G key.
    ///
    /// # Errors
    ///
    /// The folder cannot be written, a key file is bad, a database is of another program.
    pub async fn lay(dir: &Path, ports: Ports, key: PeerAddr, pace: Pace) -> Result<Self, Failure> {
        let unwritable = |error: &io::Error| {
            failed!("unwritable", file = dir.display().to_string(), cause = cause::any(error))
        };
        fs::create_dir_all(dir).map_err(|error| unwritable(&error))?;
        let dir = dir.canonicalize().map_err(|error| unwritable(&error))?;
        let mut site = Self { dir, ports, key };
        site.keep_ports()?;
        site.lay_keys()?;
        files::lay(&site, pace).map_err(|error| unwritable(&error))?;
        migrate::registry(&site.registry()?).await?;
        for url in site.report()? {
            migrate::report(&url).await?;
        }
        site.fleet().init(&site.registry()?, &persons()?, Clock::default().now_ms()).await?;
        Ok(site)
    }

    /// The keys of its principals.
    pub fn fleet(&self) -> Fleet {
        let name = |(role, place)| instance_name(role, place).map(|name| (role, name));
        Fleet {
            root: self.dir.join("toki.root"),
            out: self.dir.join("toki"),
            instances: seats().filter_map(name).collect(),
        }
    }

    /// The keys of one of its principals.
    ///
    /// # Errors
    ///
    /// It has none, or they cannot be read.
    pub fn keys(&self, name: &str, clock: &Clock) -> Result<Keys, Failure> {
        principals::keys(&self.fleet().file(name), clock)
    }

    /// An instance, as the client asks it.
    pub fn endpoint(&self, role: Role, place: Place) -> Endpoint {
        Endpoint { name: instance_name(role, place), ..Endpoint::from(self.addr(role, place)) }
    }

    /// Both PPPX, as the client asks them.
    pub fn doors(&self) -> Pair<Option<Endpoint>> {
        Pair::new(Place::First, Place::Second).map(|place| Some(self.endpoint(Role::Pppx, place)))
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder of an instance.
    pub fn folder(&self, role: Role, place: Place) -> PathBuf {
        self.dir.join(instance(role, place))
    }

    /// The ini of an instance.
    pub fn ini(&self, role: Role, place: Place) -> PathBuf {
        self.folder(role, place).join(format!("{}.ini", role.lower()))
    }

    /// The inventory of an LB.
    pub fn inventory(&self, place: Place) -> PathBuf {
        self.folder(Role::Lb, place).join("inventory.ini")
    }

    /// The ini of the tool.
    pub fn tool_ini(&self) -> PathBuf {
        self.dir.join("ngondo.ini")
    }

    /// The ini of an instance, read.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn module(&self, role: Role, place: Place) -> Result<Module, Failure> {
        Module::load(&self.ini(role, place), role, config::schema(role))
            .map_err(|problems| bad_config!("config-unusable", cause = cause::problems(&problems)))
    }

    /// Where an instance listens.
    pub fn addr(&self, role: Role, place: Place) -> PeerAddr {
        ports::local(self.ports.seat(role, place).listen)
    }

    /// Where the health of an instance is read.
    pub fn admin(&self, role: Role, place: Place) -> PeerAddr {
        ports::local(self.ports.seat(role, place).admin)
    }

    /// Both PPPX.
    pub fn pppx(&self) -> Pair<Option<PeerAddr>> {
        Pair::new(Place::First, Place::Second).map(|place| Some(self.addr(Role::Pppx, place)))
    }

    /// The CRYPTO database.
    ///
    /// # Errors
    ///
    /// The folder's name cannot stand in a URL.
    pub fn registry(&self) -> Result<DbUrl, Failure> {
        self.database("registry.db")
    }

    /// Both REPORT databases.
    ///
    /// # Errors
    ///
    /// The folder's name cannot stand in a URL.
    pub fn report(&self) -> Result<Pair<DbUrl>, Failure> {
        Ok(Pair::new(self.database("report-1.db")?, self.database("report-2.db")?))
    }

    fn database(&self, name: &str) -> Result<DbUrl, Failure> {
        let url = format!("sqlite://{}", self.dir.join(name).display());
        url.parse().map_err(|_| failed!("dir-name", dir = self.dir.display().to_string()))
    }

    /// Takes the addresses of the inis that are there.
    fn keep_ports(&mut self) -> Result<(), Failure> {
        for (role, place) in seats() {
            if self.ini(role, place).exists() {
                let module = self.module(role, place)?;
                let listen = module.listen.socket().port();
                let admin = module.admin_listen.socket().port();
                self.ports.put(role, place, Seat { listen, admin });
            }
        }
        Ok(())
    }

    fn lay_keys(&self) -> Result<(), Failure> {
        let master = self.dir.join("master.keys");
        if !master.exists() {
            keys::write_new_master(&master)?;
        }
        let keys = keys::read_master(&master)?;
        for (role, place) in seats() {
            let folder = self.folder(role, place);
            fs::create_dir_all(&folder).map_err(|error| {
                failed!(
                    "unwritable",
                    file = folder.display().to_string(),
                    cause = cause::any(&error)
                )
            })?;
            let file = folder.join(format!("{}.keys", role.lower()));
            if !file.exists() {
                keys::write_derived(&keys, role, &file)?;
            }
        }
        Ok(())
    }
}

/// Who uses a new back office, beside its modules.
fn persons() -> Result<[(protocol::PrincipalName, Kind, Rights); 2], Failure> {
    let named = |name: &str| name.parse().map_err(|_| failed!("principal-name", name = name));
    let sells = Rights::of(&[Right::Sell]);
    Ok([(named(ADMIN)?, Kind::Operator, Rights::PERSON), (named(SHOP)?, Kind::Shop, sells)])
}

/// Every instance of a back office.
pub fn seats() -> impl Iterator<Item = (Role, Place)> {
    ROLES.into_iter().flat_map(|role| Place::ALL.into_iter().map(move |place| (role, place)))
}

/// The name of an instance: `aar-1`.
pub fn instance_name(role: Role, place: Place) -> Option<Instance> {
    instance(role, place).parse().ok()
}

fn instance(role: Role, place: Place) -> String {
    format!("{}-{}", role.lower(), place.number())
}

#[cfg(test)]
mod tests;
