//! What a derived key is for.

use std::fmt;
use std::str::FromStr;

/// Says what a key derived from the master key is for.
///
/// Source: protocol.md §6 (Keys and sealing)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Seals the box keys.
    Wrap,
    /// Seals the recharge codes, and the purchase codes until they are printed.
    Recharge,
    /// Seals the gateway's vault.
    Vault,
    /// Indexes macaddr, imei and serial.
    Index,
    /// Indexes purchase and activation codes.
    Pepper,
    /// Hashes who asks.
    Client,
}

/// A word that names no purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not wrap, recharge, vault, index, pepper or client")]
pub struct NotAPurpose;

// === impl Purpose ===

impl Purpose {
    /// Every purpose, in the order of protocol.md.
    pub const ALL: [Self; 6] =
        [Self::Wrap, Self::Recharge, Self::Vault, Self::Index, Self::Pepper, Self::Client];

    /// Returns the word of the key file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrap => "wrap",
            Self::Recharge => "recharge",
            Self::Vault => "vault",
            Self::Index => "index",
            Self::Pepper => "pepper",
            Self::Client => "client",
        }
    }

    /// Returns the info of the HKDF that makes the key.
    pub const fn info(self) -> &'static str {
        match self {
            Self::Wrap => "ngondo/wrap/1",
            Self::Recharge => "ngondo/recharge/1",
            Self::Vault => "ngondo/vault/1",
            Self::Index => "ngondo/index/1",
            Self::Pepper => "ngondo/pepper/1",
            Self::Client => "ngondo/client/1",
        }
    }
}

impl FromStr for Purpose {
    type Err = NotAPurpose;

    fn from_str(text: &str) -> Result<Self, NotAPurpose> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(NotAPurpose)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
