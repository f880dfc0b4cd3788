//! What one key says about another.

use std::net::IpAddr;
use std::path::PathBuf;

use protocol::{AddressMap, DbUrl, PeerAddr, PrincipalName, Role};

use crate::cidr::Cidr;
use crate::ini::Document;
use crate::listen_addr::ListenAddr;
use crate::problem::{Expected, Fault};
use crate::setting::Settings;
use crate::spec::Kind;

type Faults = Vec<(Option<usize>, Fault)>;

/// Finds what is wrong between keys that are each good.
pub(crate) fn check(document: &Document, settings: &Settings, role: Role) -> Faults {
    let line = |section, key| line_of(document, section, key);
    let mut faults = Vec::new();
    let found = settings.find("module", "role").filter(|found| *found != role);
    faults.extend(
        found.map(|found| (line("module", "role"), Fault::OtherRole { found, expected: role })),
    );
    faults.extend(listen(settings).map(|(key, fault)| (line("module", key), fault)));
    faults.extend(door(settings, role).map(|(section, fault)| (line(section, "first"), fault)));
    faults.extend(legacy(settings).map(|fault| (line("legacy", "file"), fault)));
    let map = crate::managed::map_of(settings);
    faults.extend(crypto(settings, &map).map(|(key, fault)| (line("crypto", key), fault)));
    faults
}

/// Who is asked for the map must be known before there is one; an LB asks nobody.
fn door(settings: &Settings, role: Role) -> Option<(&'static str, Fault)> {
    let section = match role {
        Role::Lb => return None,
        Role::Pppx => "lb",
        _ => "pppx",
    };
    let known = |key| settings.find::<PeerAddr>(section, key).is_some();
    let missing = Fault::Missing {
        section: section.to_owned(),
        key: "first".to_owned(),
        expected: Expected::Kind(Kind::Peer),
    };
    (!known("first") && !known("second")).then_some((section, missing))
}

/// Who lets old clients in says whose rights they have, and for what.
fn legacy(settings: &Settings) -> Option<Fault> {
    settings.find::<PathBuf>("legacy", "file")?;
    let missing = |key: &str, kind| {
        let (section, key) = ("legacy".to_owned(), key.to_owned());
        Some(Fault::Missing { section, key, expected: Expected::Kind(kind) })
    };
    if settings.find::<PrincipalName>("legacy", "principal").is_none() {
        return missing("principal", Kind::Principal);
    }
    let routes: Option<Vec<String>> = settings.find("legacy", "routes");
    if routes.is_none() { missing("routes", Kind::Routes) } else { None }
}

/// A listener for other machines needs TLS or a word, and an address that they can dial.
fn listen(settings: &Settings) -> Option<(&'static str, Fault)> {
    let listen: ListenAddr = settings.find("module", "listen")?;
    let insecure = settings.find("tls", "insecure") == Some(true);
    if !listen.is_loopback() && !insecure {
        return Some(("listen", Fault::Insecure));
    }
    let unspecified = listen.socket().ip().is_unspecified();
    let addr: Option<PeerAddr> = settings.find("module", "addr");
    (unspecified && addr.is_none()).then_some(("addr", Fault::NoAddr))
}

/// SQLite is one file; a CRYPTO elsewhere is within the private network.
pub(crate) fn crypto(settings: &Settings, map: &AddressMap) -> Option<(&'static str, Fault)> {
    let places = [("first", &map.crypto.first), ("second", &map.crypto.second)];
    let vpn: Option<Cidr> = settings.find("crypto", "vpn");
    for (place, url) in places {
        let Some(url) = url else { continue };
        if place == "second" && url.sqlite_path().is_some() {
            return Some((place, Fault::SecondSqlite));
        }
        let Some(vpn) = vpn else { continue };
        if url.sqlite_path().is_none() && !address(url).is_some_and(|ip| vpn.contains(ip)) {
            return Some((place, Fault::OutsideVpn { place, vpn: vpn.to_string() }));
        }
    }
    None
}

/// The address of a database server; a name can lead anywhere, so it is none.
fn address(url: &DbUrl) -> Option<IpAddr> {
    let (server, _name) = url.as_str().strip_prefix("postgres://")?.split_once('/')?;
    let host = server.parse::<PeerAddr>().map_or(server.to_owned(), |addr| addr.host().to_owned());
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn line_of(document: &Document, section: &str, key: &str) -> Option<usize> {
    let section = document.sections.iter().find(|it| it.name == section)?;
    let entry = section.entries.iter().find(|entry| entry.key == key);
    Some(entry.map_or(section.line, |entry| entry.line))
}
