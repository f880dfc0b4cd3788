//! `vouchers/day`: what each shop took in one day.

use std::collections::BTreeMap;

use chassis::{ManageCall, Managed};
use protocol::{Date, Label, Outcome};
use serde_json::{Value, json};
use store::{Money, Store, Taking};

use super::change::shop_of;
use super::fields::{Fault, Fields};
use super::{Failure, ndjson};
use crate::desk::Desk;
use crate::error::Error;

/// Adds up a day by shop and product.
pub(super) async fn day(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let (day, named): (Option<Date>, Option<Label>) = (fields.find("day")?, fields.find("shop")?);
    fields.end()?;
    let shop = shop_of(call, named)?;
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let day = day.unwrap_or(today);
    let bounds = desk.bounds(day).ok_or_else(|| Fault::new("day", "it is no day here"))?;
    let takings = store.takings(bounds, shop.as_ref()).await?;
    let mut sums: BTreeMap<String, (u64, Money)> = BTreeMap::new();
    for taking in &takings {
        let (count, money) = sums.entry(taking.product.currency.to_string()).or_default();
        let back = taking.cancelled.saturating_add(taking.refunded);
        *count = count.saturating_add(taking.sold.saturating_sub(back));
        *money = money.plus(taking.money());
    }
    let totals: Vec<Value> = sums
        .iter()
        .map(|(currency, (count, money))| {
            json!({ "currency": currency, "vouchers": count, "money": money.to_string() })
        })
        .collect();
    let end = json!({ "end": true, "day": day.to_string(), "total": totals });
    Ok(Managed::lines(Outcome::Ok, ndjson(takings.iter().map(row).chain([end]))))
}

fn row(taking: &Taking) -> Value {
    json!({
        "shop": taking.shop,
        "operator": taking.product.operator.as_str(),
        "amount": taking.product.amount.as_str(),
        "currency": taking.product.currency.as_str(),
        "sold": taking.sold,
        "cancelled": taking.cancelled,
        "refunded": taking.refunded,
        "money": taking.money().to_string(),
    })
}
