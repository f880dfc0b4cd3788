//! Keys, sealing, the box's authenticator and its proof.
//!
//! Everything here is pure: no I/O and no clock; randomness is an argument ([`random::system`] is
//! the one to pass outside tests). Keys live in [`Secret32`], which prints `***` and wipes itself.
//!
//! | job | where |
//! | --- | --- |
//! | master key file, files of derived keys | [`MasterKeys`], [`KeyRing`] |
//! | seal a value for its row, open it | [`seal`], [`open`] |
//! | find a sealed value by its exact text | [`index`] |
//! | the keys of one box | [`BoxKey`] |
//! | `<crypto>`: make, open | [`authenticator`], [`aad`] |
//! | `<proof>`: make, verify | [`proof`] |
//! | what a box is given at its registration | [`credential`] |
//! | purchase and activation codes | [`code`] |
//! | the codes of a batch, for its printer | [`mod@print`] |
//!
//! Source: protocol.md §6 (Keys and sealing), checked against `tests/vectors.json`.

pub mod aad;
pub mod authenticator;
mod box_key;
pub mod code;
pub mod credential;
mod error;
mod key_file;
mod key_id;
mod mac;
mod master_keys;
pub mod print;
pub mod proof;
mod purpose;
pub mod random;
mod ring;
mod rsa_key;
mod sealed;
mod secret;

pub use zeroize::Zeroizing;

pub use crate::box_key::BoxKey;
pub use crate::error::{KeyFileError, KeyFileFault, MissingKeys, NotOpened, RsaKeyError};
pub use crate::key_id::KeyId;
pub use crate::mac::{index, made_macaddr, sha256, sha256_hex};
pub use crate::master_keys::MasterKeys;
pub use crate::purpose::Purpose;
pub use crate::ring::{KeyRing, Keys};
pub use crate::rsa_key::{PrivateKey, PublicKey};
pub use crate::sealed::{key_id_of, open, open_with, seal};
pub use crate::secret::Secret32;
