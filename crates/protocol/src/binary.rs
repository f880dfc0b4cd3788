//! Values that are bytes: identifiers, authenticators, proofs, public keys.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::FormError;
use crate::wire::{Fields, Printer, Tag};
use crate::word::hidden;

/// The identifier of a box N'gondo: 16 random bytes.
///
/// # Format
/// 32 hex digits; written in lower case.
///
/// Source: protocol.md §6
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; 16]);

/// What makes a request one: the same on each retry.
///
/// # Format
/// A UUID of any version in its hyphenated form, case ignored; written in lower case.
///
/// Source: protocol.md §2
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(Uuid);

/// What a box proves itself by (`<crypto>`); opened by `crypto`, only carried here.
///
/// # Format
/// base64url without padding of 67 bytes: 0x01, box id (16), nonce (12), ciphertext and tag (38).
///
/// Source: protocol.md §6
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authenticator([u8; 67]);

/// What stood where a box proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CryptoField {
    /// No `<crypto>`: another proof was used, or an AUTH* as the source document has it.
    #[default]
    Missing,
    /// A `<crypto>` that is not 67 bytes of base64url. Written as an empty element.
    Unreadable,
    /// One that can be opened, or not, by who has the box's key.
    Given(Authenticator),
}

/// What a server proves itself by to a box, or a tool to a provisioned key.
///
/// # Format
/// base64url without padding of 32 bytes.
///
/// Source: protocol.md §6
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof([u8; 32]);

/// The public key of a 4G key: SPKI in DER, unopened.
///
/// # Format
/// base64url without padding of 1 to 1024 bytes.
///
/// Source: protocol.md §6
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PubKey(Box<[u8]>);

hidden!(Authenticator, Proof);

// === impl DeviceId ===

impl DeviceId {
    /// Bytes of an identifier.
    pub const LEN: usize = 16;

    /// Takes the 16 bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl FromStr for DeviceId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_hexdigit()) {
            return Err(FormError::Character { at: at + 1 });
        }
        let wrong = FormError::Length { found: text.len(), min: 32, max: 32 };
        if text.len() != 32 {
            return Err(wrong);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| wrong)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

// === impl RequestId ===

impl RequestId {
    /// Takes a UUID of any version.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The UUID.
    pub const fn uuid(&self) -> Uuid {
        self.0
    }
}

impl FromStr for RequestId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = text.len();
        if found != uuid::fmt::Hyphenated::LENGTH {
            return Err(FormError::Length { found, min: 36, max: 36 });
        }
        Uuid::try_parse(text).map(Self).map_err(|_| FormError::Rule("it is not a UUID"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

// === impl Authenticator ===

impl Authenticator {
    /// Bytes of an authenticator.
    pub const LEN: usize = 67;

    /// Takes the 67 bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The 67 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl FromStr for Authenticator {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        exact(text).map(Self)
    }
}

impl fmt::Display for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show::<90>(&self.0, f)
    }
}

// === impl CryptoField ===

impl CryptoField {
    /// Reads the text of a `<crypto>`; never fails, for the answer is `BAD_CRYPTO`.
    pub fn read(text: &str) -> Self {
        text.parse().map_or(Self::Unreadable, Self::Given)
    }

    /// Reads what a document has.
    pub(crate) fn of(fields: &Fields<'_>) -> Self {
        fields.text(Tag::Crypto).map_or(Self::Missing, Self::read)
    }

    /// Writes it; an unreadable one as an empty element, so that it stays unreadable.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        match self {
            Self::Missing => {}
            Self::Unreadable => printer.one(Tag::Crypto, ""),
            Self::Given(authenticator) => printer.one(Tag::Crypto, authenticator),
        }
    }

    /// The authenticator where there is one.
    pub const fn authenticator(&self) -> Option<&Authenticator> {
        match self {
            Self::Given(authenticator) => Some(authenticator),
            Self::Missing | Self::Unreadable => None,
        }
    }
}

// === impl Proof ===

impl Proof {
    /// Bytes of a proof.
    pub const LEN: usize = 32;

    /// Takes the 32 bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes; compare them in constant time.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl FromStr for Proof {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        exact(text).map(Self)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show::<43>(&self.0, f)
    }
}

// === impl PubKey ===

