//! Writing a map into an inventory.

use protocol::{AddressMap, DbUrl, Instance, Pair, PeerAddr, Role, Server};

use super::{CRYPTO, Inventory, Listed, Place, REPORT};
use crate::ini::{Change, edit, rename};
use crate::managed::ROLES;

/// One place of the map, and who has it there.
struct Slot<'a> {
    role: Role,
    place: Place,
    server: &'a Server,
    name: Instance,
}

/// Makes the inventory list what the map lists.
///
/// Who is in both is moved; who left gives his section to the one that came in his place, or keeps
/// it without a place; who came without a predecessor gets a section at the end.
pub(super) fn patch(text: &str, inventory: &Inventory, map: &AddressMap) -> String {
    let slots = slots(map);
    let mut text = text.to_owned();
    let mut new: Vec<&Slot<'_>> =
        slots.iter().filter(|slot| inventory.get(&slot.name).is_none()).collect();
    let mut changes = Vec::new();
    for listed in &inventory.instances {
        if let Some(slot) = slots.iter().find(|slot| slot.name == listed.name) {
            let same_role = slot.role == listed.role;
            changes.extend(values(slot).into_iter().filter(|it| !(same_role && it.key == "role")));
        } else if let Some(heir) = heir(&mut new, listed) {
            text = rename(&text, listed.name.as_str(), heir.name.as_str());
            changes.extend(values(heir));
        } else if let Some(addr) = unnamed(map, listed) {
            changes.push(change(listed.name.as_str(), "addr", addr.as_str()));
        } else if listed.place != Place::None {
            changes.push(change(listed.name.as_str(), "place", Place::None.as_str()));
        }
    }
    changes.extend(new.into_iter().flat_map(values));
    changes.extend(databases(REPORT, &map.report));
    changes.extend(databases(CRYPTO, &map.crypto));
    edit(&text, &changes)
}

/// The places of the map that have a named instance.
fn slots(map: &AddressMap) -> Vec<Slot<'_>> {
    let of = |role| {
        let pair = map.servers(role);
        let both = [(Place::First, &pair.first), (Place::Second, &pair.second)];
        both.into_iter().filter_map(move |(place, server)| {
            let server = server.as_ref()?;
            Some(Slot { role, place, server, name: server.name? })
        })
    };
    ROLES.into_iter().flat_map(of).collect()
}

/// Takes out the newcomer that stands where this one stood.
fn heir<'a, 'b>(new: &mut Vec<&'a Slot<'b>>, left: &Listed) -> Option<&'a Slot<'b>> {
    let is_heir = |slot: &&Slot<'_>| (slot.role, slot.place) == (left.role, left.place);
    new.iter().position(is_heir).map(|at| new.remove(at))
}

/// The address of a server that the map does not name: whoever has the place is moved.
fn unnamed<'a>(map: &'a AddressMap, listed: &Listed) -> Option<&'a PeerAddr> {
    let pair = map.servers(listed.role);
    let server = match listed.place {
        Place::First => pair.first.as_ref(),
        Place::Second => pair.second.as_ref(),
        Place::None => None,
    };
    server.filter(|server| server.name.is_none()).map(|server| &server.addr)
}

fn values(slot: &Slot<'_>) -> [Change; 3] {
    let name = slot.name.as_str();
    [
        change(name, "role", slot.role.as_str()),
        change(name, "addr", slot.server.addr.as_str()),
        change(name, "place", slot.place.as_str()),
    ]
}

/// Not every map says where the databases are: then they stay.
fn databases(section: &str, pair: &Pair<Option<DbUrl>>) -> Vec<Change> {
    if pair.is_empty() {
        return Vec::new();
    }
    let text = |url: &Option<DbUrl>| url.as_ref().map(ToString::to_string).unwrap_or_default();
    let values = [("first", text(&pair.first)), ("second", text(&pair.second))];
    values.into_iter().map(|(key, value)| change(section, key, &value)).collect()
}

fn change(section: &str, key: &'static str, value: &str) -> Change {
    Change { section: section.to_owned(), key, value: value.to_owned() }
}
