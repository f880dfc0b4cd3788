//! CREDIT: what became of a recharge code.

use chassis::{Answered, Note};
use crypto::aad;
use protocol::{Answer, Credit, CreditAnswer, DeviceId, Outcome, Refused, Verb};
use store::{Heard, Said, Store};

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::prove::{Proven, Refusal, prove};
use crate::wrong::wrong_code;

/// Answers a CREDIT.
///
/// Source: protocol.md §3 (TOPUP)
pub(crate) async fn credit(
    desk: &Desk,
    store: &Store,
    credit: &Credit,
    asker: &Asker,
) -> Result<Answered, Error> {
    if credit.code.is_some_and(|code| !code.luhn_ok()) {
        return Ok(refused(Outcome::CodeUnknown, "code: a digit is wrong"));
    }
    let aad = spoken_for(credit, asker);
    let device = match prove(desk, store, &credit.crypto, &aad, asker.now_ms).await? {
        Proven::Refused(refusal) => return Ok(not_proven(refusal)),
        Proven::Device(device, _) => Some(device),
        Proven::Nothing => None,
    };
    let answered = match keep(store, &said(desk, credit, asker, device)).await? {
        Heard::Kept => Answer::Credit(CreditAnswer::new(Outcome::Ok)).into(),
        Heard::OtherCode => refused(Outcome::Malformed, "request: known with another code"),
        Heard::OtherSender => refused(Outcome::Forbidden, "not who sent the TOPUP"),
        Heard::Unknown => unknown(store, credit, asker, device).await?,
    };
    Ok(Answered { note: Note { device, ..answered.note }, ..answered })
}

/// What the crypto of a CREDIT speaks for.
fn spoken_for(credit: &Credit, asker: &Asker) -> Vec<u8> {
    let request = credit.request.map(|it| it.to_string());
    let digits = credit.code.as_ref().map_or("", |code| code.digits());
    aad::code("CREDIT", asker.app.as_str(), asker.version.as_str(), digits, request.as_deref())
}

fn said(desk: &Desk, credit: &Credit, asker: &Asker, device: Option<DeviceId>) -> Said {
    let codes = credit.code.as_ref().map(|code| desk.vault.purchase_indexes(code));
    Said {
        codes: codes.unwrap_or_default(),
        request: credit.request,
        device,
        principal: asker.principal,
        outcome: credit.outcome,
        text: credit.text.clone(),
        bridge: asker.bridge,
        at_ms: asker.now_ms,
    }
}

async fn keep(store: &Store, said: &Said) -> Result<Heard, Error> {
    if !store.knows_code(&said.codes, said.request).await? {
        return Ok(Heard::Unknown);
    }
    let mut tx = store.begin().await?;
    let heard = tx.credit(said).await?;
    if heard == Heard::Kept {
        tx.commit().await.map_err(Error::Commit)?;
    }
    Ok(heard)
}

/// A code that was not redeemed is as wrong here as one that is not known: CREDIT is no way
/// to guess codes. A request alone has too many bits to be guessed.
async fn unknown(
    store: &Store,
    credit: &Credit,
    asker: &Asker,
    device: Option<DeviceId>,
) -> Result<Answered, Error> {
    if credit.code.is_none() {
        return Ok(refused(Outcome::CodeUnknown, "request: not known"));
    }
    let subject = asker.subject(device);
    Ok(wrong_code(store, &subject, Verb::Credit, asker.now_ms).await?.into())
}

fn not_proven(refusal: Refusal) -> Answered {
    let now_ms = match refusal {
        Refusal::Stale { now_ms } => Some(now_ms),
        Refusal::Unreadable | Refusal::UnknownDevice | Refusal::Wrong => None,
    };
    let answer = Answer::Credit(CreditAnswer { outcome: refusal.outcome(), now_ms });
    Answered { answer, note: Note { cause: refusal.cause(), ..Note::default() } }
}

fn refused(outcome: Outcome, reason: &'static str) -> Answered {
    Answer::Refused(Refused::new(Some(Verb::Credit), outcome).because(reason)).into()
}

#[cfg(test)]
mod tests;
