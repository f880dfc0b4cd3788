//! `<proof>`: by what the back office shows a box who it is.

use subtle::ConstantTimeEq;

use crate::mac;
use crate::secret::Secret32;

/// Makes the proof of an R-AUTH under the box's `proof` key.
///
/// `x` is the lease for `OK`, `now` for `STALE`, else empty.
///
/// # Format
/// HMAC-SHA256 of `R-AUTH` LF result LF x LF nonce in hex.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn make(proof_key: &Secret32, result: &str, x: &str, nonce: &[u8; 12]) -> [u8; 32] {
    let nonce = hex::encode(nonce);
    mac::hmac(proof_key, &[["R-AUTH", result, x, &nonce].join("\n").as_bytes()])
}

/// Says in constant time whether a proof is the one of this answer.
pub fn verify(
    proof_key: &Secret32,
    result: &str,
    x: &str,
    nonce: &[u8; 12],
    proof: &[u8; 32],
) -> bool {
    make(proof_key, result, x, nonce).ct_eq(proof).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_refused() {
        let key = Secret32::new([1; 32]);
        let proof = make(&key, "OK", "14400", &[7; 12]);
        assert!(verify(&key, "OK", "14400", &[7; 12], &proof));
        for bit in 0..256 {
            let mut other = proof;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&key, "OK", "14400", &[7; 12], &other), "bit {bit}");
        }
        assert!(!verify(&key, "OK", "14401", &[7; 12], &proof));
        assert!(!verify(&key, "STALE", "14400", &[7; 12], &proof));
        assert!(!verify(&key, "OK", "14400", &[8; 12], &proof));
    }
}
