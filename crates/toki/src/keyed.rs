//! An HMAC under one key, begun.

use std::fmt;

use crypto::Secret32;
use hmac::KeyInit;
use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, FixedOutputCore, UpdateCore};
use sha2::Sha256;

use crate::form::{Proof, Seal};

/// A key of which the two hashes that it costs by itself are done: of a short text's four, half.
///
/// Wiped when dropped, printed as `***`.
#[derive(Clone)]
pub(crate) struct Keyed(HmacCore<Sha256>);

// === impl Keyed ===

impl Keyed {
    pub(crate) fn new(key: &Secret32) -> Self {
        Self::of(key.expose())
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    pub(crate) fn of(key: &[u8]) -> Self {
        Self(HmacCore::new_from_slice(key).expect("every length is a key"))
    }

    /// The HMAC of the parts, one after the other.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let (mut core, mut buffer) = (self.0.clone(), Buffer::<HmacCore<Sha256>>::default());
        for part in parts {
            buffer.digest_blocks(part, |blocks| core.update_blocks(blocks));
        }
        let mut hash = [0; 32].into();
        core.finalize_fixed_core(&mut buffer, &mut hash);
        hash.into()
    }

    /// Seals a canonical text.
    pub(crate) fn seal(&self, canon: &[u8]) -> Seal {
        Seal::cut(&self.mac(&[canon]))
    }

    /// Derives the key of one answer from the toki that it answers.
    pub(crate) fn answer_key(&self, n: u64, seal: &Seal) -> Secret32 {
        Secret32::new(self.mac(&[b"key", &n.to_be_bytes(), seal.bytes()]))
    }

    /// Derives what shows that an answer's key is known.
    pub(crate) fn proof(&self) -> Proof {
        Proof::cut(&self.mac(&[b"proof"]))
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
