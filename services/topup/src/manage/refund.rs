//! `vouchers/replace`, `refund`, `approve`, `decline`, `refunds`: what a person gives for a
//! voucher that did not do its work. Above an amount, a second person decides.

use chassis::{ManageCall, Managed};
use protocol::{Outcome, Time};
use serde_json::{Value, json};
use store::{
    Decision, Entry, NewRefund, Refund, RefundKind, RefundRefusal, RefundState, Refusal,
    SoldVoucher, Store, Tx,
};

use super::change::{Change, Did, entry, refused, told};
use super::fields::{Fault, Fields, Reason};
use super::sell::put;
use super::{Failure, ndjson};
use crate::desk::Desk;
use crate::error::Error;

/// What a second person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Decline,
}

/// Asks for a replacement or a refund: `{"request", "serial", "reason"}`; given at once where the
/// amount allows it.
///
/// The same request shows what became of it, with the new code until that is redeemed.
pub(super) async fn ask(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    kind: RefundKind,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::with_reason(&mut fields, call)?;
    let serial = fields.number("serial")?.ok_or_else(|| Fault::new("serial", "missing"))?;
    fields.end()?;
    let mut tx = store.begin().await?;
    if let Some(known) = tx.refund_by_request(change.wish.request).await? {
        let same = known.kind == kind && known.serial == serial && known.asked.1 == who(call);
        return if same { shown(desk, &known) } else { Ok(refused(Refusal::OtherWish)) };
    }
    let new = NewRefund {
        kind,
        serial,
        request: change.wish.request,
        why: why(desk, &change),
        who: who(call),
        at_ms: call.arrived_ms,
    };
    let mut refund = match tx.ask_refund(&new).await? {
        Ok(refund) => refund,
        Err(refusal) => return Ok(not_given(refusal)),
    };
    if !desk.rules.needs_second(&refund.product.amount) {
        let decision = decision(call, &change);
        refund = match give(desk, &mut tx, &refund, &decision).await? {
            Ok(refund) => refund,
            Err(refusal) => return Ok(not_given(refusal)),
        };
    }
    end(desk, tx, call, (&change, &refund)).await?;
    shown(desk, &refund)
}

/// Decides what somebody else asked for: `{"request", "refund", "reason"?}`.
pub(super) async fn decide(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    verdict: Verdict,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::read(&mut fields, call)?;
    let number = fields.number("refund")?.ok_or_else(|| Fault::new("refund", "missing"))?;
    fields.end()?;
    let mut tx = store.begin().await?;
    let Some(asked) = tx.refund(i64::try_from(number).unwrap_or(i64::MAX)).await? else {
        return Ok(not_given(RefundRefusal::NoRefund));
    };
    let wanted = match verdict {
        Verdict::Approve => RefundState::Done,
        Verdict::Decline => RefundState::Declined,
    };
    if asked.state != RefundState::Asked {
        let again = asked.decided_request == Some(change.wish.request.uuid());
        let same = again && asked.state == wanted;
        let decided = RefundRefusal::Decided(asked.state);
        return if same { Ok(decided_json(desk, &asked)?) } else { Ok(not_given(decided)) };
    }
    // Who asked may take it back, and may not grant it.
    if verdict == Verdict::Approve && asked.asked.1 == who(call) {
        return Ok(not_given(RefundRefusal::SamePerson));
    }
    let decision = decision(call, &change);
    let done = match verdict {
        Verdict::Approve => give(desk, &mut tx, &asked, &decision).await?,
        Verdict::Decline => tx.decline_refund(&asked, &decision).await?,
    };
    let refund = match done {
        Ok(refund) => refund,
        Err(refusal) => return Ok(not_given(refusal)),
    };
    end(desk, tx, call, (&change, &refund)).await?;
    Ok(decided_json(desk, &refund)?)
}

/// Lists replacements and refunds, newest first: `{"state"?, "limit"?, "after"?}`.
pub(super) async fn refunds(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let state = fields.word("state", "it is not asked, done or declined")?;
    let after = fields.number("after")?.map(|it| i64::try_from(it).unwrap_or(i64::MAX));
    let limit = fields.limit()?;
    fields.end()?;
    let found = store.refunds(state, after, limit).await?;
    let rows: Result<Vec<Value>, Error> = found.iter().map(|it| row(desk, it)).collect();
    let full = u32::try_from(found.len()).is_ok_and(|rows| rows == limit);
    let mut last = json!({ "end": true });
    put(&mut last, "after", found.last().filter(|_| full).map(|it| it.number));
    Ok(Managed::lines(Outcome::Ok, ndjson(rows?.into_iter().chain([last]))))
}

async fn give(
    desk: &Desk,
    tx: &mut Tx,
    refund: &Refund,
    decision: &Decision,
) -> Result<Result<Refund, RefundRefusal>, Error> {
    let today = desk.date(decision.at_ms).ok_or(Error::Form("clock"))?;
    let (day_ms, _) = desk.bounds(today).ok_or(Error::Form("clock"))?;
    let drawn = desk.vault.draw_voucher(&mut crypto::random::system(), decision.at_ms)?;
    Ok(tx.give_refund(refund, decision, &drawn, (today, day_ms)).await?)
}

