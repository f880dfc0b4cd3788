//! Where the servers of a site listen.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use protocol::{PeerAddr, Role};
use rand::RngExt;

use super::{Place, seats};

/// Where free ports are looked for: below the range that the system takes for outgoing
/// connections, so that none of those holds a port before its server listens.
const FREE: std::ops::Range<u16> = 20_000..32_000;

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
        Self { seats: seats().map(|(role, place)| ((role, place), seat(role, place))).collect() }
    }

    /// Ports that are free now.
    ///
    /// # Errors
    ///
    /// There are not enough.
    pub fn free() -> io::Result<Self> {
        let mut held = Vec::new();
        let mut seats_taken = BTreeMap::new();
        for (role, place) in seats() {
            let (listen, admin) = (free(&mut held)?, free(&mut held)?);
            seats_taken.insert((role, place), Seat { listen, admin });
        }
        Ok(Self { seats: seats_taken })
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

/// Finds one free port and holds it until all are found.
fn free(held: &mut Vec<TcpListener>) -> io::Result<u16> {
    let start = rand::rng().random_range(FREE);
    let candidates = (start..FREE.end).chain(FREE.start..start);
    for port in candidates {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            held.push(listener);
            return Ok(port);
        }
    }
    Err(io::ErrorKind::AddrNotAvailable.into())
}

/// An address on this machine.
#[expect(clippy::expect_used, reason = "a port of a listener is not zero")]
pub(super) fn local(port: u16) -> PeerAddr {
    format!("127.0.0.1:{port}").parse().expect("an address and a port")
}
