//! What tells one 4G key or SIM from another.

use std::fmt;
use std::str::FromStr;

use crate::word::{Word, dashed_byte, hidden, shown, veiled, word};
use crate::{FormError, luhn};

/// The hardware address of a key.
///
/// # Format
/// Six hex pairs, `:` or `-` between them or none, any case; written `aa:bb:cc:dd:ee:ff`. A group
/// address, all zeros and all ones are refused.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr([u8; 6]);

/// The equipment identity of a key: 15 digits.
///
/// # Format
/// 15 digits, or the 16 of an IMEISV, which are cut to 14 and completed. A wrong Luhn digit is
/// taken: some keys have one.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imei(Word<15>);

/// The number of a SIM card.
///
/// # Format
/// 18 to 20 digits; an `F` at the end is left out.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iccid(Word<20>);

/// A phone number.
///
/// # Format
/// `+` and 8 to 15 digits.
///
/// Source: protocol.md §2
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(Word<16>);

word! {
    /// The serial number that a key's maker gave it.
    ///
    /// # Format
    /// 1 to 32 of `A-Z a-z 0-9 -`.
    ///
    /// Source: protocol.md §3 (CRECORD)
    Serial, 1..=32, dashed_byte
}

word! {
    /// The subscriber identity in a SIM.
    ///
    /// # Format
    /// 14 or 15 digits.
    ///
    /// Source: protocol.md §3 (CRECORD)
    Imsi, 14..=15, is_digit
}

shown!(Serial);
veiled!(Imei, Imsi, Iccid, Msisdn);
hidden!(MacAddr);

// === impl MacAddr ===

impl MacAddr {
    /// Bytes of an address.
    pub const LEN: usize = 6;

    /// Takes an address that names one key.
    ///
    /// # Errors
    /// A group address, all zeros, all ones.
    pub fn from_octets(octets: [u8; Self::LEN]) -> Result<Self, FormError> {
        let [first, ..] = octets;
        if first & 1 == 1 {
            return Err(FormError::Rule("it is a group address"));
        }
        if octets == [0; Self::LEN] {
            return Err(FormError::Rule("it is all zeros"));
        }
        Ok(Self(octets))
    }

    /// The six bytes.
    pub const fn octets(&self) -> [u8; Self::LEN] {
        self.0
    }

    /// Whether the address was made up rather than given out by a maker.
    pub fn locally_administered(&self) -> bool {
        let [first, ..] = self.0;
        first & 2 == 2
    }
}

impl FromStr for MacAddr {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let step = match text.len() {
            12 => 2,
            17 => 3,
            found => return Err(FormError::Length { found, min: 12, max: 17 }),
        };
        let separator = text.as_bytes().get(2).copied().filter(|_| step == 3);
        let mut octets = [0; Self::LEN];
        for (index, byte) in text.bytes().enumerate() {
            let wrong = FormError::Character { at: index + 1 };
            if index % step == 2 {
                let allowed = matches!(byte, b':' | b'-') && Some(byte) == separator;
                allowed.then_some(()).ok_or(wrong)?;
                continue;
            }
            let nibble = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let octet = octets.get_mut(index / step).ok_or(wrong)?;
            *octet = *octet << 4 | nibble.ok_or(wrong)?;
        }
        Self::from_octets(octets)
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, octet) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

// === impl Imei ===

impl Imei {
    /// Digits of an imei.
    pub const LEN: usize = 15;

    /// The 15 digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the last digit is the Luhn digit; a wrong one is worth a warning.
    pub fn luhn_ok(&self) -> bool {
        luhn::ok(self.0.as_bytes())
    }
}

impl FromStr for Imei {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if text.len() != 16 {
            return Word::new(text, 15, is_digit).map(Self);
        }
        Word::<16>::new(text, 16, is_digit)?;
        let kept = text.get(..14).unwrap_or_default();
        let last = luhn::digit(kept.as_bytes()).map_or('0', char::from);
        Word::new(&format!("{kept}{last}"), 15, is_digit).map(Self)
    }
}

// === impl Iccid ===

impl Iccid {
    /// The most digits of an iccid.
    pub const LEN: usize = 20;

    /// The digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Iccid {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let digits = text.strip_suffix(['F', 'f']).unwrap_or(text);
        Word::new(digits, 18, is_digit).map(Self)
    }
}

// === impl Msisdn ===

impl Msisdn {
    /// The longest number, its `+` included.
    pub const LEN: usize = 16;

    /// The number with its `+`.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Msisdn {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let digits = text.strip_prefix('+').ok_or(FormError::Character { at: 1 })?;
        Word::<15>::new(digits, 8, is_digit)?;
        Word::new(text, 9, |_| true).map(Self)
    }
}

/// Whether `byte` is an ASCII digit.
fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_every_spelling_of_a_macaddr_alike() {
        for text in ["A8BBCCDDEE0F", "a8-bb-cc-dd-ee-0f", "A8:bb:CC:dd:EE:0f"] {
            assert_eq!(text.parse::<MacAddr>().unwrap().to_string(), "a8:bb:cc:dd:ee:0f");
        }
    }

    #[test]
    fn refuses_a_macaddr_that_names_no_key() {
        for text in [
            "01:bb:cc:dd:ee:0f",
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "a8:bb-cc:dd:ee:0f",
            "a8:bb:cc:dd:ee",
            "a8:bb:cc:dd:ee:0g",
            "a8.bb.cc.dd.ee.0f",
            "a8bbccddee0é",
            ":8bbccddee0ff",
        ] {
            assert!(text.parse::<MacAddr>().is_err(), "{text}");
        }
    }

    #[test]
    fn cuts_and_completes_an_imeisv() {
        assert_eq!("8618210324795903".parse::<Imei>().unwrap().as_str(), "861821032479591");
    }

    #[test]
    fn takes_an_imei_with_a_wrong_luhn_digit_and_tells() {
        assert!("861821032479591".parse::<Imei>().unwrap().luhn_ok());
        assert!(!"861821032479592".parse::<Imei>().unwrap().luhn_ok());
        assert!("86182103247959".parse::<Imei>().is_err());
    }

    #[test]
    fn leaves_out_the_f_of_an_iccid() {
        let iccid: Iccid = "8923700000012345678F".parse().unwrap();
        assert_eq!(iccid.as_str(), "8923700000012345678");
        assert!("89237000000123456F".parse::<Iccid>().is_err());
        assert!("FF".parse::<Iccid>().is_err());
    }

    #[test]
    fn asks_a_msisdn_for_its_plus() {
        assert_eq!("+237650000001".parse::<Msisdn>().unwrap().as_str(), "+237650000001");
        for text in ["237650000001", "+1234567", "+1234567890123456", "++23765000000"] {
            assert!(text.parse::<Msisdn>().is_err(), "{text}");
        }
    }

    #[test]
    fn hides_from_debug_what_a_log_may_not_hold() {
        let mac: MacAddr = "a8:bb:cc:dd:ee:0f".parse().unwrap();
        assert_eq!(format!("{mac:?}"), "MacAddr(***)");
        let imsi: Imsi = "62401000000001".parse().unwrap();
        assert_eq!(format!("{imsi:?}"), "Imsi(***)");
    }
}
