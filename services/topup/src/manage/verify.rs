//! `vouchers/to-verify`: redemptions whose credit is in doubt.

use chassis::fields::list;
use chassis::{ManageCall, Managed};
use protocol::{Outcome, Time};
use serde_json::{Value, json};
use store::{Doubt, Store};

use super::fields::{Fault, Fields};
use super::{Failure, sell::put};

/// Lists what CREDIT was told to have failed, or not to be known, oldest first.
pub(super) async fn to_verify(store: &Store, call: &ManageCall) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let (after, limit) = (fields.cursor("after")?, fields.limit()?);
    fields.end()?;
    let after = after.map(|it| place(&it)).transpose()?.unwrap_or((i64::MIN, 0));
    let found = store.doubts(after, limit).await?;
    let full = u32::try_from(found.len()) == Ok(limit);
    let after = found.last().filter(|_| full);
    let after = after.map(|it| json!(format!("{}-{}", it.at_ms, it.serial)));
    let rows: Vec<Value> = found.iter().map(row).collect();
    Ok(Managed::lines(Outcome::Ok, list(&rows, after)))
}

fn place(after: &str) -> Result<(i64, u64), Fault> {
    let parts = after.split_once('-');
    let parts = parts.and_then(|(ms, serial)| Some((ms.parse().ok()?, serial.parse().ok()?)));
    parts.ok_or_else(|| Fault::new("after", "it is not where a page ended"))
}

fn row(doubt: &Doubt) -> Value {
    let mut row = json!({
        "serial": doubt.serial,
        "operator": doubt.product.operator.as_str(),
        "amount": doubt.product.amount.as_str(),
        "currency": doubt.product.currency.as_str(),
        "redeemed_at": Time::from_unix_ms(doubt.at_ms).to_string(),
        "credit": doubt.credit,
    });
    put(&mut row, "text", doubt.text.clone());
    put(&mut row, "credit_at", doubt.credit_ms.map(|ms| Time::from_unix_ms(ms).to_string()));
    row
}
