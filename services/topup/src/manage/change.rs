//! Changes of vouchers: one transaction each, with its row in the audit log and its answer, which
//! the same request gets again.

use chassis::{ManageCall, Managed};
use protocol::{Label, Outcome, RequestId, Right, Rights};
use serde_json::{Value, json};
use store::{BatchState, Entry, Refusal, Store, Tx, VoucherState, Wish, Wished};

use super::Failure;
use super::fields::{Fault, Fields, Reason};
use crate::desk::Desk;
use crate::error::Error;

/// The status where somebody else was quicker, or it is not the time for it.
const CONFLICT: u16 = 409;

/// A change that somebody asks for.
#[derive(Debug)]
pub(super) struct Change {
    /// By which request, and what.
    pub(super) wish: Wish,
    /// Why, where it was said.
    pub(super) reason: Option<Reason>,
}

/// What a change did: its answer, what it was done to, and what the audit log keeps of it.
#[derive(Debug)]
pub(super) struct Did {
    pub(super) subject: String,
    pub(super) answer: Value,
    pub(super) detail: Value,
}

/// Does a change once.
pub(super) async fn once<F>(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    change: &Change,
    act: F,
) -> Result<Managed, Failure>
where
    F: AsyncFnOnce(&mut Tx) -> Result<Result<Did, Refusal>, Error>,
{
    let mut tx = store.begin().await?;
    match tx.wished(&change.wish).await? {
        Wished::New => {}
        Wished::Done(answer) => {
            let answer = serde_json::from_str(&answer).map_err(|_| Error::Form("kept answer"))?;
            return Ok(Managed::json(Outcome::Ok, answer));
        }
        Wished::Other => return Ok(refused(Refusal::OtherWish)),
    }
    let did = match act(&mut tx).await? {
        Ok(did) => did,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let entry = entry(desk, call, change, &did);
    tx.audit(&entry, desk.vault.index.current()).await?;
    tx.keep_wish(&change.wish, &did.answer.to_string()).await?;
    tx.commit().await.map_err(Error::Commit)?;
    Ok(Managed::json(Outcome::Ok, did.answer))
}

/// The row of the audit log.
pub(super) fn entry(desk: &Desk, call: &ManageCall, change: &Change, did: &Did) -> Entry {
    let place = Entry::place_of_why(change.wish.request);
    let why = change.reason.as_ref();
    let why =
        why.map(|it| desk.vault.seal_reason(&place, it.as_str(), &mut crypto::random::system()));
    Entry {
        at_ms: call.arrived_ms,
        who: call.principal.map_or_else(|| "local".to_owned(), |it| it.to_string()),
        verb: format!("{}/{}", call.noun, call.verb),
        subject: did.subject.clone(),
        request: Some(change.wish.request.uuid()),
        bridge: call.bridge,
        why,
        detail: Some(did.detail.to_string()),
    }
}

/// The rights of those who look after all shops.
const ALL_SHOPS: Rights = Rights::of(&[Right::Read, Right::Support, Right::Audit, Right::Admin]);

/// Whose vouchers may be seen and sold: a shop's, its own alone.
///
/// `None` is everybody's.
pub(super) fn own_shop(call: &ManageCall) -> Option<Label> {
    let shop = call.principal.filter(|_| !call.rights.any_of(ALL_SHOPS));
    shop.and_then(|it| it.to_string().parse().ok())
}

/// The shop that is meant: the one that was named, or the own one.
pub(super) fn shop_of(call: &ManageCall, named: Option<Label>) -> Result<Option<Label>, Failure> {
    match (own_shop(call), named) {
        (Some(own), Some(named)) if own != named => Err(Failure::NotYours),
        (Some(own), _) => Ok(Some(own)),
        (None, named) => Ok(named),
    }
}

/// Why nothing was done.
pub(super) fn refused(refusal: Refusal) -> Managed {
    let conflict = |detail: String| Managed {
        status: CONFLICT,
        ..Managed::problem(Outcome::Malformed, detail)
    };
    match refusal {
        Refusal::OtherWish => {
            Managed::problem(Outcome::Malformed, "request: it was for something else before")
        }
        Refusal::NoBatch => told(Outcome::CodeUnknown, "batch: no such batch"),
        Refusal::NoVoucher => told(Outcome::CodeUnknown, "serial: no such voucher"),
        Refusal::NotForSale => conflict("serial: this card is not for sale here now".to_owned()),
        Refusal::BatchIs(state) => conflict(batch_is(state).to_owned()),
        Refusal::VoucherIs(state) => conflict(voucher_is(state).to_owned()),
        Refusal::Unfinished => conflict("batch: not all its codes are drawn yet".to_owned()),
        Refusal::Printed => conflict("batch: it was printed before".to_owned()),
        Refusal::Owed(count) => {
            conflict(format!("batch: {count} of its vouchers are sold and not redeemed"))
        }
        Refusal::OutOfStock => told(
            Outcome::OutOfStock,
            "fewer recharge codes are free than are owed with this sale, or fewer are in the \
             shop's stock",
        ),
        Refusal::OverLimit => {
            Managed::problem(Outcome::Forbidden, "shop: more than it may sell in one day")
        }
        Refusal::TooLate => {
            Managed::problem(Outcome::Forbidden, "serial: it was sold more than 30 minutes ago")
        }
    }
}

// Whole sentences: the tool finds each in its catalogue.
fn batch_is(state: BatchState) -> &'static str {
    match state {
        BatchState::Created => "batch: it is not printed and not active yet",
        BatchState::Printed => "batch: it is printed and not active yet",
        BatchState::Active => "batch: it is active",
        BatchState::Frozen => "batch: it is frozen",
        BatchState::Closed => "batch: it is closed",
    }
}

fn voucher_is(state: VoucherState) -> &'static str {
    match state {
        VoucherState::Created => "serial: it is not sold",
        VoucherState::Sold => "serial: it is sold",
        VoucherState::Redeemed => "serial: it is redeemed",
        VoucherState::Frozen => "serial: it is frozen",
        VoucherState::Void => "serial: it is void",
    }
}

/// A refusal that is an answer: 200, with the result word and a sentence.
pub(super) fn told(outcome: Outcome, reason: &str) -> Managed {
    Managed::json(outcome, json!({ "result": outcome.as_str(), "reason": reason }))
}

// === impl Change ===

impl Change {
    /// Reads `request` and `reason`; what else is asked makes the wish too.
    pub(super) fn read(fields: &mut Fields, call: &ManageCall) -> Result<Self, Fault> {
        let who = call.principal.map(|it| it.to_string()).unwrap_or_default();
        let digest = fields.digest(&format!("{}/{}\n{who}", call.noun, call.verb));
        let request: RequestId = fields.take("request")?;
        let wish = Wish { request, digest, at_ms: call.arrived_ms };
        Ok(Self { wish, reason: fields.find("reason")? })
    }

    /// The same where a reason must be given.
    pub(super) fn with_reason(fields: &mut Fields, call: &ManageCall) -> Result<Self, Fault> {
        let change = Self::read(fields, call)?;
        if change.reason.is_none() {
            return Err(Fault::new("reason", "missing"));
        }
        Ok(change)
    }
}
