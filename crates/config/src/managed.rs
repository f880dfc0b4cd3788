//! The values that INIT manages.
//!
//! Source: protocol.md §3 (INIT)

use std::collections::BTreeSet;

use protocol::{AddressMap, DbUrl, Instance, Pair, PeerAddr, Role, Server, Time};

use crate::ini::{Change, Document};
use crate::setting::Settings;

/// The roles whose servers an ini holds, in the order of R-INIT.
pub(crate) const ROLES: [Role; 6] =
    [Role::Aar, Role::TopUp, Role::Lb, Role::Pppx, Role::Sr, Role::Gateway];
const REPORT: &str = "report";
const CRYPTO: &str = "crypto";
const MAP: &str = "map";
const SERVER_KEYS: [&str; 4] = ["first", "second", "first_name", "second_name"];
const DATABASE_KEYS: [&str; 2] = ["first", "second"];

/// Reads the map of an ini.
pub(crate) fn map_of(settings: &Settings) -> AddressMap {
    let mut map = AddressMap {
        report: databases(settings, REPORT),
        crypto: databases(settings, CRYPTO),
        epoch: settings.find(MAP, "epoch").unwrap_or_default(),
        from: settings.find(MAP, "from"),
        ..AddressMap::default()
    };
    for role in ROLES {
        let server = |addr, name| {
            let addr: PeerAddr = settings.find(role.lower(), addr)?;
            Some(Server { name: settings.find(role.lower(), name), ..Server::at(addr) })
        };
        if let Some(pair) = map.servers_mut(role) {
            *pair = Pair::new(server("first", "first_name"), server("second", "second_name"));
        }
    }
    map
}

fn databases(settings: &Settings, section: &str) -> Pair<Option<DbUrl>> {
    Pair::new(settings.find(section, "first"), settings.find(section, "second"))
}

/// The sections that the operator keeps for himself.
pub(crate) fn pins(settings: &Settings) -> BTreeSet<&'static str> {
    sections().filter(|section| settings.find(section, "pin") == Some(true)).collect()
}

/// Puts what is pinned in the place of what came.
pub(crate) fn with_pins(
    mut incoming: AddressMap,
    own: &AddressMap,
    pins: &BTreeSet<&'static str>,
) -> AddressMap {
    for role in ROLES {
        if let Some(pair) = incoming.servers_mut(role).filter(|_| pins.contains(role.lower())) {
            pair.clone_from(own.servers(role));
        }
    }
    if pins.contains(REPORT) {
        incoming.report.clone_from(&own.report);
    }
    if pins.contains(CRYPTO) {
        incoming.crypto.clone_from(&own.crypto);
    }
    incoming
}

/// What must change in an ini for it to hold this map; nothing where it does.
///
/// A pair that an LB has turned round for its caller stays in the order of the ini.
pub(crate) fn changes(document: &Document, map: &AddressMap, received: Time) -> Vec<Change> {
    let mut wanted = Vec::new();
    for role in ROLES {
        let pair = in_order(document, role.lower(), map.servers(role), |server| &server.addr);
        let addr = |server: &Option<Server>| text(server.as_ref().map(|server| &server.addr));
        let name =
            |server: &Option<Server>| text(server.as_ref().and_then(|server| server.name.as_ref()));
        let values = [addr(&pair.first), addr(&pair.second), name(&pair.first), name(&pair.second)];
        put(&mut wanted, document, role.lower(), SERVER_KEYS.into_iter().zip(values));
    }
    for (section, pair) in [(REPORT, &map.report), (CRYPTO, &map.crypto)] {
        let pair = in_order(document, section, pair, |url| url);
        let values = [text(pair.first.as_ref()), text(pair.second.as_ref())];
        put(&mut wanted, document, section, DATABASE_KEYS.into_iter().zip(values));
    }
    let epoch = [("epoch", map.epoch.to_string())];
    put(&mut wanted, document, MAP, epoch.into_iter());
    let same = |change: &Change| {
        document.value(&change.section, change.key).unwrap_or_default() == change.value
    };
    if wanted.iter().all(same) {
        return Vec::new();
    }
    let digest = digest(|section, key| {
        let change = wanted.iter().find(|it| it.section == section && it.key == key);
        change.map(|change| change.value.as_str()).or_else(|| document.value(section, key))
    });
    let meta = [
        ("received", received.to_string()),
        ("from", text::<Instance>(map.from.as_ref())),
        ("digest", digest),
    ];
    put(&mut wanted, document, MAP, meta.into_iter());
    wanted
}

/// SHA-256 over the managed values, in hex: shows whether somebody changed one by hand.
pub(crate) fn digest<'a>(value: impl Fn(&str, &str) -> Option<&'a str>) -> String {
    let mut all = String::new();
    let servers = ROLES.iter().map(|role| (role.lower(), &SERVER_KEYS[..]));
    let others = [(REPORT, &DATABASE_KEYS[..]), (CRYPTO, &DATABASE_KEYS[..]), (MAP, &["epoch"])];
    for (section, keys) in servers.chain(others) {
        for key in keys {
            let value = value(section, key).unwrap_or_default();
            for part in [section, ".", key, "=", value, "\n"] {
                all.push_str(part);
            }
        }
    }
    crypto::sha256_hex(all.as_bytes())
}

/// Whether the digest that an ini holds is not the one of its values.
pub(crate) fn changed_by_hand(document: &Document) -> bool {
    let kept = document.value(MAP, "digest").filter(|kept| !kept.is_empty());
    kept.is_some_and(|kept| {
        !kept.eq_ignore_ascii_case(&digest(|section, key| document.value(section, key)))
    })
}

fn sections() -> impl Iterator<Item = &'static str> {
    ROLES.into_iter().map(Role::lower).chain([REPORT, CRYPTO])
}

fn put(
    wanted: &mut Vec<Change>,
    document: &Document,
    section: &'static str,
    values: impl Iterator<Item = (&'static str, String)>,
) {
    let pin = document.value(section, "pin").unwrap_or_default();
    if matches!(pin, "1" | "yes" | "true") {
        return;
    }
    wanted.extend(values.map(|(key, value)| Change { section: section.to_owned(), key, value }));
}

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// Turns a pair round where the ini shows one of the two at the other place.
fn in_order<T: Clone, K: ToString>(
    document: &Document,
    section: &str,
    pair: &Pair<Option<T>>,
    shown: impl Fn(&T) -> &K,
) -> Pair<Option<T>> {
    let at = |key| document.value(section, key).filter(|value| !value.is_empty());
    let is =
        |one: &Option<T>, key| at(key).is_some_and(|kept| text(one.as_ref().map(&shown)) == kept);
    let stays = is(&pair.first, "first") || is(&pair.second, "second");
    if !stays && (is(&pair.first, "second") || is(&pair.second, "first")) {
        return Pair::new(pair.second.clone(), pair.first.clone());
    }
    pair.clone()
}
