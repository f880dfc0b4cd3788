//! The print file: the codes of a batch, for the printer's RSA key alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{NotOpened, RsaKeyError};
use crate::random;
use crate::rsa_key::{PrivateKey, PublicKey};
use crate::sealed::{decrypt, encrypt};
use crate::secret::Secret32;

/// The first line of a print file.
const FORM: &str = "ngondo/print/1";
const NONCE: usize = 12;

/// Seals a text for a printer.
///
/// # Format
/// Three lines: `ngondo/print/1`; in base64, a random AES-256 key under RSA-OAEP (SHA-256, MGF1
/// SHA-256); in base64, a nonce of 12 bytes, the AES-256-GCM ciphertext and its tag of 16 bytes.
/// The associated data is the first two lines with their line feeds.
///
/// # Errors
/// [`RsaKeyError::Operation`] where the key cannot encrypt.
pub fn seal(
    printer: &PublicKey,
    plain: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<String, RsaKeyError> {
    let key = Secret32::random(rng);
    let wrapped = printer.encrypt(rng, key.expose())?;
    let mut file = format!("{FORM}\n{}\n", STANDARD.encode(wrapped));
    let nonce: [u8; NONCE] = random::bytes(rng);
    let mut sealed = nonce.to_vec();
    sealed.extend(encrypt(&key, nonce, plain, file.as_bytes()));
    STANDARD.encode_string(sealed, &mut file);
    file.push('\n');
    Ok(file)
}

/// Opens a print file.
///
/// # Errors
/// [`NotOpened`] for another key, a file that is none, a changed byte.
pub fn open(printer: &PrivateKey, file: &str) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let mut lines = file.lines();
    let (form, wrapped, sealed) = (lines.next(), lines.next(), lines.next());
    let (Some(FORM), Some(wrapped), Some(sealed)) = (form, wrapped, sealed) else {
        return Err(NotOpened);
    };
    let key = printer.decrypt(&STANDARD.decode(wrapped.trim()).map_err(|_| NotOpened)?)?;
    let key = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| NotOpened)?;
    let sealed = STANDARD.decode(sealed.trim()).map_err(|_| NotOpened)?;
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(NotOpened)?;
    let aad = format!("{FORM}\n{}\n", wrapped.trim());
    decrypt(&Secret32::new(key), *nonce, body, aad.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printer_alone_opens_it_and_only_as_it_was() {
        let (printer, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let public = PublicKey::from_spki_der(&printer.public_der().unwrap()).unwrap();
        let text = b"serial,code\n1,1234567890123452\n";
        let file = seal(&public, text, &mut random::system()).unwrap();
        assert!(!file.contains("1234567890123452"));
        assert_eq!(open(&printer, &file).unwrap().as_slice(), text);
        assert_eq!(open(&printer, &file.replace('\n', "\r\n")).unwrap().as_slice(), text);
        assert_eq!(open(&other, &file), Err(NotOpened));
        let again = seal(&public, text, &mut random::system()).unwrap();
        assert_ne!(file, again);
        let swapped = {
            let (one, two): (Vec<&str>, Vec<&str>) =
                (file.lines().collect(), again.lines().collect());
            format!("{}\n{}\n{}\n", one[0], one[1], two[2])
        };
        for broken in ["", FORM, &file[..file.len() / 2], swapped.as_str()] {
            assert_eq!(open(&printer, broken), Err(NotOpened));
        }
    }
}
