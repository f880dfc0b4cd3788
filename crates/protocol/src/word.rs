//! Short ASCII texts kept inline: `Copy`, without heap.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::FormError;

/// At most `N` ASCII bytes of one character set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

// === impl Word ===

impl<const N: usize> Word<N> {
    /// Copies `text` when it has `min` to `N` bytes, each allowed.
    pub(crate) fn new(text: &str, min: usize, allowed: fn(u8) -> bool) -> Result<Self, FormError> {
        let found = text.len();
        let wrong = FormError::Length { found, min, max: N };
        if let Some(at) = text.bytes().position(|byte| !allowed(byte)) {
            return Err(FormError::Character { at: at + 1 });
        }
        if found < min {
            return Err(wrong);
        }
        let mut bytes = [0; N];
        bytes.get_mut(..found).ok_or(wrong)?.copy_from_slice(text.as_bytes());
        let len = u8::try_from(found).map_err(|_| wrong)?;
        Ok(Self { len, bytes })
    }

    /// The bytes in use.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The text; every byte was checked to be ASCII when it came in.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl<const N: usize> PartialOrd for Word<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for Word<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<const N: usize> Hash for Word<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Word<64> {
    /// The hyphenated text of a UUID: 36 bytes of `0-9 a-f -`.
    pub(crate) fn of_uuid(id: uuid::Uuid) -> Self {
        let mut bytes = [0; 64];
        let len = id.hyphenated().encode_lower(&mut bytes).len();
        Self { len: u8::try_from(len).unwrap_or_default(), bytes }
    }
}

/// Whether `byte` may stand in a name: `A-Z a-z 0-9 . _ -`.
pub(crate) fn name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Whether `byte` is of `A-Z a-z 0-9 -`.
pub(crate) fn dashed_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// Defines a newtype over a [`Word`] of `$min` to `$max` bytes that `$allowed` takes.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $min:literal ..= $max:literal, $allowed:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::word::Word<$max>);

        impl $name {
            /// The longest text of this form, in bytes.
            pub const LEN: usize = $max;

            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::FormError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::word::Word::new(text, $min, $allowed).map(Self)
            }
        }
    };
}

/// Shows a type's `as_str()` in `Display` and `Debug`.
macro_rules! shown {
    ($($name:ident),+) => {$(
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }
    )+};
}

/// Hides a type from `Debug`, so that a log cannot hold its value.
macro_rules! hidden {
    ($($name:ident),+) => {$(
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}

/// Shows a type's `as_str()` in `Display` and hides it from `Debug`: it names a person or a box.
macro_rules! veiled {
    ($($name:ident),+) => {$(
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::word::hidden!($name);
    )+};
}

pub(crate) use {hidden, shown, veiled, word};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_as_texts_do() {
        let mut words = ["b", "aa", "a"].map(|text| Word::<4>::new(text, 1, name_byte).unwrap());
        words.sort();
        assert_eq!(words.map(|word| word.as_str().to_owned()), ["a", "aa", "b"]);
    }

    #[test]
    fn names_what_is_wrong() {
        let new = |text| Word::<4>::new(text, 2, name_byte).err();
        assert_eq!(new("ab cd"), Some(FormError::Character { at: 3 }));
        assert_eq!(new("a"), Some(FormError::Length { found: 1, min: 2, max: 4 }));
        assert_eq!(new("abcde"), Some(FormError::Length { found: 5, min: 2, max: 4 }));
        assert_eq!(new("abcd"), None);
    }
}
