//! One X25519 exchange.

use crypto::Secret32;
use crypto::random::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::form::Share;

/// One end's secret, drawn for one session.
#[derive(Debug, Clone)]
pub(crate) struct Ephemeral(Secret32);

// === impl Ephemeral ===

impl Ephemeral {
    pub(crate) fn random(rng: &mut impl CryptoRng) -> Self {
        Self(Secret32::random(rng))
    }

    /// What the other end is told.
    pub(crate) fn share(&self) -> Share {
        Share::new(PublicKey::from(&self.secret()).to_bytes())
    }

    /// What both ends know alone; `None` where the other's value would make it a constant.
    pub(crate) fn agree(&self, other: &Share) -> Option<Secret32> {
        let shared = self.secret().diffie_hellman(&PublicKey::from(*other.bytes()));
        shared.was_contributory().then(|| Secret32::new(shared.to_bytes()))
    }

    fn secret(&self) -> StaticSecret {
        StaticSecret::from(*self.0.expose())
    }
}

#[cfg(test)]
mod tests {
    use crypto::random;

    use super::*;

    #[test]
    fn both_ends_agree() {
        let [one, other] = [(); 2].map(|()| Ephemeral::random(&mut random::system()));
        assert_eq!(one.agree(&other.share()), other.agree(&one.share()));
        assert!(one.agree(&other.share()).is_some());
    }

    #[test]
    fn refuses_values_of_low_order() {
        let mut one = [0; 32];
        one[0] = 1;
        for low in [[0; 32], one] {
            let ephemeral = Ephemeral::random(&mut random::system());
            assert_eq!(ephemeral.agree(&Share::new(low)), None);
        }
    }
}
