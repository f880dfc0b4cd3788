//! Purchase and activation codes: 15 random digits and a Luhn digit.

use rand::CryptoRng;

use crate::random;

/// Draws the 16 ASCII digits of a new code, each equally likely.
///
/// Source: protocol.md §5 (Codes)
pub fn random_digits(rng: &mut impl CryptoRng) -> [u8; 16] {
    let mut digits = [b'0'; 16];
    let mut sum = 0;
    for (at, digit) in digits.iter_mut().take(15).enumerate() {
        let value = random_digit(rng);
        *digit = b'0' + value;
        sum += if at % 2 == 0 { doubled(value) } else { value };
    }
    if let Some(last) = digits.last_mut() {
        *last = b'0' + (10 - sum % 10) % 10;
    }
    digits
}

/// What the Luhn sum takes for a digit at an even place of sixteen.
const fn doubled(digit: u8) -> u8 {
    if digit < 5 { digit * 2 } else { digit * 2 - 9 }
}

/// Draws a digit; bytes from 250 on would favour the low digits and are drawn again.
fn random_digit(rng: &mut impl CryptoRng) -> u8 {
    loop {
        let [byte] = random::bytes(rng);
        if byte < 250 {
            return byte % 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// Luhn as it is usually written, from the right.
    fn luhn_ok(digits: &[u8]) -> bool {
        let values = digits.iter().rev().map(|digit| u32::from(digit - b'0'));
        let sum: u32 = values
            .enumerate()
            .map(|(at, value)| if at % 2 == 1 { value * 2 / 10 + value * 2 % 10 } else { value })
            .sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn codes_have_a_right_luhn_digit_and_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        let codes: Vec<_> = (0..2_000).map(|_| random_digits(&mut rng)).collect();
        assert!(codes.iter().all(|code| code.iter().all(u8::is_ascii_digit) && luhn_ok(code)));
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), codes.len());
    }

    #[test]
    fn digits_are_equally_likely() {
        let mut rng = StdRng::seed_from_u64(2);
        let mut seen = [0_u32; 10];
        for _ in 0..100_000 {
            seen[usize::from(random_digit(&mut rng))] += 1;
        }
        // 100,000 draws: 10,000 each, standard deviation 95.
        assert!(seen.iter().all(|count| (9_500..10_500).contains(count)), "{seen:?}");
    }
}
