//! `vouchers/find`: what support may know of a voucher, by its serial number.

use chassis::fields::list as ndlist;
use chassis::{ManageCall, Managed};
use protocol::{Date, Label, Outcome, Time};
use serde_json::{Value, json};
use store::{Store, Voucher, VoucherFilter, VoucherState};

use super::Failure;
use super::change::{own_shop, shop_of, told};
use super::fields::{Fault, Fields};
use super::sell::put;
use crate::desk::Desk;
use crate::error::Error;

/// Finds a voucher.
pub(super) async fn find(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let serial = fields.number("serial")?.ok_or_else(|| Fault::new("serial", "missing"))?;
    fields.end()?;
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let own = own_shop(call).map(|it| it.to_string());
    let found = store.voucher(serial).await?.filter(|it| own.is_none() || it.shop == own);
    let Some(voucher) = found else {
        return Ok(told(Outcome::CodeUnknown, "serial: no such voucher"));
    };
    let mut shown = row(&voucher, today);
    put(&mut shown, "result", Some(Outcome::Ok.as_str()));
    Ok(Managed::json(Outcome::Ok, shown))
}

/// Lists vouchers by shop, state, batch and serials.
pub(super) async fn list(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let named: Option<Label> = fields.find("shop")?;
    let state = fields.word::<VoucherState>("state", "it is no state of a voucher")?;
    let batch = fields.number("batch")?;
    let (mut from, mut to) = (fields.number("first")?, fields.number("last")?);
    let (after, limit) = (fields.number("after")?, fields.limit()?);
    fields.end()?;
    let shop = shop_of(call, named)?;
    if let Some(batch) = batch {
        let Some(batch) = store.batch(batch).await? else {
            return Ok(told(Outcome::CodeUnknown, "batch: no such batch"));
        };
        let Some(first) = batch.first else {
            return Err(Fault::new("batch", "the counter has no range of its own").into());
        };
        from = from.max(Some(first));
        to = Some(to.map_or(u64::MAX, |it| it).min(batch.last().unwrap_or(first)));
    }
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let filter = VoucherFilter { shop, state, from, to, after };
    let found = store.vouchers(&filter, limit).await?;
    let full = u32::try_from(found.len()) == Ok(limit);
    let after = found.last().filter(|_| full).map(|it| json!(it.serial));
    let rows: Vec<Value> = found.iter().map(|it| row(it, today)).collect();
    Ok(Managed::lines(Outcome::Ok, ndlist(&rows, after)))
}

fn row(voucher: &Voucher, today: Date) -> Value {
    let time = |unix_ms: Option<i64>| unix_ms.map(|ms| Time::from_unix_ms(ms).to_string());
    let mut shown = json!({
        "serial": voucher.serial,
        "batch": voucher.batch,
        "state": state(voucher, today),
        "operator": voucher.product.operator.as_str(),
        "amount": voucher.product.amount.as_str(),
        "currency": voucher.product.currency.as_str(),
    });
    put(&mut shown, "expires", voucher.expires.map(|it| it.to_string()));
    put(&mut shown, "shop", voucher.shop.clone());
    put(&mut shown, "sold_at", time(voucher.sold_ms));
    put(&mut shown, "sold_by", voucher.sold_by.clone());
    put(&mut shown, "redeemed_at", time(voucher.redeemed_ms));
    put(&mut shown, "box", voucher.device.map(|it| it.to_string()));
    put(&mut shown, "credit", voucher.credit.clone());
    shown
}

/// The state's word; a voucher past its day that was not redeemed is `expired`.
fn state(voucher: &Voucher, today: Date) -> &'static str {
    let over = voucher.expires.is_some_and(|last| last < today);
    match voucher.state {
        VoucherState::Created | VoucherState::Sold if over => "expired",
        state => state.as_str(),
    }
}
