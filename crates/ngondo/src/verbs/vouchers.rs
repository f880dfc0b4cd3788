//! `vouchers`: recharge codes in, purchase codes out.

mod batches;
mod look;
mod print;

use protocol::Outcome;
use serde_json::{Map, Value, json};

use super::boxes::done;
use super::{Run, fields, refunds, vouchers_import};
use crate::cli::{SellArgs, VouchersVerb};
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
        VouchersVerb::Generate(args) => batches::generate(run, &args).await,
        VouchersVerb::Batches { state, page } => look::batches(run, state, &page).await,
        VouchersVerb::Print { batch, key, file } => print::print(run, batch, &key, &file).await,
        VouchersVerb::Open { file, key, labels } => {
            let form = if labels { print::Form::Labels } else { print::Form::Csv };
            print::open(run, &file, &key, form)
        }
        VouchersVerb::Activate { batch } => {
            batches::change(run, "activate", json!({ "batch": batch })).await
        }
        VouchersVerb::Close { batch, reason } => {
            batches::change(run, "close", json!({ "batch": batch, "reason": reason })).await
        }
        VouchersVerb::Assign(args) => batches::assign(run, &args).await,
        VouchersVerb::Freeze(args) => batches::hold(run, "freeze", args).await,
        VouchersVerb::Thaw(args) => batches::hold(run, "thaw", args).await,
        VouchersVerb::Void(args) => {
            let (first, last, reason) = (args.first, args.last, args.reason);
            let body = json!({ "first": first, "last": last, "reason": reason });
            batches::change(run, "void", body).await
        }
        VouchersVerb::Sell(args) => sell(run, &args).await,
        VouchersVerb::Cancel { serial, shop } => {
            let shop = shop.map(|it| it.to_string());
            batches::change(run, "cancel", json!({ "serial": serial, "shop": shop })).await
        }
        VouchersVerb::Find { serial } => find(run, serial).await,
        VouchersVerb::List { shop, state, batch, page } => {
            let shop = shop.map(|it| it.to_string());
            let filter = json!({ "shop": shop, "state": state, "batch": batch });
            look::list(run, filter, &page).await
        }
        VouchersVerb::Stock { shop } => look::stock(run, shop).await,
        VouchersVerb::Day { shop, day } => look::day(run, shop, day).await,
        VouchersVerb::Reconcile => look::reconcile(run).await,
        VouchersVerb::ToVerify { limit, after } => look::to_verify(run, limit, after).await,
        VouchersVerb::Replace(args) => refunds::ask(run, "replace", args).await,
        VouchersVerb::Refund(args) => refunds::ask(run, "refund", args).await,
        VouchersVerb::Refunds(args) => refunds::list(run, &args).await,
        VouchersVerb::Approve(args) => refunds::decide(run, "approve", args).await,
        VouchersVerb::Decline(args) => refunds::decide(run, "decline", args).await,
    }
}

/// The members that have a value.
fn given(body: Value) -> Map<String, Value> {
    let Value::Object(mut members) = body else { return Map::new() };
    members.retain(|_, value| !value.is_null());
    members
}

/// Makes a change under a request that is the same until it is answered.
async fn request(run: &Run<'_>, verb: &str, body: Value) -> Result<Value, Failure> {
    let mut body = given(body);
    let subject = Value::Object(body.clone()).to_string();
    let begun = run.journal()?.begin(&format!("voucher-{verb}"), &subject)?;
    if begun.again {
        run.out.warn(&said!("asked-again"));
    }
    body.insert("request".to_owned(), begun.request.to_string().into());
    let path = format!("/v1/vouchers/{verb}");
    let answered = run.door()?.manage(&path, &Value::Object(body)).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    answered.and_then(done)
}

/// Sells; the same sale again, after a lost answer, shows the same codes.
async fn sell(run: &Run<'_>, args: &SellArgs) -> Result<(), Failure> {
    let shop = args.shop.as_ref().map(ToString::to_string);
    let sale = match args.serial {
        Some(serial) => json!({ "serial": serial, "shop": shop }),
        None => json!({
            "operator": args.operator.map(|it| it.to_string()),
            "amount": args.amount.map(|it| it.to_string()),
            "currency": args.currency.as_str(),
            "count": args.count,
            "shop": shop,
            "expires": args.expires.map(|it| it.to_string()),
        }),
    };
    let answer = request(run, "sell", sale).await;
    let answer = answer.map_err(|failure| match failure.outcome() {
        Some(Outcome::OutOfStock) => failure.worded(said!("sell-out-of-stock")),
        _ => failure,
    })?;
    run.out.json(&answer);
    if answer.get("duplicata") == Some(&Value::Bool(true)) {
        run.out.say(&said!("voucher-duplicata"));
    }
    for voucher in answer.get("vouchers").and_then(Value::as_array).into_iter().flatten() {
        let serial = voucher.get("serial").map(ToString::to_string).unwrap_or_default();
        let code = print::grouped(voucher.get("code").and_then(Value::as_str).unwrap_or_default());
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
