//! `vouchers/assign`, `freeze`, `thaw` and `void`: what is done to a range of serials.

use chassis::{ManageCall, Managed};
use protocol::{Amount, Currency, Label, Outcome};
use serde_json::json;
use store::{BatchAct, Changed, RangeAct, Serials, Store};

use super::batches::change_batch;
use super::change::{Change, Did, once};
use super::fields::{Fault, Fields};
use super::{Failure, sell::put};
use crate::desk::Desk;

/// So many vouchers are changed in one transaction at most: half a second in which others wait.
const MOST: u64 = 10_000;

/// Freezes or thaws a range, or a whole batch.
pub(super) async fn hold(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    (act, whole): (RangeAct, BatchAct),
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = if act == RangeAct::Freeze {
        Change::with_reason(&mut fields, call)?
    } else {
        Change::read(&mut fields, call)?
    };
    if let Some(batch) = fields.number("batch")? {
        fields.end()?;
        return change_batch((desk, store), call, &change, (batch, whole)).await;
    }
    let serials = serials(&mut fields)?;
    fields.end()?;
    range((desk, store), call, &change, (serials, act)).await
}

/// Makes a range void for ever.
pub(super) async fn void(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::with_reason(&mut fields, call)?;
    let serials = serials(&mut fields)?;
    fields.end()?;
    range((desk, store), call, &change, (serials, RangeAct::Void)).await
}

/// Gives a range to a shop, takes it back, or sets what a shop may sell a day.
pub(super) async fn assign(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::read(&mut fields, call)?;
    let (to, from): (Option<Label>, Option<Label>) = (fields.find("shop")?, fields.find("from")?);
    let limit = limit(&mut fields)?;
    let ranged = fields.has("first") || limit.is_none();
    let serials = if ranged { Some(serials(&mut fields)?) } else { None };
    fields.end()?;
    if to.is_none() && (from.is_none() || limit.is_some()) {
        return Err(Fault::new("shop", "missing").into());
    }
    once((desk, store), call, &change, async |tx| {
        let mut changed = Changed { changed: 0, left: 0 };
        let act = RangeAct::Assign { from: from.clone(), to: to.clone() };
        if let Some(serials) = serials {
            changed = tx.change_range(serials, &act).await?;
        }
        if let (Some(shop), Some(serials)) = (&to, serials) {
            tx.open_shop(shop, serials, call.arrived_ms).await?;
        }
        if let (Some(shop), Some(limit)) = (&to, limit) {
            tx.set_day_limit(shop, limit, call.arrived_ms).await?;
        }
        let mut answer = shown(changed);
        put(&mut answer, "shop", to.as_ref().map(ToString::to_string));
        put(&mut answer, "from", from.as_ref().map(ToString::to_string));
        put(&mut answer, "limit", limit.map(|(limit, _)| limit.to_string()));
        put(&mut answer, "currency", limit.map(|(_, currency)| currency.to_string()));
        let who = to.as_ref().or(from.as_ref()).map(ToString::to_string).unwrap_or_default();
        let subject = serials.map_or_else(|| format!("shop/{who}"), subject);
        Ok(Ok(Did { subject, detail: answer.clone(), answer }))
    })
    .await
}

async fn range(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    change: &Change,
    (serials, act): (Serials, RangeAct),
) -> Result<Managed, Failure> {
    once((desk, store), call, change, async |tx| {
        let answer = shown(tx.change_range(serials, &act).await?);
        Ok(Ok(Did { subject: subject(serials), detail: answer.clone(), answer }))
    })
    .await
}

fn shown(changed: Changed) -> serde_json::Value {
    let result = Outcome::Ok.as_str();
    json!({ "result": result, "changed": changed.changed, "left": changed.left })
}

fn subject(serials: Serials) -> String {
    format!("vouchers/{}-{}", serials.first, serials.last)
}

/// Reads `first` and `last`; without `last` it is one voucher.
fn serials(fields: &mut Fields) -> Result<Serials, Fault> {
    let first = fields.number("first")?.ok_or_else(|| Fault::new("first", "missing"))?;
    let last = fields.number("last")?.unwrap_or(first);
    if last < first || MOST <= last - first {
        return Err(Fault::new("last", format!("it is not within first and {MOST} behind it")));
    }
    Ok(Serials { first, last })
}

fn limit(fields: &mut Fields) -> Result<Option<(Amount, Currency)>, Fault> {
    let (limit, currency) = (fields.find("limit")?, fields.find("currency")?);
    match (limit, currency) {
        (Some(limit), Some(currency)) => Ok(Some((limit, currency))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Fault::new("currency", "missing")),
        (None, Some(_)) => Err(Fault::new("limit", "missing")),
    }
}
