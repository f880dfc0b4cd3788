//! Key files: master keys and what is derived from them.

use crypto::{KeyRing, MasterKeys};

/// Reads a file of either kind; a master file that is taken is printed and taken again.
///
/// # Panics
/// Where a second turn differs from the first.
pub fn fuzz(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    drop(KeyRing::parse(text));
    let Ok(keys) = MasterKeys::parse(text) else { return };
    let printed = keys.print();
    let again = MasterKeys::parse(&printed).map(|keys| keys.print());
    assert_eq!(again.as_deref().map(String::as_str).ok(), Some(printed.as_str()));
}
