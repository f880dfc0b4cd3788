//! The proofs of the last answers, by which a cloned session is found.

use crate::form::Proof;

/// How many proofs are kept.
const KEPT: u64 = 64;

/// One proof a slot: that of the highest number that falls there.
#[derive(Debug)]
pub(crate) struct Chain([(u64, Proof); 64]);

// === impl Chain ===

impl Chain {
    /// Begins with the proof of the opening.
    pub(crate) fn after(n: u64, proof: Proof) -> Self {
        // Number 0 is no request's.
        let mut chain = Self([(0, Proof::new([0; Proof::LEN])); 64]);
        chain.note(n, proof);
        chain
    }

    /// Keeps the proof that answers request `n`.
    pub(crate) fn note(&mut self, n: u64, proof: Proof) {
        if let Some(slot) = self.0.get_mut(slot(n))
            && slot.0 < n
        {
            *slot = (n, proof);
        }
    }

    /// Whether the proof of answer `n` is known to be another than this one.
    pub(crate) fn contradicts(&self, n: u64, proof: Proof) -> bool {
        self.0.get(slot(n)).is_some_and(|(kept, own)| *kept == n && !own.same(proof))
    }
}

fn slot(n: u64) -> usize {
    usize::try_from(n % KEPT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: Proof = Proof::new([1; 8]);
    const WRONG: Proof = Proof::new([2; 8]);

    #[test]
    fn contradicts_what_it_knows() {
        let chain = Chain::after(1, RIGHT);
        assert!(chain.contradicts(1, WRONG));
        assert!(!chain.contradicts(1, RIGHT));
        assert!(!chain.contradicts(2, WRONG));
    }

    #[test]
    fn ignores_what_is_older_than_64_answers() {
        let mut chain = Chain::after(1, RIGHT);
        for n in 2..=64 {
            chain.note(n, RIGHT);
        }
        assert!(chain.contradicts(1, WRONG));
        chain.note(65, RIGHT);
        assert!(!chain.contradicts(1, WRONG));
        // One that comes late does not push out a newer one.
        chain.note(1, RIGHT);
        assert!(chain.contradicts(65, WRONG));
    }
}
