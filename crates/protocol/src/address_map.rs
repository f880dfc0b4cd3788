//! The servers and databases that an R-INIT lists.

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

// === impl Server ===

impl Server {
    /// A server of which only the address is known.
    pub const fn at(addr: PeerAddr) -> Self {
        Self { addr, name: None, weight: None, state: None }
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
}
