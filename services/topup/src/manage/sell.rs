//! `vouchers/sell`: purchase codes for money.

use chassis::{ManageCall, Managed};
use protocol::{Date, Outcome, RequestId};
use serde_json::{Value, json};
use store::{NewVoucher, Sale, Sold, SoldVoucher, Store};

use super::Failure;
use super::fields::{Fault, Fields};
use crate::desk::Desk;
use crate::error::Error;

/// So many vouchers are sold at once at most.
const MOST: u64 = 100;

/// Sells vouchers, or shows those that the same request sold.
pub(super) async fn sell(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let (sale, count) = read(call, today)?;
    let drawn = draw(desk, count)?;
    let mut tx = store.begin().await?;
    match tx.sell(&sale, &drawn, today).await? {
        Sold::Vouchers(sold) => {
            // Opened before it is sold: what cannot be read is not sold.
            let answer = answer(desk, &sale, &sold)?;
            tx.commit().await.map_err(Error::Commit)?;
            Ok(Managed::json(Outcome::Ok, answer))
        }
        Sold::OtherSale => Err(Fault::new("request", "it sold something else before").into()),
        Sold::OutOfStock => Ok(out_of_stock()),
    }
}

fn read(call: &ManageCall, today: Date) -> Result<(Sale, u64), Fault> {
    let mut fields = Fields::read(&call.body)?;
    let request: RequestId = fields.take("request")?;
    let sale = Sale {
        request,
        product: fields.product()?,
        expires: fields.find("expires")?,
        shop: fields.find("shop")?,
        principal: call.principal,
        bridge: call.bridge,
        at_ms: call.arrived_ms,
    };
    let count = fields.number("count")?.unwrap_or(1);
    fields.end()?;
    if !(1..=MOST).contains(&count) {
        return Err(Fault::new("count", format!("it is not within 1 and {MOST}")));
    }
    if sale.expires.is_some_and(|last| last < today) {
        return Err(Fault::new("expires", "the day is over"));
    }
    Ok((sale, count))
}

fn draw(desk: &Desk, count: u64) -> Result<Vec<NewVoucher>, Error> {
    let mut rng = crypto::random::system();
    (0..count).map(|_| desk.vault.draw_voucher(&mut rng)).collect()
}

fn answer(desk: &Desk, sale: &Sale, sold: &[SoldVoucher]) -> Result<Value, Error> {
    let vouchers: Result<Vec<Value>, Error> = sold.iter().map(|it| shown(desk, it)).collect();
    let mut answer = json!({
        "result": Outcome::Ok.as_str(),
        "operator": sale.product.operator.as_str(),
        "amount": sale.product.amount.as_str(),
        "currency": sale.product.currency.as_str(),
        "vouchers": vouchers?,
    });
    put(&mut answer, "expires", sale.expires.map(|it| it.to_string()));
    put(&mut answer, "shop", sale.shop.as_ref().map(ToString::to_string));
    Ok(answer)
}

/// A voucher with its code, until it is redeemed.
fn shown(desk: &Desk, sold: &SoldVoucher) -> Result<Value, Error> {
    let mut shown = json!({ "serial": sold.serial, "state": sold.state.as_str() });
    let code = desk.vault.open_purchase(sold)?;
    put(&mut shown, "code", code.map(|code| code.digits().to_owned()));
    Ok(shown)
}

fn out_of_stock() -> Managed {
    let outcome = Outcome::OutOfStock;
    let reason = "fewer recharge codes are free than are owed with this sale";
    Managed::json(outcome, json!({ "result": outcome.as_str(), "reason": reason }))
}

/// Adds a field where it has a value.
pub(super) fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), value.into());
    }
}
