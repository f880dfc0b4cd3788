//! What a box is given at its registration.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::box_key::BoxKey;
use crate::error::{NotOpened, RsaKeyError};
use crate::mac;
use crate::rsa_key::{PrivateKey, PublicKey};
use crate::secret::Secret32;

/// A credential, read.
#[derive(Debug)]
pub struct Credential {
    /// The box's id.
    pub device_id: [u8; 16],
    /// The box's key, as it came.
    pub key: CredentialKey,
}

/// The key in a credential.
pub enum CredentialKey {
    /// In the clear: the PC between may have read it.
    Plain(BoxKey),
    /// Under the box's public key.
    Rsa(Vec<u8>),
}

/// A text is not a credential; it is never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not a JSON object with `v`, `box`, `enc` and `key`.
    #[error("credential is not a JSON object with v, box, enc and key")]
    Form,
    /// Another version than 1.
    #[error("credential is of another version than 1")]
    Version,
    /// `box` is not 32 hex digits.
    #[error("credential's box is not 32 hex digits")]
    Device,
    /// `enc` is neither `none` nor `rsa-oaep-sha256`.
    #[error("credential's enc is neither none nor rsa-oaep-sha256")]
    Encryption,
    /// `key` is not base64url, or not 32 bytes.
    #[error("credential's key is not a key in base64url")]
    Key,
}

const NONE: &str = "none";
const RSA: &str = "rsa-oaep-sha256";

/// The JSON object.
#[derive(Deserialize)]
struct Document<'a> {
    v: u32,
    r#box: &'a str,
    enc: &'a str,
    key: &'a str,
}

/// Writes the credential of a box that sent no public key.
///
/// # Format
/// `{"v":1,"box":hex,"enc":"none"|"rsa-oaep-sha256","key":base64url}`
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn make_plain(device_id: [u8; 16], key: &BoxKey) -> Zeroizing<String> {
    print(device_id, NONE, key.expose())
}

/// Writes the credential of a box that sent a public key, so that the PC between cannot read it.
///
/// # Errors
/// [`RsaKeyError::Operation`] when the library refuses.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn make_rsa(
    device_id: [u8; 16],
    key: &BoxKey,
    public: &PublicKey,
    rng: &mut impl CryptoRng,
) -> Result<Zeroizing<String>, RsaKeyError> {
    Ok(print(device_id, RSA, &public.encrypt(rng, key.expose())?))
}

/// Reads a credential, as a box does.
///
/// # Errors
/// [`CredentialError`], which names the member at fault.
pub fn parse(text: &str) -> Result<Credential, CredentialError> {
    let document: Document<'_> = serde_json::from_str(text).map_err(|_| CredentialError::Form)?;
    if document.v != 1 {
        return Err(CredentialError::Version);
    }
    let mut device_id = [0; 16];
    hex::decode_to_slice(document.r#box, &mut device_id).map_err(|_| CredentialError::Device)?;
    let key = URL_SAFE_NO_PAD.decode(document.key).map_err(|_| CredentialError::Key)?;
    let key = match document.enc {
        NONE => CredentialKey::Plain(box_key(&Zeroizing::new(key)).ok_or(CredentialError::Key)?),
        RSA => CredentialKey::Rsa(key),
        _ => return Err(CredentialError::Encryption),
    };
    Ok(Credential { device_id, key })
}

/// Opens the key of a credential that came under the box's public key.
///
/// # Errors
/// [`NotOpened`] for another private key, a changed byte, or a content that is not a key.
pub fn open_rsa(ciphertext: &[u8], private: &PrivateKey) -> Result<BoxKey, NotOpened> {
    box_key(&private.decrypt(ciphertext)?).ok_or(NotOpened)
}

/// Makes the proof of a PROVISION that replaces the credential of a provisioned key.
///
/// # Format
/// HMAC-SHA256 under HKDF(old K, `ngondo/provision/1`) of the text of `credential`.
///
/// Source: protocol.md §3 (CRECORD)
pub fn provision_proof(provision_key: &Secret32, credential: &str) -> [u8; 32] {
    mac::hmac(provision_key, &[credential.as_bytes()])
}

/// Says in constant time whether a proof is the one of this credential.
pub fn verify_provision(provision_key: &Secret32, credential: &str, proof: &[u8; 32]) -> bool {
    provision_proof(provision_key, credential).ct_eq(proof).into()
}

// === impl CredentialKey ===

impl std::fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(***)"),
            Self::Rsa(_) => f.write_str("Rsa(***)"),
        }
    }
}

fn box_key(bytes: &[u8]) -> Option<BoxKey> {
    Secret32::from_slice(bytes).map(BoxKey::new)
}

fn print(device_id: [u8; 16], enc: &str, key: &[u8]) -> Zeroizing<String> {
    let key = Zeroizing::new(URL_SAFE_NO_PAD.encode(key));
    let parts = [
        r#"{"v":1,"box":""#,
        &hex::encode(device_id),
        r#"","enc":""#,
        enc,
        r#"","key":""#,
        &key,
        r#""}"#,
    ];
    Zeroizing::new(parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn reads_what_it_writes() {
        let key = BoxKey::random(&mut random::system());
        let read = parse(&make_plain([3; 16], &key)).expect("parses");
        assert_eq!(read.device_id, [3; 16]);
        assert!(matches!(read.key, CredentialKey::Plain(it) if it == key));
    }

    #[test]
    fn a_credential_under_rsa_opens_with_the_private_key_alone() {
        let mut rng = random::system();
        let key = BoxKey::random(&mut rng);
        let private = PrivateKey::generate().expect("made");
        let public = PublicKey::from_spki_der(&private.public_der().expect("printed"));
        let text = make_rsa([3; 16], &key, &public.expect("good"), &mut rng).expect("made");
        let CredentialKey::Rsa(sealed) = parse(&text).expect("parses").key else {
            panic!("not under rsa");
        };
        assert_eq!(open_rsa(&sealed, &private), Ok(key));
        let other = PrivateKey::generate().expect("made");
        assert_eq!(open_rsa(&sealed, &other), Err(NotOpened));
    }

    #[test]
    fn names_the_member_at_fault() {
        let good = make_plain([3; 16], &BoxKey::new(Secret32::new([9; 32])));
        for (from, to, error) in [
            ("{", "", CredentialError::Form),
            (r#""v":1"#, r#""v":2"#, CredentialError::Version),
            ("0303", "03zz", CredentialError::Device),
            ("none", "rot13", CredentialError::Encryption),
            ("CQkJ", "CQk=", CredentialError::Key),
            ("CQkJCQkJ", "CQkJ", CredentialError::Key),
        ] {
            let text = good.replacen(from, to, 1);
            assert_eq!(parse(&text).expect_err("refused"), error, "{from} -> {to}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let good = make_plain([3; 16], &BoxKey::new(Secret32::new([9; 32])));
        let debug = format!("{:?}", parse(&good).expect("parses"));
        assert!(debug.contains("Plain(***)") && !debug.contains("9, 9"), "{debug}");
    }
}
