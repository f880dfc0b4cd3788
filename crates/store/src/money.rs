//! Sums of amounts, exact.

use std::fmt;

use protocol::Amount;

/// Digits behind the point of an amount, at most.
const SCALE: usize = 4;
/// Ten to the power of [`SCALE`].
const ONE: i128 = 10_000;

/// A sum of amounts of one currency; money that went back counts against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money {
    /// In ten-thousandths.
    units: i128,
}

// === impl Money ===

impl Money {
    /// So many times an amount.
    ///
    /// An amount has 19 digits at most, so that no sum of 64 bits of them overflows.
    #[must_use]
    pub fn times(amount: &Amount, count: i64) -> Self {
        let (whole, fraction) = amount.as_str().split_once('.').unwrap_or((amount.as_str(), ""));
        let digits = format!("{whole}{fraction:0<SCALE$}");
        let units = digits.parse::<i128>().unwrap_or_default();
        Self { units: units.saturating_mul(i128::from(count)) }
    }

    /// The sum with another one.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { units: self.units.saturating_add(other.units) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let units = self.units.unsigned_abs();
        let one = ONE.unsigned_abs();
        let fraction = format!("{:0SCALE$}", units % one);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", units / one),
            fraction => write!(f, "{sign}{}.{fraction}", units / one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_exactly_and_writes_as_amounts_are_written() {
        let times = |amount: &str, count| Money::times(&amount.parse().unwrap(), count);
        for (sum, text) in [
            (times("500", 3), "1500"),
            (times("0.1", 3), "0.3"),
            (times("0.0001", -1), "-0.0001"),
            (times("2.50", 1).plus(times("2.5", 1)), "5"),
            (times("500", 1).plus(times("500", -1)), "0"),
            (times("999999999999999.9999", i64::MAX), "9223372036854775806077662796314522.4193"),
        ] {
            assert_eq!(sum.to_string(), text);
        }
        assert!(times("999.9", 1) < times("1000", 1));
    }
}
