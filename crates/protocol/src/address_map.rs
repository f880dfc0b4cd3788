//! The servers and databases that an R-INIT lists.

use crate::wire::{Fields, Group, Part, Printer, Reason, Tag, missing};
use crate::{DbUrl, Epoch, Instance, Pair, PeerAddr, Role, ServerState, Weight};

/// One server of the map.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where it can be reached.
    pub addr: PeerAddr,
    /// Its instance: a toki is made for one.
    pub name: Option<Instance>,
    /// Its share against its twin's.
    pub weight: Option<Weight>,
    /// How LB sees it.
    pub state: Option<ServerState>,
}

/// The servers and databases that an R-INIT lists.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressMap {
    /// Activation and authentication.
    pub aar: Pair<Option<Server>>,
    /// Vouchers and recharge.
    pub topup: Pair<Option<Server>>,
    /// Load balancers.
    pub lb: Pair<Option<Server>>,
    /// Proxies.
    pub pppx: Pair<Option<Server>>,
    /// Registration.
    pub sr: Pair<Option<Server>>,
    /// SMS gateways.
    pub gateway: Pair<Option<Server>>,
    /// The databases that record each request.
    pub report: Pair<Option<DbUrl>>,
    /// The database of boxes and codes; filled for SR, AAR and TOPUP alone.
    pub crypto: Pair<Option<DbUrl>>,
    /// The map's age; zero where none was said.
    pub epoch: Epoch,
    /// Seconds until the next INIT is due.
    pub ttl_s: Option<u32>,
    /// The LB that gave the map.
    pub from: Option<Instance>,
}

/// The groups that the source document has and that name servers.
const ALWAYS: [Group; 4] = [Group::Aar, Group::TopUp, Group::Lb, Group::Pppx];

/// The parts that tell of one of a pair.
#[derive(Clone, Copy)]
struct Parts {
    addr: Part,
    name: Part,
    weight: Part,
    state: Part,
}

/// The parts of the first.
const FIRST: Parts = Parts {
    addr: Part::First,
    name: Part::FirstName,
    weight: Part::FirstWeight,
    state: Part::FirstState,
};

/// The parts of the second.
const SECOND: Parts = Parts {
    addr: Part::Second,
    name: Part::SecondName,
    weight: Part::SecondWeight,
    state: Part::SecondState,
};

// === impl Server ===

impl Server {
    /// A server of which only the address is known.
    pub const fn at(addr: PeerAddr) -> Self {
        Self { addr, name: None, weight: None, state: None }
    }

    /// Reads one of a pair.
    fn read(fields: &Fields<'_>, group: Group, parts: Parts) -> Result<Option<Self>, Reason> {
        let Some(addr) = fields.place(group, parts.addr)? else { return Ok(None) };
        Ok(Some(Self {
            addr,
            name: fields.part(group, parts.name)?,
            weight: fields.part(group, parts.weight)?,
            state: fields.part(group, parts.state)?,
        }))
    }
}

// === impl AddressMap ===

impl AddressMap {
    /// The servers of a role; a console is in no map.
    pub const fn servers(&self, role: Role) -> &Pair<Option<Server>> {
        const NONE: &Pair<Option<Server>> = &Pair { first: None, second: None };
        match role {
            Role::Pppx => &self.pppx,
            Role::Lb => &self.lb,
            Role::Aar => &self.aar,
            Role::Sr => &self.sr,
            Role::TopUp => &self.topup,
            Role::Gateway => &self.gateway,
            Role::Console => NONE,
        }
    }

    /// The servers of a role, to be changed; `None` for a console.
    pub const fn servers_mut(&mut self, role: Role) -> Option<&mut Pair<Option<Server>>> {
        match role {
            Role::Pppx => Some(&mut self.pppx),
            Role::Lb => Some(&mut self.lb),
            Role::Aar => Some(&mut self.aar),
            Role::Sr => Some(&mut self.sr),
            Role::TopUp => Some(&mut self.topup),
            Role::Gateway => Some(&mut self.gateway),
            Role::Console => None,
        }
    }

    /// Whether a document names a server or a database.
    pub(crate) fn is_in(fields: &Fields<'_>) -> bool {
        let groups = [Group::Report, Group::Crypto, Group::Sr, Group::Gateway];
        ALWAYS.iter().chain(&groups).any(|&group| fields.has_group(group))
    }

    /// Reads a whole map.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        Ok(Self {
            aar: read_servers(fields, Group::Aar)?,
            topup: read_servers(fields, Group::TopUp)?,
            lb: read_servers(fields, Group::Lb)?,
            pppx: read_servers(fields, Group::Pppx)?,
            sr: read_servers(fields, Group::Sr)?,
            gateway: read_servers(fields, Group::Gateway)?,
            report: read_databases(fields, Group::Report)?,
            crypto: read_databases(fields, Group::Crypto)?,
            epoch: fields.optional(Tag::Epoch)?.unwrap_or_default(),
            ttl_s: fields.number(Tag::Ttl)?,
            from: fields.optional(Tag::From)?,
        })
    }

    /// Writes a whole map, in the order of the source document.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        write_servers(printer, Group::Aar, &self.aar);
        write_servers(printer, Group::TopUp, &self.topup);
        write_servers(printer, Group::Lb, &self.lb);
        write_servers(printer, Group::Pppx, &self.pppx);
        printer.pair(Group::Report, &self.report);
        printer.pair(Group::Crypto, &self.crypto);
        write_servers(printer, Group::Sr, &self.sr);
        write_servers(printer, Group::Gateway, &self.gateway);
        printer.maybe(Tag::Epoch, Some(self.epoch).filter(|&epoch| epoch != Epoch::default()));
        printer.maybe(Tag::Ttl, self.ttl_s);
        printer.maybe(Tag::From, self.from);
    }
}

/// Reads both servers of a role; those of SR and GATEWAY may be missing whole.
fn read_servers(fields: &Fields<'_>, group: Group) -> Result<Pair<Option<Server>>, Reason> {
    if !fields.has_group(group) {
        return if ALWAYS.contains(&group) {
            Err(missing(group.name()))
        } else {
            Ok(Pair::default())
        };
    }
    Ok(Pair {
        first: Server::read(fields, group, FIRST)?,
        second: Server::read(fields, group, SECOND)?,
    })
}

/// Reads both databases of a kind.
fn read_databases(fields: &Fields<'_>, group: Group) -> Result<Pair<Option<DbUrl>>, Reason> {
    if !fields.has_group(group) {
        return Err(missing(group.name()));
    }
    Ok(Pair {
        first: fields.place(group, Part::First)?,
        second: fields.place(group, Part::Second)?,
    })
}

/// Writes both servers of a role: addresses, names, weights, states.
fn write_servers(printer: &mut Printer<'_>, group: Group, servers: &Pair<Option<Server>>) {
    let pair = servers.as_ref().map(Option::as_ref);
    let both = [(FIRST, pair.first), (SECOND, pair.second)];
    printer.group(group, &pair.map(|server| server.map(|it| &it.addr)), |printer| {
        for (parts, server) in both {
            printer.part(parts.name, server.and_then(|it| it.name));
        }
        for (parts, server) in both {
            printer.part(parts.weight, server.and_then(|it| it.weight));
        }
        for (parts, server) in both {
            printer.part(parts.state, server.and_then(|it| it.state));
        }
    });
}
