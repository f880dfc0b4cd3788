//! Sealing a value for the one place where it may stand.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use zeroize::Zeroizing;

use crate::error::NotOpened;
use crate::key_id::KeyId;
use crate::ring::Keys;
use crate::secret::Secret32;

/// The first byte of every sealed value.
const VERSION: u8 = 0x01;
/// Version, key id, nonce.
const HEAD: usize = 1 + KeyId::LEN + NONCE;
const NONCE: usize = 12;

/// Seals a value under the current key for one place: table, column and row id joined by `/`.
///
/// # Format
/// `[0x01][4-byte key id][12-byte nonce][AES-256-GCM ciphertext][16-byte tag]`; the place is the
/// associated data, so that a value moved to another row does not open. The nonce must be random.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn seal(keys: (KeyId, &Secret32), place: &str, plain: &[u8], nonce: [u8; 12]) -> Vec<u8> {
    let (id, key) = keys;
    let body = encrypt(key, nonce, plain, place.as_bytes());
    let mut sealed = Vec::with_capacity(HEAD + body.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&id.bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&body);
    sealed
}

/// Opens a sealed value under the key that it names.
///
/// # Errors
/// [`NotOpened`] for a value that is no sealed one, an unknown key, another place, a changed byte.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn open(keys: &Keys, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let id = key_id_of(sealed).ok_or(NotOpened)?;
    open_with((id, keys.by_id(id).ok_or(NotOpened)?), place, sealed)
}

/// Opens a sealed value under one key of the given id, as INFOS are under their box's key.
///
/// # Errors
/// As [`open`]; a value that names another key id does not open either.
pub fn open_with(
    keys: (KeyId, &Secret32),
    place: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let (id, key) = keys;
    if key_id_of(sealed) != Some(id) {
        return Err(NotOpened);
    }
    let (head, body) = sealed.split_at_checked(HEAD).ok_or(NotOpened)?;
    let nonce = head.last_chunk::<NONCE>().ok_or(NotOpened)?;
    decrypt(key, *nonce, body, place.as_bytes())
}

/// Returns the id of the key that a sealed value names.
pub fn key_id_of(sealed: &[u8]) -> Option<KeyId> {
    match *sealed.first_chunk::<HEAD>()? {
        [VERSION, a, b, c, d, ..] => Some(KeyId::new([a, b, c, d])),
        _ => None,
    }
}

/// Encrypts by AES-256-GCM; the tag is at the end.
#[expect(clippy::expect_used, reason = "AES-GCM refuses over 64 GiB alone")]
pub(crate) fn encrypt(key: &Secret32, nonce: [u8; NONCE], msg: &[u8], aad: &[u8]) -> Vec<u8> {
    Aes256Gcm::new(key.expose().into())
        .encrypt(&Nonce::from(nonce), Payload { msg, aad })
        .expect("the message is under 64 GiB")
}

/// Decrypts by AES-256-GCM.
pub(crate) fn decrypt(
    key: &Secret32,
    nonce: [u8; NONCE],
    msg: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    Aes256Gcm::new(key.expose().into())
        .decrypt(&Nonce::from(nonce), Payload { msg, aad })
        .map(Zeroizing::new)
        .map_err(|_| NotOpened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master_keys::MasterKeys;
    use crate::purpose::Purpose;

    const PLACE: &str = "voucher/recharge/7";

    fn keys() -> Keys {
        let text = format!("00000001 {}\n00000002 {} current", "0a".repeat(32), "0b".repeat(32));
        let ring = MasterKeys::parse(&text).expect("parses").derive(&[Purpose::Recharge]);
        ring.get(Purpose::Recharge).expect("there").clone()
    }

    #[test]
    fn opens_under_the_key_that_it_names() {
        let keys = keys();
        for (id, key) in keys.iter() {
            let sealed = seal((id, key), PLACE, b"4711", [9; 12]);
            assert_eq!(key_id_of(&sealed), Some(id));
            assert_eq!(**open(&keys, PLACE, &sealed).expect("opens"), *b"4711");
        }
    }

    #[test]
    fn every_flipped_bit_keeps_it_shut() {
        let keys = keys();
        let sealed = seal(keys.current(), PLACE, b"4711", [9; 12]);
        for bit in 0..sealed.len() * 8 {
            let mut other = sealed.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&keys, PLACE, &other), Err(NotOpened), "bit {bit}");
            assert_eq!(open_with(keys.current(), PLACE, &other), Err(NotOpened), "bit {bit}");
        }
    }

    #[test]
    fn another_place_or_length_keeps_it_shut() {
        let keys = keys();
        let sealed = seal(keys.current(), PLACE, b"", [9; 12]);
        assert_eq!(open(&keys, "voucher/recharge/8", &sealed), Err(NotOpened));
        for end in 0..sealed.len() {
            assert_eq!(open(&keys, PLACE, &sealed[..end]), Err(NotOpened), "{end} bytes");
        }
        assert_eq!(**open(&keys, PLACE, &sealed).expect("opens"), *b"");
    }
}
