//! AUTH: a box asks whether it may surf.

use chassis::{Answered, Note};
use crypto::{aad, authenticator, proof};
use protocol::{Answer, Auth, AuthAnswer, Authenticator, CryptoField, Head, Outcome, Proof};

use crate::fleet::{Fleet, Heard};
use crate::judge::Terms;
use crate::mark;
use crate::watch;

/// Answers AUTH where nothing that CRYPTO may know could change the answer.
///
/// Source: protocol.md §3 (AUTH)
pub(crate) fn at_once(
    fleet: &Fleet,
    head: &Head,
    auth: &Auth,
    terms: Terms,
    now_ms: i64,
) -> Option<Answered> {
    let crypto = match given(auth) {
        Ok(crypto) => crypto,
        Err(cause) => return Some(refused(cause)),
    };
    let judged = fleet.auth_at_once(crypto, &covered(head), terms, now_ms)?;
    Some(watched(fleet, head, crypto, judged, now_ms))
}

/// Answers AUTH by what memory has.
///
/// Source: protocol.md §3 (AUTH)
pub(crate) fn answer(
    fleet: &Fleet,
    head: &Head,
    auth: &Auth,
    terms: Terms,
    now_ms: i64,
) -> Answered {
    let crypto = match given(auth) {
        Ok(crypto) => crypto,
        Err(cause) => return refused(cause),
    };
    let judged = fleet.auth(crypto, &covered(head), terms, now_ms);
    watched(fleet, head, crypto, judged, now_ms)
}

fn given(auth: &Auth) -> Result<&Authenticator, &'static str> {
    match &auth.crypto {
        CryptoField::Missing => Err("MISSING"),
        CryptoField::Unreadable => Err("UNREADABLE"),
        CryptoField::Given(crypto) => Ok(crypto),
    }
}

fn covered(head: &Head) -> Vec<u8> {
    aad::auth(head.app.as_str(), head.version.as_str())
}

fn watched(
    fleet: &Fleet,
    head: &Head,
    crypto: &Authenticator,
    judged: Heard,
    now_ms: i64,
) -> Answered {
    if let Some(device) = judged.device.filter(|_| judged.proof_key.is_some()) {
        fleet.watch(device, judged.sign, head.client.and_then(watch::place), now_ms);
    }
    told(crypto, judged, now_ms)
}

/// Prints what was heard, with the proof where the crypto opened, and the mark where it passed.
fn told(crypto: &Authenticator, heard: Heard, now_ms: i64) -> Answered {
    let Heard { device, outcome, last, proof_key, cause, .. } = heard;
    let given = last.filter(|_| outcome == Outcome::Ok);
    let now_ms = (outcome == Outcome::Stale).then_some(now_ms);
    let (lease_s, spread_s) = (given.map(|it| it.lease_s), given.map(|it| it.spread_s));
    let x = lease_s.map(i64::from).or(now_ms).map(|it| it.to_string()).unwrap_or_default();
    let proof = proof_key.map(|key| {
        let nonce = authenticator::nonce(crypto.as_bytes());
        Proof::from_bytes(proof::make(&key, outcome.as_str(), &x, &nonce))
    });
    let mark = device.zip(last).map(|(device, last)| mark::write(device, &last));
    let answer = Answer::Auth(AuthAnswer { outcome, lease_s, spread_s, now_ms, proof });
    Answered { answer, note: Note { cause, device, mark, ..Note::default() } }
}

fn refused(cause: &'static str) -> Answered {
    let answer = Answer::Auth(AuthAnswer::new(Outcome::BadCrypto));
    Answered { answer, note: Note { cause: Some(cause), ..Note::default() } }
}

#[cfg(test)]
mod tests;
