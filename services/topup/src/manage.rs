//! The management verbs of vouchers.
//!
//! Source: protocol.md §7

mod batches;
mod cancel;
mod change;
mod day;
mod fields;
mod find;
mod import;
mod print;
mod ranges;
mod reconcile;
mod refund;
mod sell;
mod stock;
mod verify;

use bytes::Bytes;
use chassis::{ManageCall, Managed};
use protocol::Outcome;
use serde_json::Value;
use store::{BatchAct, RangeAct, RefundKind, Store};

pub(crate) use self::batches::scrub;
use self::fields::Fault;
use crate::desk::Desk;
use crate::error::{self, Error};

/// Why a verb did nothing.
#[derive(Debug)]
enum Failure {
    /// What was asked is not of its form.
    Fault(Fault),
    /// It is another shop's.
    NotYours,
    /// It could not be done.
    Error(Error),
}

/// Does one verb.
pub(crate) async fn manage(desk: &Desk, store: &Store, call: &ManageCall) -> Managed {
    if call.noun != "vouchers" {
        return Managed::unknown();
    }
    let at = (desk, store);
    let done = match call.verb.as_str() {
        "import" => import::import(desk, store, call).await,
        "stock" => stock::stock(desk, store, call).await,
        "generate" => batches::generate(at, call).await,
        "batches" => batches::batches(store, call).await,
        "print" => print::print(at, call).await,
        "activate" => batches::change(at, call, BatchAct::Activate).await,
        "close" => batches::change(at, call, BatchAct::Close).await,
        "assign" => ranges::assign(at, call).await,
        "freeze" => ranges::hold(at, call, (RangeAct::Freeze, BatchAct::Freeze)).await,
        "thaw" => ranges::hold(at, call, (RangeAct::Thaw, BatchAct::Thaw)).await,
        "void" => ranges::void(at, call).await,
        "sell" => sell::sell(desk, store, call).await,
        "cancel" => cancel::cancel(at, call).await,
        "find" => find::find(desk, store, call).await,
        "list" => find::list(at, call).await,
        "day" => day::day(at, call).await,
        "reconcile" => reconcile::reconcile(store, call).await,
        "replace" => refund::ask(at, call, RefundKind::Replace).await,
        "refund" => refund::ask(at, call, RefundKind::Refund).await,
        "approve" => refund::decide(at, call, refund::Verdict::Approve).await,
        "decline" => refund::decide(at, call, refund::Verdict::Decline).await,
        "refunds" => refund::refunds(at, call).await,
        "to-verify" => verify::to_verify(store, call).await,
        _ => return Managed::unknown(),
    };
    match done {
        Ok(managed) => managed,
        Err(Failure::Fault(fault)) => Managed::problem(Outcome::Malformed, fault.to_string()),
        Err(Failure::NotYours) => Managed::problem(Outcome::Forbidden, "shop: it is not yours"),
        Err(Failure::Error(error)) => error::managed(&error, &call.verb, call.bridge),
    }
}

/// Writes one object a line.
fn ndjson(rows: impl Iterator<Item = Value>) -> Bytes {
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.to_string());
        text.push('\n');
    }
    text.into()
}

// === impl Failure ===

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

#[cfg(test)]
mod tests;
