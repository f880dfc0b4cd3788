//! Every derivation, from the fleet's root down to one answer's proof.
//!
//! `Extract` and `Expand` are those of HKDF-SHA256, always to 32 bytes; a name in an info is
//! preceded by its length in one byte. Each of these is in `tests/vectors.json`.
//!
//! Source: toki.md §2 (Keys), toki.md §4 (Sessions)

use crypto::Secret32;
use protocol::{Instance, PrincipalName};

use crate::form::{Nonce, Proof, Seal, SessionId};
use crate::keyed::Keyed;

/// Derives the one key of an instance that is called: K(B).
pub fn callee_key(root: &Secret32, callee: &Instance) -> Secret32 {
    named(root, "ngondo/toki/callee/1", callee.as_str())
}

/// Derives the key that one caller shares with one callee: K(A to B).
pub fn caller_key(callee_key: &Secret32, caller: &PrincipalName) -> Secret32 {
    named(callee_key, "caller", caller.as_str())
}

/// Derives the secret of a session before its opening is answered: S0.
pub fn opening(caller_key: &Secret32, session: &SessionId) -> Secret32 {
    extract(session.bytes(), caller_key.expose())
}

/// Derives the key that seals the opening itself.
pub fn opening_seal_key(opening: &Secret32) -> Secret32 {
    expand(opening, &[b"open"])
}

/// Derives the key that seals refusals.
pub fn refusal_seal_key(opening: &Secret32) -> Secret32 {
    expand(opening, &[b"err"])
}

/// Derives the chain key of generation 1.
///
/// `shared` is the secret of X25519, or none for a caller that cannot compute it: then 32 zeros
/// stand for it.
pub fn first_chain_key(
    opening: &Secret32,
    shared: Option<&Secret32>,
    nonce: &Nonce,
    canon_hash: &[u8; 32],
) -> Secret32 {
    let mixed = extract(opening.expose(), shared.map_or(&[0; 32], |it| it.expose()));
    expand(&mixed, &[b"gen 1", nonce.bytes(), canon_hash])
}

/// Derives the chain key of the following generation.
pub fn next_chain_key(chain_key: &Secret32, nonce: &Nonce) -> Secret32 {
    extract(chain_key.expose(), nonce.bytes())
}

/// Derives the key that seals the requests of a generation.
pub fn request_seal_key(chain_key: &Secret32) -> Secret32 {
    expand(chain_key, &[b"c2s"])
}

/// Derives the key from which those of a generation's answers come.
pub fn answers_key(chain_key: &Secret32) -> Secret32 {
    expand(chain_key, &[b"s2c"])
}

/// Derives the key of one answer from the toki that it answers; it never travels.
pub fn answer_key(answers_key: &Secret32, n: u64, seal: &Seal) -> Secret32 {
    Keyed::new(answers_key).answer_key(n, seal)
}

/// Derives what shows that the answer's key is known.
pub fn proof(answer_key: &Secret32) -> Proof {
    Keyed::new(answer_key).proof()
}

/// Seals a canonical text.
pub fn seal(key: &Secret32, canon: &[u8]) -> Seal {
    Keyed::new(key).seal(canon)
}

fn named(key: &Secret32, label: &str, name: &str) -> Secret32 {
    let len = u8::try_from(name.len()).unwrap_or(u8::MAX);
    expand(key, &[label.as_bytes(), &[len], name.as_bytes()])
}

fn extract(salt: &[u8], secret: &[u8]) -> Secret32 {
    Secret32::new(Keyed::of(salt).mac(&[secret]))
}

/// HKDF-Expand to one block.
fn expand(key: &Secret32, info: &[&[u8]]) -> Secret32 {
    let mut parts = info.to_vec();
    parts.push(&[1]);
    Secret32::new(Keyed::new(key).mac(&parts))
}
