//! The id of a master key, which every sealed value and keyed index names.

use std::fmt;
use std::str::FromStr;

/// Names a master key and the keys derived from it: 4 bytes, 8 hex digits.
///
/// Source: protocol.md §6 (Keys and sealing)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; Self::LEN]);

/// A text is not 8 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 8 hex digits")]
pub struct NotAKeyId;

// === impl KeyId ===

impl KeyId {
    /// Length in bytes.
    pub const LEN: usize = 4;

    /// Takes the bytes as they are.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for a column or a sealed value.
    pub const fn bytes(self) -> [u8; Self::LEN] {
        self.0
    }
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        let mut bytes = [0; Self::LEN];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAKeyId)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
