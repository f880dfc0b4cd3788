//! `vouchers`: recharge codes in, purchase codes out.

use protocol::{Outcome, PurchaseCode};
use serde_json::{Value, json};

use super::boxes::done;
use super::{Run, fields, vouchers_import};
use crate::cli::VouchersVerb;
use crate::error::Failure;
use crate::said;

/// Does one verb on vouchers.
pub(super) async fn run(run: &Run<'_>, verb: VouchersVerb) -> Result<(), Failure> {
    match verb {
        VouchersVerb::Import { file, valid_only } => {
            let wanted = if valid_only {
                vouchers_import::Wanted::GoodLines
            } else {
                vouchers_import::Wanted::WholeFile
            };
            vouchers_import::run(run, &file, wanted).await
        }
        VouchersVerb::Sell { operator, amount, currency, count } => {
            let sale = json!({
                "operator": operator.as_str(), "amount": amount.as_str(),
                "currency": currency.as_str(), "count": count,
            });
            sell(run, sale).await
        }
        VouchersVerb::Find { serial } => find(run, serial).await,
        VouchersVerb::Stock => stock(run).await,
    }
}

/// Sells; the same sale again, after a lost answer, shows the same codes.
async fn sell(run: &Run<'_>, mut sale: Value) -> Result<(), Failure> {
    let begun = run.journal()?.begin("sell", &sale.to_string())?;
    if begun.again {
        run.out.warn(&said!("asked-again"));
    }
    if let Some(sale) = sale.as_object_mut() {
        sale.insert("request".to_owned(), Value::String(begun.request.to_string()));
    }
    let answered = run.door()?.manage("/v1/vouchers/sell", &sale).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    let answer = answered.and_then(done).map_err(|failure| match failure.outcome() {
        Some(Outcome::OutOfStock) => failure.worded(said!("sell-out-of-stock")),
        _ => failure,
    })?;
    run.out.json(&answer);
    for voucher in answer.get("vouchers").and_then(Value::as_array).into_iter().flatten() {
        let serial = voucher.get("serial").map(ToString::to_string).unwrap_or_default();
        let code = voucher.get("code").and_then(Value::as_str).unwrap_or_default();
        let code = code.parse::<PurchaseCode>().map(|it| it.grouped()).unwrap_or_default();
        run.out.say(&said!("voucher-sold", serial = serial, code = code));
    }
    Ok(())
}

async fn find(run: &Run<'_>, serial: u64) -> Result<(), Failure> {
    let found = run.door()?.manage("/v1/vouchers/find", &json!({ "serial": serial })).await;
    let found = found.and_then(done).map_err(|failure| match failure.outcome() {
        Some(Outcome::CodeUnknown) => {
            failure.worded(said!("voucher-unknown", serial = serial.to_string()))
        }
        _ => failure,
    })?;
    run.out.json(&found);
    fields::show(run, &found);
    Ok(())
}

async fn stock(run: &Run<'_>) -> Result<(), Failure> {
    let lines = run.door()?.lines("/v1/vouchers/stock", "{}".to_owned()).await?;
    for line in &lines {
        run.out.json(line);
    }
    let rows: Vec<_> =
        lines.iter().filter(|line| line.get("operator").is_some()).cloned().collect();
    if rows.is_empty() {
        run.out.say(&said!("stock-empty"));
    } else {
        let columns = ["operator", "amount", "currency", "free", "given", "expired", "open"];
        fields::table(run, &rows, &columns);
    }
    Ok(())
}
