//! Values printed into a text that is there already: each request prints some sixty of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The decimal digits of a number.
pub(crate) struct Digits {
    bytes: [u8; 20],
    from: usize,
}

/// The base64url of at most 32 bytes.
pub(crate) struct Base64 {
    bytes: [u8; 43],
    len: usize,
}

// === impl Digits ===

impl Digits {
    pub(crate) fn of(mut number: u64) -> Self {
        let mut digits = Self { bytes: [b'0'; 20], from: 20 };
        for byte in digits.bytes.iter_mut().rev() {
            // Below ten: it fits.
            *byte += u8::try_from(number % 10).unwrap_or_default();
            digits.from -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        digits
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }
}

// === impl Base64 ===

impl Base64 {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut text = Self { bytes: [0; 43], len: 0 };
        text.len = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text.bytes).unwrap_or_default();
        text
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The hex digits of a hash.
pub(crate) fn hex(hash: &[u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    // 64 is twice 32: it fits.
    ::hex::encode_to_slice(hash, &mut digits).unwrap_or_default();
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_numbers_as_everybody_does() {
        for number in [0, 1, 9, 10, 99, 100, 1_795_190_400_123, u64::MAX] {
            assert_eq!(Digits::of(number).as_bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn prints_bytes_as_everybody_does() {
        let hash: [u8; 32] = std::array::from_fn(|it| u8::try_from(it * 8).unwrap());
        assert_eq!(hex(&hash), ::hex::encode(hash).as_bytes());
        for bytes in [&hash[..8], &hash[..16], &hash] {
            assert_eq!(Base64::of(bytes).as_bytes(), URL_SAFE_NO_PAD.encode(bytes).as_bytes());
        }
    }
}
