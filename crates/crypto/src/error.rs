//! What could not be done, by cause.

use crate::purpose::Purpose;

/// A sealed value, an authenticator or a wrapped key did not open.
///
/// It never says why: a wrong key, a wrong place and a flipped bit look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("value does not open")]
pub struct NotOpened;

/// A key that a service needs is not in its key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key file holds no `{purpose}` key: write it again with \
     `ngondo keys export --role ROLE`"
)]
pub struct MissingKeys {
    /// What the key is for.
    pub purpose: Purpose,
}

/// A key file does not parse; the message names the line and the cure, never a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct KeyFileError {
    /// Line of the fault, from 1; for a fault of the whole file, its last line.
    pub line: usize,
    /// What is wrong there.
    pub fault: KeyFileFault,
}

/// What is wrong with a line of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileFault {
    /// The file holds no key.
    #[error("no key in the file: make one with `ngondo keys init`")]
    Empty,
    /// A line does not have the fields of a master key file.
    #[error("not `ID KEY [current]`: restore the file from its backup")]
    MasterForm,
    /// A line does not have the fields of a file of derived keys.
    #[error(
        "not `PURPOSE ID KEY [current]`: export it again with `ngondo keys export --role ROLE`"
    )]
    DerivedForm,
    /// The first field is no purpose.
    #[error("unknown purpose: use wrap, recharge, vault, index, pepper or client")]
    Purpose,
    /// The id is not 8 hex digits.
    #[error("the key's id is not 8 hex digits: restore the file from its backup")]
    Id,
    /// The key is not 64 hex digits.
    #[error("the key is not 64 hex digits (32 bytes): restore the file from its backup")]
    Key,
    /// The word after the key is not `current`.
    #[error("only the word `current` may follow the key: remove what stands there")]
    Mark,
    /// The same id stands there twice.
    #[error("this id is in the file already: remove one of the two lines")]
    Repeated,
    /// Two keys of one purpose are current.
    #[error("a second key is marked `current`: leave the mark on one line")]
    TwoCurrent,
    /// Of several keys none is current.
    #[error("none of the keys is marked `current`: put the mark on the newest")]
    NoCurrent,
}

/// An RSA key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RsaKeyError {
    /// Not SPKI DER of an RSA key, or larger than 4096 bits.
    #[error("not an RSA public key of at most 4096 bits in SPKI DER")]
    Form,
    /// Under 2048 bits, or over 4096.
    #[error("RSA key of {bits} bits, not of 2048 to 4096")]
    Size {
        /// Length of the modulus.
        bits: usize,
    },
    /// The exponent is not 65537.
    #[error("RSA exponent is not 65537")]
    Exponent,
    /// Not a PKCS#8 private key.
    #[error("not an RSA private key in PKCS#8")]
    Private,
    /// The library could not make or encrypt with the key.
    #[error("RSA operation failed")]
    Operation,
}
