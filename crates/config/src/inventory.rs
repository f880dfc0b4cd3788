//! LB's list of servers and databases.
//!
//! # Format
//! One section an instance with `role`, `addr`, `weight` and `place`; `[report]` and `[crypto]`
//! with `first` and `second`.
//!
//! Source: protocol.md §3 (INIT)

mod patch;

use std::path::Path;

use protocol::{AddressMap, DbUrl, Epoch, Instance, Pair, PeerAddr, Role, Server, Weight};

use crate::ini::{Document, Section};
use crate::load;
use crate::managed::ROLES;
use crate::persist::{PersistError, Persisted, rewrite};
use crate::problem::{Expected, Fault, Problems};
use crate::reader::{self, Value};
use crate::schema::{LISTED, LISTED_DATABASES};
use crate::setting::Settings;
use crate::spec::Kind;

const REPORT: &str = "report";
const CRYPTO: &str = "crypto";

/// What the inventory lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// The instances, in the order of the file.
    pub instances: Vec<Listed>,
    /// The two REPORT databases.
    pub report: Pair<Option<DbUrl>>,
    /// The CRYPTO database, and its standby.
    pub crypto: Pair<Option<DbUrl>>,
}

/// One instance that the inventory lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Instance,
    /// What it does.
    pub role: Role,
    /// Where it is reached; stands over what it says itself.
    pub addr: PeerAddr,
    /// Its share against its twin's.
    pub weight: Weight,
    /// Its place in the map.
    pub place: Place,
    /// Its line in the file.
    pub line: usize,
}

/// The place of an instance among those of its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is asked first.
    First,
    /// It is asked when the first does not answer.
    Second,
    /// It is known, but in no map.
    None,
}

type Faults = Vec<(Option<usize>, Fault)>;

/// Reads an inventory.
///
/// # Errors
/// [`Problems`]: all that is wrong, each with its line.
pub fn load(path: &Path) -> Result<Inventory, Problems> {
    let document = load::document(path)?;
    let (inventory, mut faults) = read(&document);
    faults.extend(document.faults);
    if faults.is_empty() { Ok(inventory) } else { Err(Problems::of(path, faults)) }
}

/// Writes a map of a higher epoch into an inventory: values, names and new instances, nothing else.
///
/// An instance that has no place in the map any more stays listed with `place = none`.
/// Blocks on the disk. One caller at a time.
///
/// # Errors
/// [`PersistError`]; a folder that may not be written is no error but [`Persisted::InMemory`].
pub fn persist(path: &Path, map: &AddressMap) -> Result<Persisted, PersistError> {
    rewrite(path, |document, text| patch::patch(text, &read(document).0, map))
}

// === impl Inventory ===

impl Inventory {
    /// The map that the inventory makes; weights as listed, no states.
    pub fn map(&self, epoch: Epoch) -> AddressMap {
        let (report, crypto) = (self.report.clone(), self.crypto.clone());
        let mut map = AddressMap { report, crypto, epoch, ..AddressMap::default() };
        for role in ROLES {
            if let Some(pair) = map.servers_mut(role) {
                *pair = Pair::new(self.at(role, Place::First), self.at(role, Place::Second))
                    .map(|listed| listed.map(Server::from));
            }
        }
        map
    }

    /// Finds an instance by its name.
    pub fn get(&self, name: &Instance) -> Option<&Listed> {
        self.instances.iter().find(|listed| listed.name == *name)
    }

    /// The instance that has a place.
    fn at(&self, role: Role, place: Place) -> Option<&Listed> {
        self.instances.iter().find(|listed| listed.role == role && listed.place == place)
    }
}

// === impl Listed ===

impl From<&Listed> for Server {
    fn from(listed: &Listed) -> Self {
        let (name, weight) = (Some(listed.name), Some(listed.weight));
        Self { name, weight, ..Self::at(listed.addr.clone()) }
    }
}

// === impl Place ===

impl Place {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::None => "none",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "first" => Self::First,
            "second" => Self::Second,
            _ => Self::None,
        }
    }
}

/// Reads what can be read, and tells what cannot.
fn read(document: &Document) -> (Inventory, Faults) {
    let mut inventory = Inventory::default();
    let mut faults = Vec::new();
    for section in &document.sections {
        match section.name.as_str() {
            REPORT => inventory.report = databases(section, &mut faults),
            CRYPTO => inventory.crypto = databases(section, &mut faults),
            _ => inventory.instances.extend(listed(section, &mut faults)),
        }
    }
    if inventory.crypto.second.as_ref().is_some_and(|url| url.sqlite_path().is_some()) {
        let crypto = document.sections.iter().find(|section| section.name == CRYPTO);
        faults.push((crypto.map(|section| section.line), Fault::SecondSqlite));
    }
    faults.extend(taken(&inventory));
    (inventory, faults)
}

fn databases(section: &Section, faults: &mut Faults) -> Pair<Option<DbUrl>> {
    let (values, wrong) =
        reader::read_section(&section.name, Some(section), LISTED_DATABASES, Path::new(""));
    faults.extend(wrong);
    let settings = Settings::of(values);
    Pair::new(settings.find("", "first"), settings.find("", "second"))
}

fn listed(section: &Section, faults: &mut Faults) -> Option<Listed> {
    let (values, wrong) = reader::read_section(&section.name, Some(section), LISTED, Path::new(""));
    faults.extend(wrong);
    let role_line = values.iter().find(|value| value.key.name == "role").and_then(|it| it.line);
    let settings = Settings::of(values);
    let Ok(name) = section.name.parse() else {
        let (section_name, key) = (section.name.clone(), "name".to_owned());
        let expected = Expected::Kind(Kind::Instance);
        let fault = Fault::Value { section: section_name, key, expected, why: None };
        faults.push((Some(section.line), fault));
        return None;
    };
    let role: Role = settings.find("", "role")?;
    if !ROLES.contains(&role) {
        let expected = Expected::ListedRole;
        let (section, key) = (section.name.clone(), "role".to_owned());
        faults.push((role_line, Fault::Value { section, key, expected, why: None }));
        return None;
    }
    let addr = settings.find("", "addr")?;
    let weight = settings.find("", "weight")?;
    let place = Place::of(settings.find("", "place")?);
    Some(Listed { name, role, addr, weight, place, line: section.line })
}

/// Two instances with one place, or one address.
fn taken(inventory: &Inventory) -> Faults {
    let mut faults = Vec::new();
    for (at, listed) in inventory.instances.iter().enumerate() {
        for before in inventory.instances.iter().take(at) {
            let (section, other) = (listed.name.to_string(), before.name.to_string());
            let placed = listed.place != Place::None;
            if placed && (listed.role, listed.place) == (before.role, before.place) {
                let (section, other) = (section.clone(), other.clone());
                faults.push((Some(listed.line), Fault::PlaceTaken { section, other }));
            }
            if listed.addr == before.addr {
                faults.push((Some(listed.line), Fault::AddrTaken { section, other }));
            }
        }
    }
    faults
}

// === impl Settings ===

impl Settings {
    /// The values of a section whose name is not fixed.
    fn of(values: Vec<Value>) -> Self {
        let mut settings = Self::default();
        for value in values {
            settings.put("", value.name, value.setting);
        }
        settings
    }
}

#[cfg(test)]
mod tests;
