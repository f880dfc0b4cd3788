//! The keys of one generation of a session.

use crypto::Secret32;

use crate::derive;
use crate::form::Nonce;
use crate::keyed::Keyed;

/// A generation: its number and its three keys.
#[derive(Debug, Clone)]
pub(crate) struct Generation {
    pub(crate) number: u32,
    chain: Secret32,
    /// Seals requests.
    pub(crate) requests: Keyed,
    /// From it comes each answer's key.
    pub(crate) answers: Keyed,
}

// === impl Generation ===

impl Generation {
    /// The first one, as the opening's answer makes it.
    pub(crate) fn first(chain: Secret32) -> Self {
        Self::new(1, chain)
    }

    /// The one after this, as the nonce makes it.
    pub(crate) fn next(&self, nonce: &Nonce) -> Self {
        Self::new(self.number.saturating_add(1), derive::next_chain_key(&self.chain, nonce))
    }

    fn new(number: u32, chain: Secret32) -> Self {
        let requests = Keyed::new(&derive::request_seal_key(&chain));
        let answers = Keyed::new(&derive::answers_key(&chain));
        Self { number, chain, requests, answers }
    }
}
