//! Which of two servers a caller is told to ask first.
//!
//! Weighted rendezvous: each caller draws for each server, from names and the time alone. So callers
//! that only ever ask the first still spread as the weights say, one that comes or goes moves only
//! its own share, and two LBs that know the same say the same.

use protocol::Instance;

/// How long an order lasts, seconds.
pub const SLOT_S: i64 = 300;

/// Whether the second goes before the first for this caller, at this time.
///
/// Source: balancing.md (c1)
pub fn order(caller: &Instance, pair: [(&Instance, f64); 2], now_s: i64) -> bool {
    let slot = now_s.div_euclid(SLOT_S);
    let [first, second] = pair.map(|(server, weight)| draw(caller, server, slot) / weight);
    second < first
}

/// An exponential draw of mean one, the same wherever it is made.
fn draw(caller: &Instance, server: &Instance, slot: i64) -> f64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.add(caller.as_str().as_bytes());
    hash.add(b"\0");
    hash.add(server.as_str().as_bytes());
    hash.add(&slot.to_be_bytes());
    -hash.fraction().ln()
}

/// FNV-1a, and a good stir at the end: names that differ in their last digit must not draw alike.
struct Fnv(u64);

// === impl Fnv ===

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Above 0.0, up to 1.0.
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "53 bits")]
    fn fraction(self) -> f64 {
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((mixed >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Instance {
        text.parse().unwrap()
    }

    /// Of a thousand callers, how many are told to ask the second first.
    fn seconds(weights: [f64; 2], now_s: i64) -> usize {
        let (one, two) = (name("aar-1"), name("aar-2"));
        (0..1000)
            .filter(|caller| {
                let caller = name(&format!("pppx-{caller}"));
                order(&caller, [(&one, weights[0]), (&two, weights[1])], now_s)
            })
            .count()
    }

    #[test]
    fn callers_spread_as_the_weights_say() {
        assert!((450..550).contains(&seconds([1.0, 1.0], 0)));
        assert!((760..840).contains(&seconds([1.0, 4.0], 0)));
        assert!(seconds([10.0, 0.1], 0) < 30);
    }

    #[test]
    fn the_order_of_the_pair_says_nothing() {
        let (one, two) = (name("aar-1"), name("aar-2"));
        for caller in 0..100 {
            let caller = name(&format!("pppx-{caller}"));
            let swapped = order(&caller, [(&two, 1.0), (&one, 1.0)], 0);
            assert_ne!(order(&caller, [(&one, 1.0), (&two, 1.0)], 0), swapped);
        }
    }

    #[test]
    fn an_order_lasts_five_minutes() {
        let (one, two, caller) = (name("aar-1"), name("aar-2"), name("pppx-1"));
        let at = |now_s| order(&caller, [(&one, 1.0), (&two, 1.0)], now_s);
        assert!((0..300).all(|now_s| at(now_s) == at(0)));
        let changes = (1..1000).filter(|slot| at(slot * 300) != at((slot - 1) * 300)).count();
        assert!((400..600).contains(&changes), "{changes}");
    }
}
