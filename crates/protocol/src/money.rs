//! Amounts, currencies and what to dial.

use std::str::FromStr;

use crate::FormError;
use crate::word::{Word, hidden, shown, word};

/// An amount of money.
///
/// # Format
/// A decimal number with a point and no grouping: 1 to 15 digits, then a point and 1 to 4 digits,
/// if any; written without leading zeros.
///
/// Source: protocol.md §2
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount(Word<20>);

/// A currency of ISO 4217, such as `XAF`.
///
/// # Format
/// Three of `A-Z`.
///
/// Source: protocol.md §2
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(Word<3>);

word! {
    /// What to dial to credit a SIM, the recharge code filled in: a secret.
    ///
    /// # Format
    /// 1 to 64 of `0-9 * #`.
    ///
    /// Source: protocol.md §2
    Ussd, 1..=64, ussd_byte
}

shown!(Amount, Currency);
hidden!(Ussd);

// === impl Amount ===

impl Amount {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Amount {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
        Word::<15>::new(whole, 1, |byte| byte.is_ascii_digit())?;
        if let Some(fraction) = fraction {
            Word::<4>::new(fraction, 1, |byte| byte.is_ascii_digit())?;
        }
        let zeros = whole.len() - whole.trim_start_matches('0').len().max(1);
        Word::new(text.get(zeros..).unwrap_or_default(), 1, |_| true).map(Self)
    }
}

// === impl Currency ===

impl Currency {
    /// The three letters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Currency {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        Word::new(text, 3, |byte| byte.is_ascii_uppercase()).map(Self)
    }
}

/// Whether `byte` can be dialled in a USSD request.
fn ussd_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'*' | b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_an_amount_without_leading_zeros() {
        for (text, written) in
            [("500", "500"), ("0500.00", "500.00"), ("000", "0"), ("00.5", "0.5")]
        {
            assert_eq!(text.parse::<Amount>().unwrap().as_str(), written);
        }
    }

    #[test]
    fn refuses_grouping_signs_and_commas() {
        for text in ["", ".5", "5.", "1,000", "1 000", "-5", "+5", "1.2.3", "1e3", "5.00000"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn takes_three_capitals_as_a_currency() {
        assert_eq!("XAF".parse::<Currency>().unwrap().to_string(), "XAF");
        assert!("xaf".parse::<Currency>().is_err());
        assert!("XA".parse::<Currency>().is_err());
    }

    #[test]
    fn hides_what_to_dial_from_debug() {
        let ussd: Ussd = "*150*123456#".parse().unwrap();
        assert_eq!(format!("{ussd:?}"), "Ussd(***)");
        assert_eq!(ussd.as_str(), "*150*123456#");
        assert!("*150*a#".parse::<Ussd>().is_err());
    }
}
