//! The fixed-length values that travel, and the numbers.

use std::fmt;

use crypto::random::{self, CryptoRng};
use subtle::ConstantTimeEq;

use crate::print::{self, Base64};

/// The largest number that travels: JavaScript counts no further.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Defines `$len` bytes that travel as base64url without padding.
macro_rules! bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Takes the bytes as they are.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Draws one.
            pub fn random(rng: &mut impl CryptoRng) -> Self {
                Self(random::bytes(rng))
            }

            /// Reads base64url of exactly this length, as it would be printed.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                print::read_base64(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = Base64::of(&self.0);
                f.write_str(str::from_utf8(text.as_bytes()).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

/// Gives a type what only a part of a hash has.
macro_rules! hashed {
    ($($name:ident),+) => {$(
        impl $name {
            /// Takes the first bytes of a hash.
            pub(crate) fn cut(hash: &[u8; 32]) -> Self {
                let mut bytes = [0; Self::LEN];
                for (to, from) in bytes.iter_mut().zip(hash) {
                    *to = *from;
                }
                Self(bytes)
            }

            /// Compares in constant time.
            pub(crate) fn same(self, other: Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }
    )+};
}

bytes! {
    /// Names a session; its caller draws it. `s` in a header.
    SessionId, 16
}
bytes! {
    /// What a callee draws: for a generation (`r`), or once for its start (`c`).
    Nonce, 16
}
bytes! {
    /// One end's public value of X25519. `e` in a header.
    Share, 32
}
bytes! {
    /// The first half of an HMAC-SHA256. `m` in a header.
    Seal, 16
}
bytes! {
    /// Shows that an answer's key is known. `p` in a header, and the whole of `oscartokikey`.
    Proof, 8
}

hashed!(Seal, Proof);

/// The number of a fleet root and of all keys derived from it. `k` in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyNumber(u32);

// === impl KeyNumber ===

impl KeyNumber {
    /// Of a fleet's first root.
    pub const FIRST: Self = Self(1);

    /// The number, from 1.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Takes a number from 1.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// Reads it in decimal.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        decimal(text).and_then(|it| u32::try_from(it).ok()).and_then(Self::new)
    }
}

impl fmt::Display for KeyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads a decimal number as it would be printed, up to [`MAX_NUMBER`].
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number = match text.as_bytes() {
        [b'0'] => Some(0),
        digits @ [b'1'..=b'9', ..] if digits.len() <= 16 => {
            let digit = |it: &u8| it.is_ascii_digit().then(|| u64::from(it - b'0'));
            digits.iter().try_fold(0, |number, it| Some(number * 10 + digit(it)?))
        }
        _ => None,
    };
    number.filter(|it| *it <= MAX_NUMBER)
}

/// Reads Unix milliseconds.
pub(crate) fn time_ms(text: &str) -> Option<i64> {
    decimal(text).and_then(|it| it.try_into().ok())
}

/// Cuts a time to what can travel.
pub(crate) fn clamp_ms(time_ms: i64) -> i64 {
    time_ms.clamp(0, i64::try_from(MAX_NUMBER).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_printed_alone() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("9007199254740991"), Some(MAX_NUMBER));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "9007199254740992", "1e3", "٣"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn reads_base64_as_printed_alone() {
        let text = Proof::new([7; 8]).to_string();
        assert_eq!(Proof::parse(&text), Some(Proof::new([7; 8])));
        // The last character holds four bits that belong to no byte: they must be zero.
        for wrong in ["", "BwcHBwcHBwd", "BwcHBwcHBwc=", "BwcHBwcHBw", "BwcHBwcHB+c"] {
            assert_eq!(Proof::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn zero_is_no_key_number() {
        assert_eq!(KeyNumber::parse("0"), None);
        assert_eq!(KeyNumber::parse("4294967295").map(|it| it.to_string()).unwrap(), "4294967295");
        assert_eq!(KeyNumber::parse("4294967296"), None);
    }
}
