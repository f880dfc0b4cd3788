//! The text of `<crypto>`: what a box proves itself by.

use crypto::{BoxKey, Secret32, aad, authenticator};
use protocol::CryptoField;

/// The key of the box in the published vectors, under which one text of the corpus opens.
fn key() -> Secret32 {
    let mut next = 0x63;
    Secret32::new([0_u8; 32].map(|_| {
        next += 1;
        next
    }))
}

/// Reads a text and tries to open it.
///
/// # Panics
/// Where a text is read back otherwise, or where one opens that the box did not make.
pub fn fuzz(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let CryptoField::Given(given) = CryptoField::read(text) else { return };
    assert_eq!(given.to_string(), text);
    let auth_key = BoxKey::new(key()).auth_key();
    let opened = authenticator::open(given.as_bytes(), &auth_key, &aad::auth("ngondo-box", "1.0"));
    if let Ok(opened) = opened {
        assert_eq!((opened.unix_ms, opened.counter), (1_795_190_400_123, 42));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_of_the_corpus_opens() {
        let text = include_str!("../corpus/authenticator/auth");
        let given = *CryptoField::read(text).authenticator().unwrap();
        let auth_key = BoxKey::new(key()).auth_key();
        let aad = aad::auth("ngondo-box", "1.0");
        assert!(authenticator::open(given.as_bytes(), &auth_key, &aad).is_ok());
    }
}
