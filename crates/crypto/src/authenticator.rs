//! `<crypto>`: by what a box shows who it is.

use zeroize::Zeroizing;

use crate::error::NotOpened;
use crate::sealed;
use crate::secret::Secret32;

/// Length of an authenticator in bytes: 90 characters of base64url.
pub const LEN: usize = HEAD + PLAIN + 16;
/// Version, box id, nonce.
const HEAD: usize = 1 + 16 + 12;
/// Macaddr, Unix milliseconds, counter.
const PLAIN: usize = 6 + 8 + 8;
const VERSION: u8 = 0x01;

/// A box's clock may differ so much from the server's.
///
/// Source: protocol.md §3 (AUTH)
const FRESH_MS: u64 = 300_000;

/// What an authenticator says once it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The box's macaddr.
    pub macaddr: [u8; 6],
    /// The box's clock in Unix milliseconds.
    pub unix_ms: u64,
    /// Grows with each authenticator and survives the box's restart.
    pub counter: u64,
}

/// Returns the box that it claims to come from.
pub const fn device_id(crypto: &[u8; LEN]) -> [u8; 16] {
    let [_, device_id @ .., _, _, _, _, _, _, _, _, _, _, _, _] = head(crypto);
    *device_id
}

/// Returns its nonce, to which the proof is bound.
pub const fn nonce(crypto: &[u8; LEN]) -> [u8; 12] {
    match head(crypto).last_chunk() {
        Some(nonce) => *nonce,
        None => [0; 12],
    }
}

/// Says whether the time in an authenticator is near enough to the server's.
///
/// Source: protocol.md §3 (AUTH)
pub fn is_fresh(unix_ms: u64, now_ms: i64) -> bool {
    u64::try_from(now_ms).is_ok_and(|now_ms| now_ms.abs_diff(unix_ms) <= FRESH_MS)
}

/// Makes a box's nonce of 4 random bytes and the counter.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn box_nonce(random: [u8; 4], counter: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().zip(random.into_iter().chain(counter.to_be_bytes())) {
        *to = from;
    }
    nonce
}

/// Makes an authenticator, as a box does.
///
/// # Format
/// `[0x01][16-byte box id][12-byte nonce][AES-256-GCM of macaddr, Unix ms and counter][16-byte tag]`
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn make(
    device_id: [u8; 16],
    nonce: [u8; 12],
    auth_key: &Secret32,
    plain: &Opened,
    aad: &[u8],
) -> [u8; LEN] {
    let mut text = Zeroizing::new(Vec::with_capacity(PLAIN));
    text.extend_from_slice(&plain.macaddr);
    text.extend_from_slice(&plain.unix_ms.to_be_bytes());
    text.extend_from_slice(&plain.counter.to_be_bytes());
    let body = sealed::encrypt(auth_key, nonce, &text, aad);
    let parts = [VERSION].into_iter().chain(device_id).chain(nonce).chain(body);
    let mut crypto = [0; LEN];
    for (to, from) in crypto.iter_mut().zip(parts) {
        *to = from;
    }
    crypto
}

/// Opens an authenticator under the `auth` key of the box that it names.
///
/// That the macaddr is the box's, the time fresh and the counter new is the caller's to check.
///
/// # Errors
/// [`NotOpened`] for another version, another key, other associated data or a changed byte.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn open(crypto: &[u8; LEN], auth_key: &Secret32, aad: &[u8]) -> Result<Opened, NotOpened> {
    let (head, body) = crypto.split_at_checked(HEAD).ok_or(NotOpened)?;
    if head.first() != Some(&VERSION) {
        return Err(NotOpened);
    }
    let plain = sealed::decrypt(auth_key, nonce(crypto), body, aad)?;
    let (macaddr, rest) = plain.split_first_chunk().ok_or(NotOpened)?;
    let (unix_ms, counter) = rest.split_first_chunk().ok_or(NotOpened)?;
    let counter = counter.try_into().map_err(|_| NotOpened)?;
    Ok(Opened {
        macaddr: *macaddr,
        unix_ms: u64::from_be_bytes(*unix_ms),
        counter: u64::from_be_bytes(counter),
    })
}

const fn head(crypto: &[u8; LEN]) -> &[u8; HEAD] {
    match crypto.first_chunk() {
        Some(head) => head,
        None => &[0; HEAD],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aad;
    use crate::box_key::BoxKey;

    const PLAIN: Opened =
        Opened { macaddr: [0xa8, 0xbb, 0xcc, 0xdd, 0xee, 0x0f], unix_ms: 1, counter: 42 };

    fn key(byte: u8) -> Secret32 {
        BoxKey::new(Secret32::new([byte; 32])).auth_key()
    }

    #[test]
    fn opens_what_it_makes() {
        let aad = aad::auth("ngondo-box", "1.0");
        let crypto = make([5; 16], box_nonce([7; 4], 42), &key(1), &PLAIN, &aad);
        assert_eq!(device_id(&crypto), [5; 16]);
        assert_eq!(nonce(&crypto), [7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 42]);
        assert_eq!(open(&crypto, &key(1), &aad), Ok(PLAIN));
    }

    #[test]
    fn every_flipped_bit_keeps_it_shut() {
        let aad = aad::auth("ngondo-box", "1.0");
        let crypto = make([5; 16], [7; 12], &key(1), &PLAIN, &aad);
        for bit in 0..LEN * 8 {
            let mut other = crypto;
            other[bit / 8] ^= 1 << (bit % 8);
            // The id picks the key: a flipped one finds no box, or another box's key.
            let found = if device_id(&other) == [5; 16] { key(1) } else { key(2) };
            assert_eq!(open(&other, &found, &aad), Err(NotOpened), "bit {bit}");
        }
    }

    #[test]
    fn other_associated_data_keeps_it_shut() {
        let aad = aad::code("TOPUP", "ngondo-box", "1.0", "1234567890123452", None);
        let crypto = make([5; 16], [7; 12], &key(1), &PLAIN, &aad);
        for other in [
            aad::code("CREDIT", "ngondo-box", "1.0", "1234567890123452", None),
            aad::code("TOPUP", "ngondo-box", "1.0", "1234567890123460", None),
            aad::code("TOPUP", "ngondo-box", "1.0", "1234567890123452", Some("x")),
            aad::auth("ngondo-box", "1.0"),
        ] {
            assert_eq!(open(&crypto, &key(1), &other), Err(NotOpened));
        }
    }
}
