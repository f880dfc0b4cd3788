//! The key of one box, and what is derived from it.

use rand::CryptoRng;

use crate::secret::Secret32;

/// Holds the box key K, which the box and SR alone know.
///
/// Source: protocol.md §6 (Keys and sealing)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxKey(Secret32);

// === impl BoxKey ===

impl BoxKey {
    /// Takes a key as it is.
    pub const fn new(key: Secret32) -> Self {
        Self(key)
    }

    /// Draws the key of a box that is registered.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(Secret32::random(rng))
    }

    /// Hands out K, to be sealed under `wrap` or put into a credential.
    pub const fn expose(&self) -> &[u8; Secret32::LEN] {
        self.0.expose()
    }

    /// Derives the key of `<crypto>`.
    pub fn auth_key(&self) -> Secret32 {
        self.0.derive("ngondo/auth/1")
    }

    /// Derives the key of `<proof>` in R-AUTH.
    pub fn proof_key(&self) -> Secret32 {
        self.0.derive("ngondo/proof/1")
    }

    /// Derives the key that seals INFOS.
    pub fn infos_key(&self) -> Secret32 {
        self.0.derive("ngondo/infos/1")
    }

    /// Derives the key of `<proof>` in PROVISION.
    pub fn provision_key(&self) -> Secret32 {
        self.0.derive("ngondo/provision/1")
    }
}
