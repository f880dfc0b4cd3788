//! Values printed into a text that is there already: each request prints some sixty of them.

/// The letters of base64url, by what they stand for.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// What each byte stands for in base64url; [`NONE`] where it is no letter of it.
const VALUES: [u8; 256] = values();
const NONE: u8 = 64;

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
        let mut text = Self { bytes: [0; 43], len: (bytes.len() * 4).div_ceil(3) };
        let (threes, left) = bytes.as_chunks();
        let (fours, over) = text.bytes.as_chunks_mut();
        for (four, [first, second, third]) in fours.iter_mut().zip(threes) {
            *four = letters([*first, *second, *third]);
        }
        if let [first, more @ ..] = left {
            let last = letters([*first, more.first().copied().unwrap_or_default(), 0]);
            let place = fours.get_mut(threes.len()).map_or(over, |four| four.as_mut_slice());
            for (to, from) in place.iter_mut().zip(last) {
                *to = from;
            }
        }
        text
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Reads base64url of exactly `N` bytes as it would be printed: without padding, and with zeros for
/// the bits of the last letter that belong to no byte.
pub(crate) fn read_base64<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != (N * 4).div_ceil(3) {
        return None;
    }
    let (mut bytes, mut wrong) = ([0; N], 0);
    let (threes, left) = bytes.as_chunks_mut();
    let (fours, last) = text.as_bytes().as_chunks();
    for (three, four) in threes.iter_mut().zip(fours) {
        *three = three_of(*four, &mut wrong);
    }
    if !left.is_empty() {
        // What is missing of four letters stands for zeros, and so must the last letter's bits do
        // that belong to no byte.
        let mut four = [b'A'; 4];
        for (to, from) in four.iter_mut().zip(last) {
            *to = *from;
        }
        let three = three_of(four, &mut wrong);
        let over = three.iter().skip(left.len());
        wrong |= over.fold(0, |wrong, bits| wrong | bits);
        for (to, from) in left.iter_mut().zip(three) {
            *to = from;
        }
    }
    (wrong == 0).then_some(bytes)
}

/// The hex digits of a hash.
pub(crate) fn hex(hash: &[u8; 32]) -> [u8; 64] {
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
    let mut digits = [0; 64];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(hash) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    digits
}

/// The three bytes of four letters; what is no letter sets a bit of `wrong`.
fn three_of(letters: [u8; 4], wrong: &mut u8) -> [u8; 3] {
    let word = letters.iter().fold(0, |word, letter| {
        let value = VALUES.get(usize::from(*letter)).copied().unwrap_or(NONE);
        *wrong |= value & NONE;
        word << 6 | u32::from(value & !NONE)
    });
    let [_, first, second, third] = word.to_be_bytes();
    [first, second, third]
}

/// The four letters of three bytes.
fn letters([first, second, third]: [u8; 3]) -> [u8; 4] {
    let word = u32::from_be_bytes([0, first, second, third]);
    [word >> 18, word >> 12, word >> 6, word].map(|bits| {
        let [.., low] = bits.to_be_bytes();
        LETTERS.get(usize::from(low & 63)).copied().unwrap_or_default()
    })
}

#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "done when it is compiled, where nothing else can be; a byte is an index"
)]
const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < NONE {
        values[LETTERS[value as usize] as usize] = value;
        value += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn reads_what_everybody_prints_and_nothing_else(
            bytes: [u8; 32],
            at in 0_usize..43,
            other: u8,
        ) {
            let text = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(read_base64(&text), Some(bytes));
            for some in [&bytes[..8], &bytes[..16], &bytes] {
                let printed = Base64::of(some).as_bytes().to_vec();
                prop_assert_eq!(printed, URL_SAFE_NO_PAD.encode(some).into_bytes());
            }
            let mut changed = text.into_bytes();
            changed[at] = other & 0x7f;
            let changed = String::from_utf8(changed).unwrap();
            let everybody = URL_SAFE_NO_PAD.decode(&changed).ok().map(|it| it.try_into().unwrap());
            prop_assert_eq!(read_base64::<32>(&changed), everybody);
            let short = &changed[..22];
            let everybody = URL_SAFE_NO_PAD.decode(short).ok().map(|it| it.try_into().unwrap());
            prop_assert_eq!(read_base64::<16>(short), everybody);
            let short = &changed[..11];
            let everybody = URL_SAFE_NO_PAD.decode(short).ok().map(|it| it.try_into().unwrap());
            prop_assert_eq!(read_base64::<8>(short), everybody);
        }
    }
}
