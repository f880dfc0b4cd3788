//! TOPUP: a purchase code for a recharge code, once.

use chassis::{Answered, Note};
use crypto::aad;
use protocol::{Answer, DeviceId, Outcome, Refused, TopUp, TopUpAnswer, Verb};
use store::{Asked, Given, Keyed, Redeemed, State, Store};

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::prove::{Proven, Refusal, prove};
use crate::ussd;
use crate::wrong::wrong_code;

/// Answers a TOPUP.
///
/// Source: protocol.md §3 (TOPUP)
pub(crate) async fn redeem(
    desk: &Desk,
    store: &Store,
    topup: &TopUp,
    asker: &Asker,
) -> Result<Answered, Error> {
    if !topup.code.luhn_ok() {
        return Ok(refused(Outcome::CodeUnknown, "code: a digit is wrong", Some("LUHN")));
    }
    let aad = spoken_for(topup, asker);
    let device = match prove(desk, store, &topup.crypto, &aad, asker.now_ms).await? {
        Proven::Refused(refusal) => return Ok(not_proven(refusal)),
        Proven::Device(device, State::Stolen) => {
            return Ok(about(Some(device), refused(Outcome::Stolen, "the box is stolen", None)));
        }
        Proven::Device(device, _) => Some(device),
        Proven::Nothing => None,
    };
    let codes = desk.vault.purchase_indexes(&topup.code);
    let told = if store.knows_code(&codes, topup.request).await? {
        exchange(desk, store, &asked(desk, topup, asker, (device, codes))?).await?
    } else {
        None
    };
    let answered = match told {
        Some(answered) => answered,
        None => wrong(store, asker, device).await?,
    };
    Ok(about(device, answered))
}

/// What the crypto of a TOPUP speaks for.
fn spoken_for(topup: &TopUp, asker: &Asker) -> Vec<u8> {
    let request = topup.request.map(|it| it.to_string());
    let (app, version) = (asker.app.as_str(), asker.version.as_str());
    aad::code("TOPUP", app, version, topup.code.digits(), request.as_deref())
}

fn asked(
    desk: &Desk,
    topup: &TopUp,
    asker: &Asker,
    (device, codes): (Option<DeviceId>, Vec<Keyed>),
) -> Result<Asked, Error> {
    Ok(Asked {
        codes,
        request: topup.request,
        device,
        bridge: asker.bridge,
        principal: asker.principal,
        client: asker.client,
        at_ms: asker.now_ms,
        today: desk.date(asker.now_ms).ok_or(Error::Form("clock"))?,
    })
}

/// Exchanges the codes in one transaction; `None` where the code is not known after all.
async fn exchange(desk: &Desk, store: &Store, asked: &Asked) -> Result<Option<Answered>, Error> {
    let mut tx = store.begin().await?;
    let given = match tx.redeem(asked, &desk.rules.ussd).await? {
        Redeemed::Given(given) => given,
        Redeemed::Unknown => return Ok(None),
        other => return Ok(Some(refusal(&other))),
    };
    // Opened before it is given: a code that does not open is nobody's loss.
    let answer = answer(desk, &given)?;
    tx.commit().await.map_err(Error::Commit)?;
    Ok(Some(answer.into()))
}

fn answer(desk: &Desk, given: &Given) -> Result<Answer, Error> {
    let code = desk.vault.open_recharge(given)?;
    let ussd = given.ussd.as_deref().and_then(|template| ussd::fill(template, &code));
    Ok(Answer::TopUp(Box::new(TopUpAnswer {
        code2: Some(code),
        operator: Some(given.product.operator),
        amount: Some(given.product.amount),
        currency: Some(given.product.currency),
        ussd,
        expires: given.expires,
        ..TopUpAnswer::new(Outcome::Ok)
    })))
}

fn refusal(redeemed: &Redeemed) -> Answered {
    let (outcome, reason) = match redeemed {
        Redeemed::OtherCode => (Outcome::Malformed, "request: known with another code"),
        Redeemed::Used => (Outcome::CodeUsed, "code: used before"),
        Redeemed::Void => (Outcome::CodeVoid, "code: void"),
        Redeemed::Expired => (Outcome::CodeExpired, "code: past its date"),
        Redeemed::OutOfStock => (Outcome::OutOfStock, "no recharge code is left, try again later"),
        Redeemed::Given(_) | Redeemed::Unknown => (Outcome::CodeUnknown, "code: not known"),
    };
    refused(outcome, reason, None)
}

/// A code that is not known, after it was counted.
async fn wrong(store: &Store, asker: &Asker, device: Option<DeviceId>) -> Result<Answered, Error> {
    let subject = asker.subject(device);
    Ok(wrong_code(store, &subject, Verb::TopUp, asker.now_ms).await?.into())
}

fn not_proven(refusal: Refusal) -> Answered {
    let now_ms = match refusal {
        Refusal::Stale { now_ms } => Some(now_ms),
        Refusal::Unreadable | Refusal::UnknownDevice | Refusal::Wrong => None,
    };
    let answer = TopUpAnswer { now_ms, ..TopUpAnswer::new(refusal.outcome()) };
    let note = Note { cause: refusal.cause(), ..Note::default() };
    Answered { answer: Answer::TopUp(Box::new(answer)), note }
}

fn refused(outcome: Outcome, reason: &'static str, cause: Option<&'static str>) -> Answered {
    let answer = Refused::new(Some(Verb::TopUp), outcome).because(reason).into();
    Answered { answer, note: Note { cause, ..Note::default() } }
}

/// The same, with the box that it is about.
fn about(device: Option<DeviceId>, answered: Answered) -> Answered {
    Answered { note: Note { device, ..answered.note }, ..answered }
}

#[cfg(test)]
mod tests;
