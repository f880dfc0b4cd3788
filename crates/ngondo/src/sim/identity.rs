//! Identities of keys that do not exist.

use protocol::{KeyIdentity, MacAddr, luhn};
use rand::{Rng, RngExt};

/// Makes the identity of a key: macaddr, imei and serial of their form, the rest left out.
///
/// # Panics
///
/// Never: each part is made of its form, which a test holds.
#[expect(clippy::expect_used, reason = "each part is made of its form, which a test holds")]
pub fn made_identity(rng: &mut impl Rng) -> KeyIdentity {
    let mut octets: [u8; 6] = rng.random();
    let [first, second, ..] = &mut octets;
    // Given out by a maker, not a group, not zero.
    (*first, *second) = (0x00, *second | 1);
    let macaddr = MacAddr::from_octets(octets).expect("not a group, not zero");
    let digits: Vec<u8> = (0..12).map(|_| rng.random_range(b'0'..=b'9')).collect();
    let mut imei = [b"86", digits.as_slice()].concat();
    imei.extend(luhn::digit(&imei));
    let number: u64 = rng.random_range(0..10_000_000_000);
    let imei = String::from_utf8(imei).ok().and_then(|it| it.parse().ok());
    let serial = format!("SIM{number:010}").parse().ok();
    KeyIdentity { imei, serial, ..KeyIdentity::new(macaddr) }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn makes_whole_identities_that_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut made: Vec<_> = (0..1000).map(|_| made_identity(&mut rng)).collect();
        assert!(made.iter().all(|it| it.imei.is_some_and(|imei| imei.luhn_ok())));
        assert!(made.iter().all(|it| it.serial.is_some() && !it.macaddr.locally_administered()));
        made.sort_by_key(|it| it.imei);
        made.dedup_by_key(|it| it.imei);
        assert_eq!(made.len(), 1000);
    }
}