/// Writes the row of the audit log, and makes all of it so.
async fn end(
    desk: &Desk,
    mut tx: Tx,
    call: &ManageCall,
    (change, refund): (&Change, &Refund),
) -> Result<(), Error> {
    // Opened before it is given: what cannot be read is not given.
    shown_voucher(desk, refund)?;
    let mut detail = json!({ "refund": refund.number, "state": refund.state.as_str() });
    put(&mut detail, "replacement", refund.replacement.as_ref().map(|it| it.serial));
    let subject = format!("voucher/{}", refund.serial);
    let did = Did { subject, detail, answer: Value::Null };
    tx.audit(&entry(desk, call, change, &did), desk.vault.index.current()).await?;
    tx.commit().await.map_err(Error::Commit)
}

fn who(call: &ManageCall) -> String {
    call.principal.map_or_else(|| "local".to_owned(), |it| it.to_string())
}

fn decision(call: &ManageCall, change: &Change) -> Decision {
    Decision {
        request: change.wish.request,
        who: who(call),
        principal: call.principal,
        bridge: call.bridge,
        at_ms: call.arrived_ms,
    }
}

fn why(desk: &Desk, change: &Change) -> Vec<u8> {
    let place = Entry::place_of_why(change.wish.request);
    let reason = change.reason.as_ref().map(Reason::as_str).unwrap_or_default();
    desk.vault.seal_reason(&place, reason, &mut crypto::random::system())
}

/// What the asker gets: the new code with it, until it is redeemed.
fn shown(desk: &Desk, refund: &Refund) -> Result<Managed, Failure> {
    let mut answer = answer(refund);
    put(&mut answer, "voucher", shown_voucher(desk, refund)?);
    Ok(Managed::json(Outcome::Ok, answer))
}

/// What who decided gets: not the code, which is the customer's.
fn decided_json(desk: &Desk, refund: &Refund) -> Result<Managed, Error> {
    let mut row = row(desk, refund)?;
    put(&mut row, "result", Some(Outcome::Ok.as_str()));
    Ok(Managed::json(Outcome::Ok, row))
}

fn answer(refund: &Refund) -> Value {
    json!({
        "result": Outcome::Ok.as_str(),
        "refund": refund.number,
        "state": refund.state.as_str(),
        "serial": refund.serial,
        "operator": refund.product.operator.as_str(),
        "amount": refund.product.amount.as_str(),
        "currency": refund.product.currency.as_str(),
    })
}

fn shown_voucher(desk: &Desk, refund: &Refund) -> Result<Option<Value>, Error> {
    let Some(given) = refund.replacement.clone() else { return Ok(None) };
    let mut shown = json!({ "serial": given.serial, "state": given.state.as_str() });
    let sold =
        SoldVoucher { id: given.id, serial: given.serial, state: given.state, code: given.code };
    let code = desk.vault.open_purchase(&sold)?;
    put(&mut shown, "code", code.map(|code| code.digits().to_owned()));
    Ok(Some(shown))
}

fn row(desk: &Desk, refund: &Refund) -> Result<Value, Error> {
    let time = |unix_ms: i64| Time::from_unix_ms(unix_ms).to_string();
    let place = Entry::place_of_why(refund.request);
    let mut row = answer(refund);
    if let Some(members) = row.as_object_mut() {
        members.remove("result");
    }
    put(&mut row, "kind", Some(refund.kind.as_str()));
    put(&mut row, "reason", Some(desk.vault.open_reason(&place, &refund.why)?));
    put(&mut row, "asked", Some(time(refund.asked.0)));
    put(&mut row, "asked_by", Some(refund.asked.1.as_str()));
    put(&mut row, "decided", refund.decided.as_ref().map(|(at_ms, _)| time(*at_ms)));
    put(&mut row, "decided_by", refund.decided.as_ref().map(|(_, who)| who.as_str()));
    put(&mut row, "replacement", refund.replacement.as_ref().map(|it| it.serial));
    Ok(row)
}

/// Why nothing was given.
fn not_given(refusal: RefundRefusal) -> Managed {
    match refusal {
        RefundRefusal::NoVoucher => refused(Refusal::NoVoucher),
        RefundRefusal::VoucherIs(state) => refused(Refusal::VoucherIs(state)),
        RefundRefusal::NotSold(refusal) => refused(refusal),
        RefundRefusal::Credited => told(Outcome::CodeUsed, "serial: the network has credited it"),
        RefundRefusal::Meanwhile => {
            told(Outcome::CodeUsed, "serial: it was redeemed since somebody asked")
        }
        RefundRefusal::IsReplacement => {
            told(Outcome::AlreadyRecorded, "serial: it was given for another one")
        }
        RefundRefusal::Before(number) => {
            told(Outcome::AlreadyRecorded, &format!("serial: it has the refund {number}"))
        }
        RefundRefusal::NoRefund => told(Outcome::CodeUnknown, "refund: no such number"),
        RefundRefusal::Decided(state) => {
            told(Outcome::AlreadyRecorded, &format!("refund: it is {}", state.as_str()))
        }
        RefundRefusal::SamePerson => {
            Managed::problem(Outcome::Forbidden, "refund: another person has to decide")
        }
    }
}

#[cfg(test)]
mod tests;