impl PubKey {
    /// The most bytes: a 4096-bit RSA key takes 550.
    pub const LEN: usize = 1024;

    /// Takes the DER bytes.
    ///
    /// # Errors
    /// None, or more than [`PubKey::LEN`] bytes.
    pub fn from_der(der: &[u8]) -> Result<Self, FormError> {
        match der.len() {
            1..=Self::LEN => Ok(Self(der.into())),
            found => Err(FormError::Length { found, min: 1, max: Self::LEN }),
        }
    }

    /// The DER bytes.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for PubKey {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let der = URL_SAFE_NO_PAD.decode(text).map_err(|_| FormError::Rule(NOT_BASE64))?;
        Self::from_der(&der)
    }
}

impl fmt::Display for PubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// Said of a text that does not decode.
const NOT_BASE64: &str = "it is not base64url without padding";

/// Decodes exactly `N` bytes without heap.
fn exact<const N: usize>(text: &str) -> Result<[u8; N], FormError> {
    let length = base64::encoded_len(N, false).unwrap_or_default();
    if text.len() != length {
        return Err(FormError::Length { found: text.len(), min: length, max: length });
    }
    let mut bytes = [0; N];
    let read = URL_SAFE_NO_PAD.decode_slice_unchecked(text, &mut bytes);
    match read {
        Ok(read) if read == N => Ok(bytes),
        _ => Err(FormError::Rule(NOT_BASE64)),
    }
}

/// Writes bytes as `N` characters of base64url without heap.
fn show<const N: usize>(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0; N];
    let length = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text).map_err(|_| fmt::Error)?;
    let text = text.get(..length).ok_or(fmt::Error)?;
    f.write_str(str::from_utf8(text).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_an_identifier_in_lower_case() {
        let id: DeviceId = "0102030405060708090A0B0C0D0E0F10".parse().unwrap();
        assert_eq!(id.to_string(), "0102030405060708090a0b0c0d0e0f10");
        assert_eq!(id.as_bytes()[15], 0x10);
        assert!("+102030405060708090A0B0C0D0E0F10".parse::<DeviceId>().is_err());
        assert!("01".parse::<DeviceId>().is_err());
    }

    #[test]
    fn takes_a_request_in_its_hyphenated_form_alone() {
        let text = "0192F0C1-2B3C-7D4E-8F50-123456789ABC";
        let request: RequestId = text.parse().unwrap();
        assert_eq!(request.to_string(), text.to_lowercase());
        for text in ["0192f0c12b3c7d4e8f50123456789abc", "{0192f0c1-2b3c-7d4e-8f50-123456789abc}"] {
            assert!(text.parse::<RequestId>().is_err(), "{text}");
        }
    }

    #[test]
    fn reads_a_crypto_or_says_that_it_cannot() {
        let text = Authenticator::from_bytes([0xfe; 67]).to_string();
        assert_eq!(text.len(), 90);
        let given = CryptoField::Given(Authenticator::from_bytes([0xfe; 67]));
        assert_eq!(CryptoField::read(&text), given);
        assert_eq!(CryptoField::read(""), CryptoField::Unreadable);
        assert_eq!(CryptoField::read(&text.replace('-', "+")), given_unless_standard(&text));
        assert_eq!(CryptoField::read(&format!("{text}=")), CryptoField::Unreadable);
        assert_eq!(CryptoField::read(&"A".repeat(91)), CryptoField::Unreadable);
    }

    /// Standard base64 differs where the text has a `-` or `_`.
    fn given_unless_standard(text: &str) -> CryptoField {
        if text.contains('-') { CryptoField::Unreadable } else { CryptoField::read(text) }
    }

    #[test]
    fn refuses_base64_with_bits_left_over() {
        let mut text = Proof::from_bytes([0; 32]).to_string();
        assert_eq!(text.parse::<Proof>(), Ok(Proof::from_bytes([0; 32])));
        text.replace_range(42.., "B");
        assert!(text.parse::<Proof>().is_err());
    }

    #[test]
    fn bounds_a_public_key() {
        let der = [7; 294];
        let key = PubKey::from_der(&der).unwrap();
        assert_eq!(key.to_string().parse::<PubKey>(), Ok(key));
        assert!("".parse::<PubKey>().is_err());
        assert!(PubKey::from_der(&[0; 1025]).is_err());
    }
}
