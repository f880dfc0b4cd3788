//! Bytes as people and errors name them.

use std::fmt::Write as _;

/// Writes bytes in hex: how an error names a row.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
