//! `vouchers/find`: what support may know of a voucher, by its serial number.

use chassis::{ManageCall, Managed};
use protocol::{Date, Outcome, Time};
use serde_json::{Value, json};
use store::{Store, Voucher, VoucherState};

use super::Failure;
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
    let found = store.voucher(serial).await?;
    Ok(found.map_or_else(unknown, |it| Managed::json(Outcome::Ok, shown(&it, today))))
}

fn unknown() -> Managed {
    let outcome = Outcome::CodeUnknown;
    let reason = "serial: no such voucher";
    Managed::json(outcome, json!({ "result": outcome.as_str(), "reason": reason }))
}

fn shown(voucher: &Voucher, today: Date) -> Value {
    let time = |unix_ms: Option<i64>| unix_ms.map(|ms| Time::from_unix_ms(ms).to_string());
    let mut shown = json!({
        "result": Outcome::Ok.as_str(),
        "serial": voucher.serial,
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
    put(&mut shown, "credit", voucher.credit.clone());
    shown
}

/// The state's word; a sold voucher past its day is `expired`.
fn state(voucher: &Voucher, today: Date) -> &'static str {
    let over = voucher.expires.is_some_and(|last| last < today);
    match voucher.state {
        VoucherState::Sold if over => "expired",
        state => state.as_str(),
    }
}
