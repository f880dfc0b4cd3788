//! Where the servers of a site listen.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use protocol::{PeerAddr, Role};
use rand::RngExt;

use super::{Place, seats};

/// Where free ports are looked for: below the range that the system takes for outgoing
/// connections, so that none of those holds a port before its server listens.
const FREE: std::ops::Range<u16> = 20_000..32_000;

/// Ports that go together: one that says that they are taken, twenty for the servers, and some that
/// other programs may hold.
const BLOCK: u16 = 40;

/// The ports of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Where it answers.
    pub listen: u16,
    /// Where its health is read.
    pub admin: u16,
}

/// The ports of every instance, on 127.0.0.1.
#[derive(Debug, Clone)]
pub struct Ports {
    seats: BTreeMap<(Role, Place), Seat>,
    /// Listens on the first port of their block for as long as they are somebody's: two programs
    /// that look for free ports at once do not find the same.
    _taken: Option<Arc<TcpListener>>,
}

// === impl Ports ===

impl Ports {
    /// The usual ports: 8400 to 8404, twins at 8410 to 8414, health 1000 above.
    ///
    /// Source: product.md (The parts)
    pub fn standard() -> Self {
        let seat = |role: Role, place: Place| {
            let base = match place {
                Place::First => 8400,
                Place::Second => 8410,
            };
            let listen = base
                + match role {
                    Role::Lb => 1,
                    Role::Aar => 2,
                    Role::Sr => 3,
                    Role::TopUp => 4,
                    Role::Pppx | Role::Gateway | Role::Console => 0,
                };
            Seat { listen, admin: listen + 1000 }
        };
        let seats = seats().map(|(role, place)| ((role, place), seat(role, place))).collect();
        Self { seats, _taken: None }
    }

    /// Ports that are free now, and that nobody else gets from here while these live.
    ///
    /// # Errors
    ///
    /// There are not enough.
    pub fn free() -> io::Result<Self> {
        let blocks: Vec<u16> = FREE.step_by(usize::from(BLOCK)).collect();
        let start = rand::rng().random_range(0..blocks.len());
        let mut from_there = blocks.iter().cycle().skip(start).take(blocks.len());
        let found = from_there.find_map(|first| Self::within(*first));
        found.ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }

    /// Takes a block by listening on its first port, unless another program did or too few others
    /// are free.
    fn within(first: u16) -> Option<Self> {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok()?;
        let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        let mut ports = (first.saturating_add(1)..first.saturating_add(BLOCK)).filter(is_free);
        let mut seats_taken = BTreeMap::new();
        for (role, place) in seats() {
            let seat = Seat { listen: ports.next()?, admin: ports.next()? };
            seats_taken.insert((role, place), seat);
        }
        Some(Self { seats: seats_taken, _taken: Some(Arc::new(taken)) })
    }

    /// The ports of an instance.
    pub fn seat(&self, role: Role, place: Place) -> Seat {
        self.seats.get(&(role, place)).copied().unwrap_or(Seat { listen: 0, admin: 0 })
    }

    /// Gives an instance other ports.
    pub fn put(&mut self, role: Role, place: Place, seat: Seat) {
        self.seats.insert((role, place), seat);
    }
}

/// An address on this machine.
#[expect(clippy::expect_used, reason = "a port of a listener is not zero")]
pub(super) fn local(port: u16) -> PeerAddr {
    format!("127.0.0.1:{port}").parse().expect("an address and a port")
}
