//! HMAC, HKDF and SHA-256, on whole messages.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::secret::Secret32;

/// Computes the keyed index of a text, by which a sealed value is found.
///
/// # Format
/// HMAC-SHA256 under `index` of `mac/aa:bb:..`, `imei/..` or `serial/..`; under `pepper` of a
/// code's digits; under `client` of an address, number or box.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn index(key: &Secret32, text: &str) -> [u8; 32] {
    hmac(key, &[text.as_bytes()])
}

/// Makes the macaddr of a key that has none: `02` and five bytes of SHA-256 of `imei/serial`.
///
/// Source: protocol.md §3 (CRECORD)
pub fn made_macaddr(imei: &str, serial: &str) -> [u8; 6] {
    let hash = sha256(format!("{imei}/{serial}").as_bytes());
    let mut macaddr = [0x02; 6];
    for (to, from) in macaddr.iter_mut().skip(1).zip(hash) {
        *to = from;
    }
    macaddr
}

/// Computes SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Computes SHA-256 as 64 hex digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// Computes HMAC-SHA256 of the parts, one after the other.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
pub(crate) fn hmac(key: &Secret32, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("32 bytes are a key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Derives 32 bytes by HKDF-SHA256 with an empty salt.
#[expect(clippy::expect_used, reason = "32 bytes are far under HKDF's limit of 8160")]
pub(crate) fn hkdf(key: &Secret32, info: &str) -> Secret32 {
    let mut derived = [0; Secret32::LEN];
    Hkdf::<Sha256>::new(None, key.expose())
        .expand(info.as_bytes(), &mut derived)
        .expect("HKDF gives up to 8160 bytes");
    Secret32::new(derived)
}
