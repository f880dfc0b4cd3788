//! Sizes and exponents are refused on keys made for it; sealing works both ways.

use rsa::pkcs8::EncodePublicKey;

use super::*;
use crate::random;

/// A public key whose modulus has this many bits; nobody knows its factors.
fn made(bits: usize, exponent: u32) -> Vec<u8> {
    let modulus = (BigUint::from(1_u8) << (bits - 1)) + BigUint::from(1_u8);
    let key = RsaPublicKey::new_unchecked(modulus, BigUint::from(exponent));
    key.to_public_key_der().expect("encodes").into_vec()
}

#[test]
fn takes_2048_to_4096_bits_with_the_usual_exponent() {
    for bits in [2048, 3072, 4096] {
        assert!(PublicKey::from_spki_der(&made(bits, EXPONENT)).is_ok(), "{bits}");
    }
    for bits in [512, 1024, 2047] {
        let size = Err(RsaKeyError::Size { bits });
        assert_eq!(PublicKey::from_spki_der(&made(bits, EXPONENT)), size);
    }
    assert_eq!(PublicKey::from_spki_der(&made(4097, EXPONENT)), Err(RsaKeyError::Form));
    for exponent in [3, 17, 65_539] {
        let refused = Err(RsaKeyError::Exponent);
        assert_eq!(PublicKey::from_spki_der(&made(2048, exponent)), refused);
    }
}

#[test]
fn refuses_other_bytes() {
    let der = made(2048, EXPONENT);
    let mut longer = der.clone();
    longer.push(0);
    for bytes in [&[][..], b"hello", &der[1..], &der[..der.len() - 1], &longer] {
        assert_eq!(PublicKey::from_spki_der(bytes), Err(RsaKeyError::Form));
    }
    assert!(matches!(PrivateKey::from_pkcs8_pem("hello"), Err(RsaKeyError::Private)));
}

#[test]
fn opens_what_was_encrypted_for_it() {
    let private = PrivateKey::generate().expect("made");
    let again = PrivateKey::from_pkcs8_pem(&private.to_pkcs8_pem().expect("printed"));
    let public = PublicKey::from_spki_der(&private.public_der().expect("printed")).expect("good");
    let mut rng = random::system();
    let sealed = public.encrypt(&mut rng, b"secret").expect("encrypts");
    assert_ne!(sealed, public.encrypt(&mut rng, b"secret").expect("encrypts"));
    assert_eq!(**again.expect("parses").decrypt(&sealed).expect("opens"), *b"secret");
    assert_eq!(format!("{private:?}"), "***");
}

#[test]
fn every_changed_byte_keeps_it_shut() {
    let private = PrivateKey::generate().expect("made");
    let public = PublicKey::from_spki_der(&private.public_der().expect("printed")).expect("good");
    let sealed = public.encrypt(&mut random::system(), b"secret").expect("encrypts");
    for at in 0..sealed.len() {
        let mut other = sealed.clone();
        other[at] ^= 1;
        assert_eq!(private.decrypt(&other), Err(NotOpened), "byte {at}");
    }
}
