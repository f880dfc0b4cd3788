//! Toki: headers, key files, and the original form.

use std::fmt::Display;
use std::str::FromStr;

use toki::header::{AnswerHeader, ErrorHeader, RequestHeader};
use toki::legacy::LegacyKey;
use toki::{CalleeFile, CallerFile, RootFile};

/// Reads a text as each header and each key file; a header that is taken prints the same bytes.
///
/// # Panics
/// Where it prints others, or a key file's second turn differs from the first.
pub fn fuzz(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    same::<RequestHeader>(text);
    same::<AnswerHeader>(text);
    same::<ErrorHeader>(text);
    if let Ok(file) = RootFile::parse(text) {
        assert_eq!(RootFile::parse(&file.print()), Ok(file));
    }
    if let Ok(file) = CalleeFile::parse(text) {
        assert_eq!(CalleeFile::parse(&file.print()), Ok(file));
    }
    if let Ok(file) = CallerFile::parse(text) {
        assert_eq!(CallerFile::parse(&file.print()), Ok(file));
    }
    if let Some(key) = LegacyKey::new("a key of the original") {
        let _ = key.check(text, 1_795_190_400_123);
    }
}

fn same<T: FromStr + Display>(text: &str) {
    if let Ok(header) = text.parse::<T>() {
        assert_eq!(header.to_string(), text);
    }
}
