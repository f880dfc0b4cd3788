//! Who asks: a kind and a keyed hash.

use std::fmt;
use std::str::FromStr;

use crate::FormError;
use crate::word::{Word, shown};

/// What a [`Client`] is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientKind {
    /// Its IP address.
    Address,
    /// Its phone number.
    Msisdn,
    /// The box whose crypto opened.
    Device,
}

/// Who asks: `address:`, `msisdn:` or `box:` and a keyed hash.
///
/// # Format
/// The kind, `:`, 1 to 64 of `A-Z a-z 0-9 _ -`.
///
/// Source: protocol.md §3
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    kind: ClientKind,
    text: Word<72>,
}

// === impl ClientKind ===

impl ClientKind {
    /// The word before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Msisdn => "msisdn",
            Self::Device => "box",
        }
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Client ===

impl Client {
    /// Names a client by its kind and the text of its keyed hash.
    ///
    /// # Errors
    /// Those of [`Client::from_str`].
    pub fn new(kind: ClientKind, hash: &str) -> Result<Self, FormError> {
        format!("{kind}:{hash}").parse()
    }

    /// What the client is known by.
    pub const fn kind(&self) -> ClientKind {
        self.kind
    }

    /// The text of the keyed hash.
    pub fn hash(&self) -> &str {
        self.as_str().split_once(':').map_or("", |(_, hash)| hash)
    }

    /// The whole text: kind, colon, hash.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

impl FromStr for Client {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let (kind, hash) = text.split_once(':').ok_or(FormError::Rule("it has no colon"))?;
        let kind = match kind {
            "address" => ClientKind::Address,
            "msisdn" => ClientKind::Msisdn,
            "box" => ClientKind::Device,
            _ => return Err(FormError::Rule("its kind is not address, msisdn or box")),
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        Word::<64>::new(hash, 1, allowed)?;
        Ok(Self { kind, text: Word::new(text, 1, |_| true)? })
    }
}

shown!(Client);
