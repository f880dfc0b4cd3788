//! A network, by its address and the length of its prefix.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use protocol::FormError;

/// A network of IPv4 or IPv6 addresses.
///
/// # Format
/// `10.9.0.0/24`, `fd00:9::/64`; bits behind the prefix are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

// === impl Cidr ===

impl Cidr {
    /// Whether an address is in the network.
    pub fn contains(self, address: IpAddr) -> bool {
        let (ours, width) = bits(self.address);
        let (theirs, other) = bits(address.to_canonical());
        width == other && masked(ours ^ theirs, width, self.prefix) == 0
    }
}

impl FromStr for Cidr {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = FormError::Rule("it is not an IP address, a slash and the prefix's length");
        let (address, prefix) = text.split_once('/').ok_or(wrong)?;
        let address: IpAddr = address.parse().map_err(|_| wrong)?;
        let length: u8 = prefix.parse().map_err(|_| wrong)?;
        let (all, width) = bits(address);
        if length > width || length.to_string() != prefix {
            return Err(wrong);
        }
        if masked(all, width, length) != all {
            return Err(FormError::Rule("its address has bits behind the prefix"));
        }
        Ok(Self { address, prefix: length })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// The bits of the prefix alone.
fn masked(bits: u128, width: u8, prefix: u8) -> u128 {
    let behind = u32::from(width.saturating_sub(prefix));
    bits.checked_shr(behind).and_then(|kept| kept.checked_shl(behind)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_inside_from_outside() {
        for (network, address, inside) in [
            ("10.9.0.0/24", "10.9.0.255", true),
            ("10.9.0.0/24", "10.9.1.0", false),
            ("10.9.0.0/24", "::ffff:10.9.0.1", true),
            ("10.9.0.0/24", "fd00::1", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("::/0", "fd00::1", true),
            ("10.9.0.7/32", "10.9.0.7", true),
            ("fd00:9::/64", "fd00:9::1", true),
            ("fd00:9::/64", "fd00:9:0:1::1", false),
        ] {
            let network: Cidr = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network} {address}");
        }
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in ["", "10.9.0.0", "10.9.0.0/33", "10.9.0.1/24", "10.9.0.0/+8", "db/24"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
