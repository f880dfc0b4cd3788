//! `vouchers/stock`: how much there is of each product.

use chassis::{ManageCall, Managed};
use protocol::Outcome;
use serde_json::{Value, json};
use store::{Level, Store};

use super::fields::Fields;
use super::{Failure, ndjson};
use crate::desk::Desk;
use crate::error::Error;

/// Counts the stock by operator, amount and currency.
pub(super) async fn stock(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
) -> Result<Managed, Failure> {
    if !call.body.trim_ascii().is_empty() {
        Fields::read(&call.body)?.end()?;
    }
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let levels = store.stock(today).await?;
    let rows = levels.iter().map(row).chain([json!({ "end": true })]);
    Ok(Managed::lines(Outcome::Ok, ndjson(rows)))
}

fn row(level: &Level) -> Value {
    json!({
        "operator": level.product.operator.as_str(),
        "amount": level.product.amount.as_str(),
        "currency": level.product.currency.as_str(),
        "free": level.free,
        "given": level.given,
        "expired": level.expired,
        "open": level.open,
    })
}
