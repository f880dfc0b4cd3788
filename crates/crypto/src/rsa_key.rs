//! RSA keys: the public half by `rsa`, the private half by aws-lc-rs.
//!
//! `rsa` 0.9 leaks time in private operations (RUSTSEC-2023-0071), so it never holds a private key.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use rand::CryptoRng;
use rsa::pkcs8::{DecodePublicKey, Document, SecretDocument};
use rsa::sha2::Sha256;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Oaep, RsaPublicKey};
use zeroize::Zeroizing;

use crate::error::{NotOpened, RsaKeyError};
use crate::random::Lent;

/// The PEM label of a PKCS#8 private key.
const PRIVATE_KEY: &str = "PRIVATE KEY";
/// The PEM label of a public key.
const PUBLIC_KEY: &str = "PUBLIC KEY";
const EXPONENT: u32 = 65_537;

/// Holds the public key that a box sent: RSA, 2048 to 4096 bits, exponent 65537.
///
/// Source: protocol.md §6 (Keys and sealing)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(RsaPublicKey);

/// Holds the private key of a box, as simulated keys and tests do.
pub struct PrivateKey(PrivateDecryptingKey);

// === impl PublicKey ===

impl PublicKey {
    /// Reads SPKI DER and checks size and exponent.
    ///
    /// # Errors
    /// [`RsaKeyError`] for other DER, a key under 2048 or over 4096 bits, another exponent.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, RsaKeyError> {
        let key = RsaPublicKey::from_public_key_der(der).map_err(|_| RsaKeyError::Form)?;
        let bits = key.n().bits();
        if !(2048..=4096).contains(&bits) {
            return Err(RsaKeyError::Size { bits });
        }
        if *key.e() != BigUint::from(EXPONENT) {
            return Err(RsaKeyError::Exponent);
        }
        Ok(Self(key))
    }

    /// Reads SPKI in PEM, as `openssl rsa -pubout` writes it, into DER.
    ///
    /// # Errors
    /// [`RsaKeyError::Form`] for anything else.
    pub fn der_of_pem(pem: &str) -> Result<Vec<u8>, RsaKeyError> {
        let (label, der) = Document::from_pem(pem).map_err(|_| RsaKeyError::Form)?;
        if label == PUBLIC_KEY { Ok(der.into_vec()) } else { Err(RsaKeyError::Form) }
    }

    /// Encrypts a short secret by OAEP with SHA-256 and MGF1 SHA-256.
    ///
    /// # Errors
    /// [`RsaKeyError::Operation`] for a message that is too long for the key.
    pub fn encrypt(&self, rng: &mut impl CryptoRng, msg: &[u8]) -> Result<Vec<u8>, RsaKeyError> {
        self.0
            .encrypt(&mut Lent(rng), Oaep::new::<Sha256>(), msg)
            .map_err(|_| RsaKeyError::Operation)
    }
}

// === impl PrivateKey ===

impl PrivateKey {
    /// Makes a key of 2048 bits from the library's own generator.
    ///
    /// # Errors
    /// [`RsaKeyError::Operation`] when the library has no randomness or memory.
    pub fn generate() -> Result<Self, RsaKeyError> {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048);
        key.map(Self).map_err(|_| RsaKeyError::Operation)
    }

    /// Reads PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`RsaKeyError::Private`] for anything else.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, RsaKeyError> {
        let (label, der) = SecretDocument::from_pem(pem).map_err(|_| RsaKeyError::Private)?;
        if label != PRIVATE_KEY {
            return Err(RsaKeyError::Private);
        }
        let key = PrivateDecryptingKey::from_pkcs8(der.as_bytes());
        key.map(Self).map_err(|_| RsaKeyError::Private)
    }

    /// Prints PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`RsaKeyError::Operation`] when the library cannot encode the key.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, RsaKeyError> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.0).map_err(|_| RsaKeyError::Operation)?;
        let document =
            SecretDocument::try_from(der.as_ref()).map_err(|_| RsaKeyError::Operation)?;
        document.to_pem(PRIVATE_KEY, rsa::pkcs8::LineEnding::LF).map_err(|_| RsaKeyError::Operation)
    }

    /// Prints the public half as SPKI DER, which a box sends as `pubkey`.
    ///
    /// # Errors
    /// [`RsaKeyError::Operation`] when the library cannot encode the key.
    pub fn public_der(&self) -> Result<Vec<u8>, RsaKeyError> {
        let der: PublicKeyX509Der<'_> =
            self.0.public_key().as_der().map_err(|_| RsaKeyError::Operation)?;
        Ok(der.as_ref().to_vec())
    }

    /// Decrypts what [`PublicKey::encrypt`] made.
    ///
    /// # Errors
    /// [`NotOpened`] for another key, another padding or a changed byte, all alike.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let key = OaepPrivateDecryptingKey::new(self.0.clone()).map_err(|_| NotOpened)?;
        let mut plain = Zeroizing::new(vec![0; key.min_output_size()]);
        let len = key
            .decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut plain, None)
            .map_err(|_| NotOpened)?
            .len();
        plain.truncate(len);
        Ok(plain)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests;
