//! `vouchers/stock`: how much there is of each product.

use chassis::{ManageCall, Managed};
use protocol::{Label, Outcome};
use serde_json::{Value, json};
use store::{Level, OnShelf, Store};

use super::change::shop_of;
use super::fields::Fields;
use super::{Failure, ndjson, sell::put};
use crate::desk::Desk;
use crate::error::Error;

/// Counts the stock by operator, amount and currency.
pub(super) async fn stock(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let named: Option<Label> = fields.find("shop")?;
    fields.end()?;
    if let Some(shop) = shop_of(call, named)? {
        return shelf(store, &shop).await;
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
        "unsold": level.unsold,
    })
}

/// What one shop has, by product: what it can sell, and what it sold and may sell a day.
async fn shelf(store: &Store, shop: &Label) -> Result<Managed, Failure> {
    let found = store.shelf(shop).await?;
    let mut rows = Vec::new();
    for some in found.chunk_by(|one, next| one.product == next.product) {
        let Some(OnShelf { product, .. }) = some.first() else { continue };
        let count = |state: &str| -> u64 {
            let is = |it: &&OnShelf| it.state.split('/').next() == Some(state);
            some.iter().filter(is).map(|it| it.n).sum()
        };
        let mut row = json!({
            "shop": shop.to_string(),
            "operator": product.operator.as_str(),
            "amount": product.amount.as_str(),
            "currency": product.currency.as_str(),
            "unsold": count("created"),
            "open": count("sold"),
            "redeemed": count("redeemed"),
            "frozen": count("frozen"),
            "void": count("void"),
        });
        let limit = store.day_limit(shop, product.currency).await?;
        put(&mut row, "limit", limit.map(|it| it.to_string()));
        rows.push(row);
    }
    Ok(Managed::lines(Outcome::Ok, ndjson(rows.into_iter().chain([json!({ "end": true })]))))
}
