//! The master key file.

use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::error::KeyFileError;
use crate::key_file;
use crate::key_id::KeyId;
use crate::purpose::Purpose;
use crate::ring::{KeyRing, Keys};
use crate::secret::Secret32;

/// Holds the master keys, from which all others but the box keys are derived.
///
/// # Format
/// One line a key, `id hex [current]`; blank lines and lines from `#` on are left out. A sole key
/// needs no mark.
///
/// Source: protocol.md §6 (Keys and sealing)
#[derive(Debug, Clone)]
pub struct MasterKeys(Keys);

// === impl MasterKeys ===

impl MasterKeys {
    /// Makes a file of one new key.
    pub fn generate(id: KeyId, rng: &mut impl CryptoRng) -> Self {
        Self(Keys::sole(id, Secret32::random(rng)))
    }

    /// Reads a master key file.
    ///
    /// # Errors
    /// The first line that is not `id hex [current]`, a repeated id, no or two current keys.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        Keys::collect(key_file::master(text)?).map(Self)
    }

    /// Prints the master key file.
    pub fn print(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from("# id key [current]\n"));
        key_file::print(&mut text, "", &self.0);
        text
    }

    /// Derives the keys of the purposes that a service may have.
    pub fn derive(&self, purposes: &[Purpose]) -> KeyRing {
        purposes
            .iter()
            .map(|purpose| (*purpose, self.0.map(|key| key.derive(purpose.info()))))
            .collect()
    }

    /// Goes over the ids, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn refused(text: &str) -> String {
        let message = MasterKeys::parse(text).expect_err("refused").to_string();
        assert!(!message.contains("0123456789abcdef"), "shows a key: {message}");
        message
    }

    #[test]
    fn reads_what_it_prints() {
        let id = KeyId::new([0, 0, 0, 1]);
        let keys = MasterKeys::generate(id, &mut random::system());
        let again = MasterKeys::parse(&keys.print()).expect("parses");
        assert_eq!(*again.print(), *keys.print());
        assert_eq!(again.ids().collect::<Vec<_>>(), [id]);
    }

    #[test]
    fn takes_comments_blank_lines_and_crlf() {
        let text = format!("\u{feff}# keys\r\n\r\n00000001 {KEY}\r\n0000000A {KEY} current\r\n");
        let ids: Vec<_> =
            MasterKeys::parse(&text).expect("parses").ids().map(|id| id.to_string()).collect();
        assert_eq!(ids, ["0000000a", "00000001"]);
    }

    #[test]
    fn names_the_line_and_the_cure() {
        let short = &KEY[1..];
        for (text, message) in [
            (String::new(), "line 1: no key in the file: make one with `ngondo keys init`"),
            (
                format!("\n{KEY}"),
                "line 2: not `ID KEY [current]`: restore the file from its backup",
            ),
            (
                format!("1 {KEY}"),
                "line 1: the key's id is not 8 hex digits: restore the file from its backup",
            ),
            (
                format!("# k\n00000001 {short}"),
                "line 2: the key is not 64 hex digits (32 bytes): restore the file from its backup",
            ),
            (
                format!("00000001 {KEY} old"),
                "line 1: only the word `current` may follow the key: remove what stands there",
            ),
            (
                format!("00000001 {KEY} current\n00000001 {KEY}"),
                "line 2: this id is in the file already: remove one of the two lines",
            ),
            (
                format!("00000001 {KEY} current\n00000002 {KEY} current"),
                "line 2: a second key is marked `current`: leave the mark on one line",
            ),
            (
                format!("00000001 {KEY}\n00000002 {KEY}"),
                "line 2: none of the keys is marked `current`: put the mark on the newest",
            ),
        ] {
            assert_eq!(refused(&text), message);
        }
    }
}
