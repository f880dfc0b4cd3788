//! A secret of 32 bytes.

use std::fmt;

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::mac;
use crate::random;

/// Holds 32 secret bytes: wiped when dropped, compared in constant time, printed as `***`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret32([u8; Self::LEN]);

// === impl Secret32 ===

impl Secret32 {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// Takes the bytes as they are.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Draws a new secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(random::bytes(rng))
    }

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut secret = Self([0; Self::LEN]);
        hex::decode_to_slice(text, &mut secret.0).ok()?;
        Some(secret)
    }

    /// Reads 32 bytes from a slice of exactly that length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Prints 64 hex digits, for a key file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0))
    }

    /// Hands out the bytes; the name marks each place that does so.
    pub const fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Derives another secret by HKDF-SHA256 with an empty salt.
    ///
    /// Source: protocol.md §6 (Keys and sealing)
    #[must_use]
    pub fn derive(&self, info: &str) -> Self {
        mac::hkdf(self, info)
    }
}

impl fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PartialEq for Secret32 {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret32 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_stars() {
        assert_eq!(format!("{:?}", Secret32::new([7; 32])), "***");
    }

    #[test]
    fn reads_hex_of_its_length_alone() {
        assert!(Secret32::from_hex(&"0a".repeat(32)).is_some());
        for text in ["", "0a", &"0a".repeat(31), &"0a".repeat(33), &"zz".repeat(32)] {
            assert!(Secret32::from_hex(text).is_none(), "{text}");
        }
    }

    #[test]
    fn compares_all_bytes() {
        let secret = Secret32::new([7; 32]);
        assert_eq!(secret, secret.clone());
        for at in 0..32 {
            let mut other = [7; 32];
            other[at] ^= 1;
            assert_ne!(secret, Secret32::new(other));
        }
    }
}
