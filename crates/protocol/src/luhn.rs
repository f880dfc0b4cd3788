//! The Luhn check digit of codes and imeis.

/// The digit to put after `digits` (ASCII), or `None` where one is not a digit.
pub fn digit(digits: &[u8]) -> Option<u8> {
    let mut sum = 0_u32;
    for (place, &byte) in digits.iter().rev().enumerate() {
        let value = char::from(byte).to_digit(10)?;
        sum += match (place % 2 == 0, value) {
            (true, 5..) => value * 2 - 9,
            (true, _) => value * 2,
            (false, _) => value,
        };
    }
    char::from_digit((10 - sum % 10) % 10, 10).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether the last of `digits` (ASCII) is the Luhn digit of those before it.
pub fn ok(digits: &[u8]) -> bool {
    digits.split_last().is_some_and(|(&last, rest)| digit(rest) == Some(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_published_numbers() {
        assert!(ok(b"79927398713"));
        assert!(ok(b"1234567890123452"));
        assert!(ok(b"861821032479591"));
    }

    #[test]
    fn refuses_a_wrong_digit_and_what_is_no_digit() {
        assert!(!ok(b"79927398714"));
        assert!(!ok(b"7992739871a"));
        assert!(!ok(b""));
        assert_eq!(digit(b"12 4"), None);
    }
}
