//! The three codes: bought, activating, recharging. They cannot be swapped.

use std::str::FromStr;

use crate::word::{Word, hidden};
use crate::{FormError, luhn};

/// Digits of a purchase or activation code.
const CODE_LEN: usize = 16;

/// Digits of a 16 digit code, spaces and dashes left out.
fn code_digits(text: &str) -> Result<[u8; CODE_LEN], FormError> {
    let mut digits = [0; CODE_LEN];
    let mut found = 0;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b' ' | b'-' => continue,
            b'0'..=b'9' => {}
            _ => return Err(FormError::Character { at: index + 1 }),
        }
        if let Some(place) = digits.get_mut(found) {
            *place = byte;
        }
        found += 1;
    }
    if found == CODE_LEN {
        Ok(digits)
    } else {
        Err(FormError::Length { found, min: CODE_LEN, max: CODE_LEN })
    }
}

/// Defines a secret code of 16 digits.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; CODE_LEN]);

        impl $name {
            /// Digits of a code.
            pub const LEN: usize = CODE_LEN;

            /// Makes a code of 15 ASCII digits by adding the Luhn digit.
            pub fn complete(digits: &[u8; CODE_LEN - 1]) -> Option<Self> {
                let last = luhn::digit(digits)?;
                let mut code = [last; CODE_LEN];
                code.iter_mut().zip(digits).for_each(|(place, &digit)| *place = digit);
                Some(Self(code))
            }

            /// The 16 digits: a secret, never to be logged.
            pub fn digits(&self) -> &str {
                str::from_utf8(&self.0).unwrap_or_default()
            }

            /// The digits in groups of four, for print and for people.
            pub fn grouped(&self) -> String {
                let groups: Vec<String> = self.0.chunks(4)
                    .map(|group| String::from_utf8_lossy(group).into_owned())
                    .collect();
                groups.join(" ")
            }

            /// Whether the last digit is the Luhn digit: otherwise it was mistyped.
            pub fn luhn_ok(&self) -> bool {
                luhn::ok(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                code_digits(text).map(Self)
            }
        }

        hidden!($name);
    };
}

code! {
    /// The code that a customer bought and gives to be topped up.
    ///
    /// # Format
    /// 16 digits; spaces and dashes between them are ignored.
    ///
    /// Source: protocol.md §5
    PurchaseCode
}

code! {
    /// The code that activates one box.
    ///
    /// # Format
    /// 16 digits; spaces and dashes between them are ignored.
    ///
    /// Source: protocol.md §5
    ActivationCode
}

/// The code that credits a SIM, given out for a purchase code.
///
/// # Format
/// 4 to 32 digits.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RechargeCode(Word<32>);

// === impl RechargeCode ===

impl RechargeCode {
    /// The fewest digits of a recharge code.
    pub const LEAST: usize = 4;
    /// The most digits of a recharge code.
    pub const LEN: usize = 32;

    /// The digits: a secret, never to be logged.
    pub fn digits(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for RechargeCode {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        Word::new(text, Self::LEAST, |byte| byte.is_ascii_digit()).map(Self)
    }
}

hidden!(RechargeCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_spaces_and_dashes() {
        let code: PurchaseCode = "1234-5678 9012-3452".parse().unwrap();
        assert_eq!(code.digits(), "1234567890123452");
        assert_eq!(code.grouped(), "1234 5678 9012 3452");
        assert!(code.luhn_ok());
    }

    #[test]
    fn takes_a_mistyped_code_and_tells() {
        assert!(!"1234567890123453".parse::<ActivationCode>().unwrap().luhn_ok());
    }

    #[test]
    fn refuses_what_is_not_sixteen_digits() {
        let wrong = |found| Err(FormError::Length { found, min: 16, max: 16 });
        assert_eq!("123456789012345".parse::<PurchaseCode>(), wrong(15));
        assert_eq!("12345678901234567".parse::<PurchaseCode>(), wrong(17));
        assert_eq!("- -".parse::<PurchaseCode>(), wrong(0));
        assert_eq!("1234.".parse::<PurchaseCode>(), Err(FormError::Character { at: 5 }));
    }

    #[test]
    fn completes_fifteen_digits() {
        assert_eq!(
            PurchaseCode::complete(b"123456789012345").unwrap().digits(),
            "1234567890123452"
        );
        assert_eq!(PurchaseCode::complete(b"12345678901234x"), None);
    }

    #[test]
    fn never_shows_a_code_in_debug() {
        let code: RechargeCode = "12345678901234".parse().unwrap();
        assert_eq!(format!("{code:?}"), "RechargeCode(***)");
        assert_eq!(code.digits(), "12345678901234");
        assert!("123".parse::<RechargeCode>().is_err());
    }
}
