//! `vouchers/sell`: purchase codes for money.

use chassis::{ManageCall, Managed};
use protocol::{Date, Outcome};
use serde_json::{Value, json};
use store::{Goods, NewVoucher, Refusal, Sale, Sold, SoldVoucher, Store};

use super::Failure;
use super::change::{Change, Did, entry, refused, shop_of};
use super::fields::{Fault, Fields};
use crate::desk::Desk;
use crate::error::Error;

/// So many vouchers are sold at once at most.
const MOST: u64 = 100;

/// A sale as it is asked for.
struct Ask {
    sale: Sale,
    count: u64,
    /// The card that is sold, where it is a card.
    serial: Option<u64>,
    change: Change,
}

/// Sells vouchers, or shows those that the same request sold.
pub(super) async fn sell(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let (day_ms, _) = desk.bounds(today).ok_or(Error::Form("clock"))?;
    let ask = match read(store, call, today).await? {
        Ok(ask) => ask,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let drawn =
        if ask.serial.is_none() { draw(desk, ask.count, ask.sale.at_ms)? } else { Vec::new() };
    let mut tx = store.begin().await?;
    let own_alone = match &ask.sale.shop {
        Some(shop) => tx.keeps_stock(shop).await?,
        None => false,
    };
    let next = u32::try_from(ask.count).unwrap_or(u32::MAX);
    let goods = match (ask.serial, own_alone) {
        (Some(serial), true) => Goods::Card(serial),
        (Some(serial), false) => Goods::AnyCard(serial),
        (None, true) => Goods::Next(next),
        (None, false) => Goods::Drawn(&drawn),
    };
    match tx.sell(&ask.sale, goods, (today, day_ms)).await? {
        Sold::Vouchers(sold) => {
            // Opened before it is sold: what cannot be read is not sold.
            let answer = answer(desk, &ask.sale, &sold)?;
            let did = Did { subject: subject(&sold), detail: detail(&ask), answer };
            let entry = entry(desk, call, &ask.change, &did);
            tx.audit(&entry, desk.vault.index.current()).await?;
            tx.commit().await.map_err(Error::Commit)?;
            Ok(Managed::json(Outcome::Ok, did.answer))
        }
        Sold::Again(sold) => {
            let mut answer = answer(desk, &ask.sale, &sold)?;
            put(&mut answer, "duplicata", Some(true));
            Ok(Managed::json(Outcome::Ok, answer))
        }
        Sold::Refused(refusal) => Ok(refused(refusal)),
    }
}

fn subject(sold: &[SoldVoucher]) -> String {
    let (first, last) = (sold.first().map(|it| it.serial), sold.last().map(|it| it.serial));
    match (first, last) {
        (Some(first), Some(last)) if first != last => format!("vouchers/{first}-{last}"),
        (first, _) => format!("voucher/{}", first.unwrap_or_default()),
    }
}

fn detail(ask: &Ask) -> Value {
    let mut detail = json!({ "product": ask.sale.product.to_string(), "count": ask.count });
    put(&mut detail, "shop", ask.sale.shop.as_ref().map(ToString::to_string));
    detail
}

async fn read(
    store: &Store,
    call: &ManageCall,
    today: Date,
) -> Result<Result<Ask, Refusal>, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::read(&mut fields, call)?;
    let serial = fields.number("serial")?;
    let named = fields.find("shop")?;
    let (product, expires, count) = if let Some(serial) = serial {
        let Some(voucher) = store.voucher(serial).await? else {
            return Ok(Err(Refusal::NotForSale));
        };
        (voucher.product, None, 1)
    } else {
        let product = fields.product()?;
        (product, fields.find("expires")?, fields.number("count")?.unwrap_or(1))
    };
    fields.end()?;
    if !(1..=MOST).contains(&count) {
        return Err(Fault::new("count", format!("it is not within 1 and {MOST}")).into());
    }
    if expires.is_some_and(|last| last < today) {
        return Err(Fault::new("expires", "the day is over").into());
    }
    let shop = shop_of(call, named)?;
    let sale = Sale {
        request: change.wish.request,
        product,
        expires,
        shop,
        principal: call.principal,
        bridge: call.bridge,
        at_ms: call.arrived_ms,
    };
    Ok(Ok(Ask { sale, count, serial, change }))
}

fn draw(desk: &Desk, count: u64, now_ms: i64) -> Result<Vec<NewVoucher>, Error> {
    let mut rng = crypto::random::system();
    (0..count).map(|_| desk.vault.draw_voucher(&mut rng, now_ms)).collect()
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

/// Adds a field where it has a value.
pub(super) fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), value.into());
    }
}
