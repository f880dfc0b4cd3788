//! The derived keys of a service.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::error::{KeyFileError, KeyFileFault, MissingKeys};
use crate::key_file::{self, Entry};
use crate::key_id::KeyId;
use crate::master_keys::MasterKeys;
use crate::purpose::Purpose;
use crate::secret::Secret32;

/// Holds the keys of one purpose: the current one, with which new values are sealed, and the
/// older ones, which still open theirs.
#[derive(Debug, Clone)]
pub struct Keys {
    current: (KeyId, Secret32),
    older: Vec<(KeyId, Secret32)>,
}

/// Holds the derived keys that a service has.
///
/// # Format
/// One line a key, `purpose id hex [current]`; blank lines and lines from `#` on are left out.
/// A sole key of a purpose needs no mark.
///
/// Source: protocol.md §6 (Keys and sealing)
#[derive(Debug, Clone)]
pub struct KeyRing(BTreeMap<Purpose, Keys>);

// === impl Keys ===

impl Keys {
    /// Returns the key with which new values are sealed.
    pub fn current(&self) -> (KeyId, &Secret32) {
        let (id, key) = &self.current;
        (*id, key)
    }

    /// Finds a key by its id.
    pub fn by_id(&self, id: KeyId) -> Option<&Secret32> {
        self.iter().find(|(it, _)| *it == id).map(|(_, key)| key)
    }

    /// Goes over all keys, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = (KeyId, &Secret32)> {
        std::iter::once(&self.current).chain(&self.older).map(|(id, key)| (*id, key))
    }

    /// Derives the key of the same id and mark for each.
    pub(crate) fn map(&self, derive: impl Fn(&Secret32) -> Secret32) -> Self {
        let one = |(id, key): &(KeyId, Secret32)| (*id, derive(key));
        Self { current: one(&self.current), older: self.older.iter().map(one).collect() }
    }

    /// Makes a set of one key.
    pub(crate) fn sole(id: KeyId, key: Secret32) -> Self {
        Self { current: (id, key), older: Vec::new() }
    }

    /// Sorts the lines of one purpose into the current key and the older ones.
    pub(crate) fn collect(mut entries: Vec<Entry>) -> Result<Self, KeyFileError> {
        let at = current_of(&entries)?;
        let current = entries.remove(at);
        Ok(Self {
            current: (current.id, current.key),
            older: entries.into_iter().map(|entry| (entry.id, entry.key)).collect(),
        })
    }
}

// === impl KeyRing ===

impl KeyRing {
    /// Reads a file of derived keys.
    ///
    /// # Errors
    /// The first line that is not `purpose id hex [current]`, a repeated id, no or two current keys.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut lines: BTreeMap<Purpose, Vec<Entry>> = BTreeMap::new();
        for (purpose, entry) in key_file::derived(text)? {
            lines.entry(purpose).or_default().push(entry);
        }
        let keys = lines.into_iter().map(|(purpose, of)| Ok((purpose, Keys::collect(of)?)));
        Ok(Self(keys.collect::<Result<_, KeyFileError>>()?))
    }

    /// Reads a file of derived keys or a master key file, and keeps the purposes asked for.
    ///
    /// A purpose that a file of derived keys lacks is found out by [`KeyRing::get`].
    ///
    /// # Errors
    /// As [`KeyRing::parse`] and [`MasterKeys::parse`].
    pub fn read(text: &str, purposes: &[Purpose]) -> Result<Self, KeyFileError> {
        if key_file::is_master(text) {
            return Ok(MasterKeys::parse(text)?.derive(purposes));
        }
        let Self(mut keys) = Self::parse(text)?;
        keys.retain(|purpose, _| purposes.contains(purpose));
        Ok(Self(keys))
    }

    /// Returns the keys of a purpose.
    ///
    /// # Errors
    /// [`MissingKeys`] when the file has none.
    pub fn get(&self, purpose: Purpose) -> Result<&Keys, MissingKeys> {
        self.0.get(&purpose).ok_or(MissingKeys { purpose })
    }

    /// Prints the file of derived keys.
    pub fn print(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from("# purpose id key [current]\n"));
        for (purpose, keys) in &self.0 {
            key_file::print(&mut text, &format!("{purpose} "), keys);
        }
        text
    }

    /// Goes over the purposes that it has keys for.
    pub fn purposes(&self) -> impl Iterator<Item = Purpose> {
        self.0.keys().copied()
    }
}

impl FromIterator<(Purpose, Keys)> for KeyRing {
    fn from_iter<I: IntoIterator<Item = (Purpose, Keys)>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// Finds the current key among the lines of one purpose; a repeated id is a fault.
fn current_of(entries: &[Entry]) -> Result<usize, KeyFileError> {
    let mut current = if entries.len() == 1 { Some(0) } else { None };
    for (at, entry) in entries.iter().enumerate() {
        let before = entries.iter().take(at);
        if before.clone().any(|it| it.id == entry.id) {
            return Err(entry.fault(KeyFileFault::Repeated));
        }
        if entry.current && before.clone().any(|it| it.current) {
            return Err(entry.fault(KeyFileFault::TwoCurrent));
        }
        if entry.current {
            current = Some(at);
        }
    }
    let line = entries.last().map_or(1, |entry| entry.line);
    let fault = if entries.is_empty() { KeyFileFault::Empty } else { KeyFileFault::NoCurrent };
    current.ok_or(KeyFileError { line, fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(byte: &str) -> String {
        byte.repeat(32)
    }

    #[test]
    fn reads_what_it_prints() {
        let text = format!(
            "# purpose id key [current]\nwrap 00000002 {} current\nwrap 00000001 {}\n\
             client 00000002 {} current\n",
            hex("0b"),
            hex("0a"),
            hex("0c")
        );
        let ring = KeyRing::parse(&text).expect("parses");
        assert_eq!(*ring.print(), text);
        let wrap = ring.get(Purpose::Wrap).expect("there");
        assert_eq!(wrap.current().0.to_string(), "00000002");
        let old = "00000001".parse().expect("an id");
        assert_eq!(*wrap.by_id(old).expect("there").to_hex(), hex("0a"));
        assert_eq!(wrap.iter().count(), 2);
    }

    #[test]
    fn names_the_purpose_that_is_missing() {
        let ring = KeyRing::parse(&format!("client 00000001 {}", hex("0a"))).expect("parses");
        let missing = ring.get(Purpose::Wrap).expect_err("not there");
        assert_eq!(
            missing.to_string(),
            "the key file holds no `wrap` key: write it again with `ngondo keys export --role ROLE`"
        );
    }

    #[test]
    fn reads_either_file_and_keeps_what_is_asked() {
        let master = format!("00000001 {} current", hex("0a"));
        let ring = KeyRing::read(&master, &[Purpose::Client]).expect("a master file");
        assert_eq!(ring.purposes().collect::<Vec<_>>(), [Purpose::Client]);
        let derived = MasterKeys::parse(&master).expect("parses").derive(&Purpose::ALL).print();
        let again = KeyRing::read(&derived, &[Purpose::Client]).expect("a derived file");
        assert_eq!(*again.print(), *ring.print());
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = KeyRing::parse(&format!("client 00000001 {}", hex("0a"))).expect("parses");
        let debug = format!("{ring:?}");
        assert!(debug.contains("***") && !debug.contains("10, 10") && !debug.contains("0a0a"));
    }
}
