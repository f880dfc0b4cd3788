//! A back office with one principal of every kind, and a document for every command.

use std::fmt;

use chassis::Clock;
use ngondo::site::{House, Place, Site};
use protocol::{Kind, Principal, Right, Rights, Role};
use stack::{Http, PACE, Raw, bytes, lay, post_raw};
use store::Store;
use tempfile::TempDir;
use toki::RootFile;

/// The servers behind the door.
pub(crate) const SERVERS: [Role; 4] = [Role::Lb, Role::Aar, Role::Sr, Role::TopUp];

/// One whose keys are under number 1, and who has been given a newer one.
pub(crate) const ROTATED: &str = "op-rotated";

/// The commands that there are documents for.
pub(crate) const COMMANDS: [&str; 8] =
    ["INIT", "CRECORD", "CRECORD rekey", "ACTIVATE", "ACTIVATE code", "AUTH", "TOPUP", "CREDIT"];

/// Somebody who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Somebody {
    pub(crate) name: Option<&'static str>,
    pub(crate) kind: Option<Kind>,
    pub(crate) rights: Rights,
    pub(crate) revoked: bool,
}

pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) clock: Clock,
    house: House,
    _folder: TempDir,
}

/// Who has a name of his own, beside the modules of the site.
const PERSONS: [(&str, Kind, &[Right]); 20] = [
    ("op-record", Kind::Operator, &[Right::Record]),
    ("op-activate", Kind::Operator, &[Right::Activate]),
    ("op-rekey", Kind::Operator, &[Right::Rekey]),
    ("op-topup", Kind::Operator, &[Right::TopUp]),
    ("op-sell", Kind::Operator, &[Right::Sell]),
    ("op-print", Kind::Operator, &[Right::Print]),
    ("op-read", Kind::Operator, &[Right::Read]),
    ("op-support", Kind::Operator, &[Right::Support]),
    ("op-audit", Kind::Operator, &[Right::Audit]),
    ("op-relay", Kind::Operator, &[Right::Relay]),
    ("op-admin", Kind::Operator, &[Right::Admin]),
    ("op-none", Kind::Operator, &[]),
    ("shop-9", Kind::Shop, &[Right::Sell]),
    ("app-9", Kind::App, &[Right::TopUp]),
    ("dev-9", Kind::Developer, &[Right::Read]),
    ("gateway-1", Kind::Module, &[Right::Module(Role::Gateway)]),
    ("console-1", Kind::Module, &[Right::Module(Role::Console)]),
    ("relay-1", Kind::Module, &[Right::Relay, Right::Module(Role::Gateway)]),
    ("dead-1", Kind::Operator, &[Right::Read, Right::Admin, Right::Record, Right::Sell]),
    ("dead-2", Kind::Module, &[Right::Module(Role::Pppx)]),
];

/// The modules of the site, one a role.
const MODULES: [(&str, Role); 5] = [
    ("pppx-1", Role::Pppx),
    ("lb-2", Role::Lb),
    ("aar-1", Role::Aar),
    ("sr-2", Role::Sr),
    ("topup-1", Role::TopUp),
];

// === impl Somebody ===

impl fmt::Display for Somebody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name.unwrap_or("nobody"), self.rights)
    }
}

// === impl Scene ===

impl Scene {
    /// Sends a request without a toki.
    pub(crate) fn post(&self, (role, place): (Role, Place), raw: Raw<'_>) -> Http {
        let to = self.site.addr(role, place);
        post_raw(&to, &bytes(&to, raw)).unwrap()
    }

    pub(crate) async fn stop(self) {
        Box::pin(self.house.stop()).await;
    }
}

/// Nobody, and one principal of every kind.
pub(crate) fn everybody() -> Vec<Somebody> {
    let nobody = Somebody { name: None, kind: None, rights: Rights::NONE, revoked: false };
    let persons = PERSONS.into_iter().map(|(name, kind, rights)| Somebody {
        name: Some(name),
        kind: Some(kind),
        rights: Rights::of(rights),
        revoked: name.starts_with("dead"),
    });
    let modules = MODULES.into_iter().map(|(name, role)| Somebody {
        name: Some(name),
        kind: Some(Kind::Module),
        rights: Rights::of(&[Right::Module(role)]),
        revoked: false,
    });
    std::iter::once(nobody).chain(persons).chain(modules).collect()
}

/// Starts a back office where all of them are known.
pub(crate) async fn open() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let store = Store::open(&site.registry().unwrap()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let rotated = (ROTATED, Kind::Operator, [Right::Read].as_slice());
    for (name, kind, rights) in PERSONS.into_iter().chain([rotated]) {
        let principal = Principal {
            name: name.parse().unwrap(),
            kind,
            rights: Rights::of(rights),
            number: if name == ROTATED { 2 } else { 1 },
            revoked: name.starts_with("dead"),
        };
        tx.put_principal(&principal, "test", 1).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.close().await;
    let clock = Clock::default();
    let house = Box::pin(House::start(&site, &clock)).await.unwrap();
    Scene { site, clock, house, _folder: folder }
}

/// A document of a command, as anybody could write it: of its form, and about nothing that exists.
pub(crate) fn document(name: &str, more: &str) -> String {
    let code = "<code>1234567890123452</code>";
    let macaddr = "<macaddr>a8:bb:cc:dd:ee:0f</macaddr>";
    let device = "<box>0102030405060708090a0b0c0d0e0f10</box>";
    let rest = match name {
        "CRECORD" => macaddr.to_owned(),
        "CRECORD rekey" => format!("{macaddr}<rekey>1</rekey>"),
        "ACTIVATE" => device.to_owned(),
        "ACTIVATE code" => format!("{device}{code}"),
        "AUTH" => "<crypto>AA</crypto>".to_owned(),
        "TOPUP" => code.to_owned(),
        "CREDIT" => format!("{code}<outcome>CREDITED</outcome>"),
        _ => String::new(),
    };
    let cmd = name.split(' ').next().unwrap_or_default();
    let star = if more.contains("<bridge>") { "*" } else { "" };
    format!(
        "<xml><app>a</app><version>1</version><cmd>{cmd}{star}</cmd><time>1795190400</time>\
         {more}{rest}</xml>"
    )
}

/// The word by which a toki was refused.
pub(crate) fn word(http: &Http) -> String {
    let error = http.header("oscartoki-error").unwrap_or_default();
    error.split(';').next().unwrap_or_default().to_owned()
}

/// The roots of another fleet.
pub(crate) fn other_root() -> RootFile {
    RootFile::new(crypto::Secret32::new([9; 32]))
}
