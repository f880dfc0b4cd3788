//! Where a listener listens.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use protocol::FormError;

/// An address that a listener binds; never one that somebody dials.
///
/// # Format
/// An IP address and a port, `127.0.0.1:8402` or `[::1]:8402`; port 0 lets the system choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenAddr(SocketAddr);

// === impl ListenAddr ===

impl ListenAddr {
    /// Takes an address as it is.
    pub const fn new(addr: SocketAddr) -> Self {
        Self(addr)
    }

    /// The address to bind.
    pub const fn socket(self) -> SocketAddr {
        self.0
    }

    /// Whether only this machine reaches it.
    pub fn is_loopback(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }

    /// Whether others can dial it as it stands.
    pub fn is_dialable(self) -> bool {
        !self.0.ip().is_unspecified() && self.0.port() != 0
    }
}

impl FromStr for ListenAddr {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = FormError::Rule("it is not an IP address, a colon and a port");
        text.parse().map(Self).map_err(|_| wrong)
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_loopback_in_each_notation() {
        for (text, loopback) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("10.0.0.1:1", false),
        ] {
            assert_eq!(text.parse::<ListenAddr>().unwrap().is_loopback(), loopback, "{text}");
        }
    }

    #[test]
    fn refuses_names_and_missing_ports() {
        for text in ["", "localhost:8400", "127.0.0.1", "8400", "127.0.0.1:65536", "::1:80"] {
            assert!(text.parse::<ListenAddr>().is_err(), "{text}");
        }
    }
}
