//! Who a key is: the rules, without any database.

use protocol::{Imei, KeyIdentity, MacAddr, Serial};

/// A serial number shorter than this counts as absent.
///
/// Source: protocol.md §3 (CRECORD)
const SERIAL_MIN: usize = 6;

/// Serial numbers that makers leave on every key, in capitals.
const BAD_SERIALS: [&str; 12] = [
    "0123456789",
    "0123456789ABCDEF",
    "012345678901234",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "123456789ABCDEF",
    "1234567890ABCDEF",
    "DEFAULT",
    "UNKNOWN",
];

/// Hardware addresses that firmware and drivers give to many keys: HiLink sticks, the E3372,
/// Qualcomm's and ZTE's.
const GENERIC_MACADDRS: [[u8; 6]; 5] = [
    [0x0c, 0x5b, 0x8f, 0x27, 0x9a, 0x64],
    [0xba, 0xab, 0xbe, 0x34, 0x00, 0x00],
    [0x00, 0xa0, 0xc6, 0x00, 0x00, 0x00],
    [0x36, 0x4b, 0x50, 0xb7, 0xef, 0xda],
    [0x00, 0x11, 0x22, 0x33, 0x44, 0x55],
];

/// Who a key is: its imei and real serial; without an imei, its macaddr.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) macaddr: MacAddr,
    pub(crate) imei: Option<Imei>,
    /// Absent too where it is a bad one.
    pub(crate) serial: Option<Serial>,
}

// === impl Identity ===

impl Identity {
    pub(crate) fn of(key: &KeyIdentity) -> Self {
        Self { macaddr: key.macaddr, imei: key.imei, serial: key.serial.filter(is_real) }
    }

    /// Says whether the macaddr alone cannot tell this key from others.
    pub(crate) fn is_made_up(&self) -> bool {
        self.imei.is_none()
            && (self.macaddr.locally_administered()
                || GENERIC_MACADDRS.contains(&self.macaddr.octets()))
    }

    /// The same text for the same key: what a repeated request is known by.
    pub(crate) fn text(&self) -> String {
        let serial = self.serial.as_ref().map_or("", Serial::as_str);
        match &self.imei {
            Some(imei) => format!("{}/{serial}", imei.as_str()),
            None => format!("{}/{serial}", self.macaddr),
        }
    }
}

fn is_real(serial: &Serial) -> bool {
    let text = serial.as_str();
    let repeated = text.bytes().zip(text.bytes().skip(1)).all(|(left, right)| left == right);
    SERIAL_MIN <= text.len()
        && !repeated
        && !BAD_SERIALS.iter().any(|bad| bad.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serial(text: &str) -> Serial {
        text.parse().unwrap()
    }

    fn by_macaddr(text: &str) -> Identity {
        Identity::of(&KeyIdentity::new(text.parse().unwrap()))
    }

    #[test]
    fn takes_a_serial_of_a_maker() {
        assert!(is_real(&serial("G4PDW16623003677")));
        assert!(is_real(&serial("AAAAAB")));
    }

    #[test]
    fn a_serial_that_every_key_has_counts_as_absent() {
        for bad in ["FFFFFFFFFFFFFFFF", "000000", "0", "AB12C", "0123456789abcdef", "1234567890"] {
            assert!(!is_real(&serial(bad)), "{bad}");
        }
        let mut key = KeyIdentity::new("a8:bb:cc:dd:ee:0f".parse().unwrap());
        key.serial = Some(serial("000000000"));
        assert_eq!(Identity::of(&key).serial, None);
    }

    #[test]
    fn a_made_up_macaddr_names_no_key_by_itself() {
        for made in ["02:f8:ad:6f:70:a0", "0c:5b:8f:27:9a:64", "ba:ab:be:34:00:00"] {
            assert!(by_macaddr(made).is_made_up(), "{made}");
        }
        assert!(!by_macaddr("a8:bb:cc:dd:ee:0f").is_made_up());
    }

    #[test]
    fn with_an_imei_any_macaddr_will_do() {
        let mut identity = by_macaddr("02:f8:ad:6f:70:a0");
        identity.imei = Some("861821032479591".parse().unwrap());
        assert!(!identity.is_made_up());
    }

    #[test]
    fn the_text_is_the_same_for_the_same_key_alone() {
        let mut identity = by_macaddr("A8BBCCDDEE0F");
        assert_eq!(identity.text(), "a8:bb:cc:dd:ee:0f/");
        identity.imei = Some("861821032479591".parse().unwrap());
        assert_eq!(identity.text(), "861821032479591/");
        identity.serial = Some(serial("G4PDW16623003677"));
        assert_eq!(identity.text(), "861821032479591/G4PDW16623003677");
    }
}
