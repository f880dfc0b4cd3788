//! `vouchers replace`, `refund`, `approve`, `decline`, `refunds`.

use protocol::PurchaseCode;
use serde_json::{Map, Value, json};

use super::boxes::done;
use super::{Run, fields, numbered};
use crate::cli::{DecideArgs, RefundArgs, RefundsArgs};
use crate::error::Failure;
use crate::said;

/// What a list of replacements and refunds shows.
const COLUMNS: [&str; 8] =
    ["number", "kind", "state", "serial", "amount", "currency", "asked_by", "reason"];

/// Asks for a replacement (`replace`) or a refund (`refund`), and shows what was given.
pub(super) async fn ask(run: &Run<'_>, verb: &str, args: RefundArgs) -> Result<(), Failure> {
    let subject = format!("{} {}", args.serial, args.reason);
    let body = json!({ "serial": args.serial, "reason": args.reason });
    let answer = change(run, verb, &subject, body).await?;
    run.out.json(&answer);
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = answer.get("refund").map(ToString::to_string).unwrap_or_default();
    if text("state") == "asked" {
        run.out.say(&said!("refund-asked", number = number));
        return Ok(());
    }
    let (amount, currency) = (text("amount").to_owned(), text("currency").to_owned());
    let Some(voucher) = answer.get("voucher") else {
        run.out.say(&said!("refund-paid", amount = amount, currency = currency));
        return Ok(());
    };
    let serial = voucher.get("serial").map(ToString::to_string).unwrap_or_default();
    match voucher.get("code").and_then(Value::as_str).map(str::parse::<PurchaseCode>) {
        Some(Ok(code)) => {
            run.out.say(&said!("refund-replaced", serial = serial, code = code.grouped()));
        }
        _ => run.out.say(&said!("refund-used", serial = serial)),
    }
    Ok(())
}

/// Decides what somebody else asked for.
pub(super) async fn decide(run: &Run<'_>, verb: &str, args: DecideArgs) -> Result<(), Failure> {
    let mut body = Map::from_iter([("refund".to_owned(), Value::from(args.number))]);
    body.extend(args.reason.map(|reason| ("reason".to_owned(), Value::from(reason))));
    let answer = change(run, verb, &args.number.to_string(), body.into()).await?;
    run.out.json(&answer);
    let number = args.number.to_string();
    run.out.say(&match verb {
        "approve" => said!("refund-approved", number = number),
        _ => said!("refund-declined", number = number),
    });
    Ok(())
}

/// Lists what waits for a second person, or all.
pub(super) async fn list(run: &Run<'_>, args: &RefundsArgs) -> Result<(), Failure> {
    let filter = json!({ "state": (!args.all).then_some("asked") });
    let mut rows = numbered::page(run, "/v1/vouchers/refunds", filter, &args.page).await?;
    for row in &mut rows {
        if let Some(members) = row.as_object_mut()
            && let Some(number) = members.get("refund").cloned()
        {
            members.insert("number".to_owned(), number);
        }
    }
    if rows.is_empty() {
        run.out.say(&said!("refunds-none"));
        return Ok(());
    }
    fields::table(run, &rows, &COLUMNS);
    numbered::more(run, &rows, &args.page);
    Ok(())
}

async fn change(
    run: &Run<'_>,
    verb: &str,
    subject: &str,
    mut body: Value,
) -> Result<Value, Failure> {
    let begun = run.journal()?.begin(&format!("voucher-{verb}"), subject)?;
    if begun.again {
        run.out.warn(&said!("asked-again"));
    }
    if let Some(members) = body.as_object_mut() {
        members.insert("request".to_owned(), begun.request.to_string().into());
    }
    let answered = run.door()?.manage(&format!("/v1/vouchers/{verb}"), &body).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    answered.and_then(done)
}
