//! Changes of batches and of ranges of vouchers.

use serde_json::{Value, json};

use super::super::{Run, fields};
use super::{given, request};
use crate::cli::{AssignArgs, GenerateArgs, HoldArgs};
use crate::error::Failure;
use crate::said;

/// Orders a batch and waits until all its codes are drawn; run again, it goes on.
pub(super) async fn generate(run: &Run<'_>, args: &GenerateArgs) -> Result<(), Failure> {
    let order = json!({
        "operator": args.operator.as_str(),
        "amount": args.amount.as_str(),
        "currency": args.currency.as_str(),
        "count": args.count,
        "expires": args.expires.map(|it| it.to_string()),
        "label": args.label.as_ref().map(ToString::to_string),
    });
    let mut order = given(order);
    let subject = Value::Object(order.clone()).to_string();
    let begun = run.journal()?.begin("voucher-generate", &subject)?;
    if begun.again {
        run.out.warn(&said!("asked-again"));
    }
    order.insert("request".to_owned(), begun.request.to_string().into());
    let (order, door) = (Value::Object(order), run.door()?);
    let bar = run.out.bar(u64::from(args.count), &said!("batch-drawing"));
    let answer = loop {
        let answered = door.manage("/v1/vouchers/generate", &order).await;
        // Refused: nothing is left to go on with. Lost: the same request goes on next time.
        let answer = match answered {
            Ok(answer) => answer,
            Err(failure) if failure.outcome().is_none() => return Err(failure),
            Err(failure) => {
                begun.done()?;
                return Err(failure);
            }
        };
        let number = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
        bar.set_position(number("made"));
        let closed = answer.get("state").and_then(Value::as_str) == Some("closed");
        if number("count") <= number("made") || closed {
            break answer;
        }
    };
    bar.finish_and_clear();
    begun.done()?;
    run.out.json(&answer);
    fields::show(run, &answer);
    Ok(())
}

/// Gives a range to a shop, takes it back, or sets what a shop may sell a day.
pub(super) async fn assign(run: &Run<'_>, args: &AssignArgs) -> Result<(), Failure> {
    let text = |shop: &Option<protocol::Label>| shop.as_ref().map(ToString::to_string);
    let body = json!({
        "shop": text(&args.shop),
        "from": text(&args.from),
        "first": args.first,
        "last": args.last,
        "limit": args.limit.map(|it| it.to_string()),
        "currency": args.limit.map(|_| args.currency.to_string()),
    });
    change(run, "assign", body).await
}

/// Freezes or thaws a batch or a range.
pub(super) async fn hold(run: &Run<'_>, verb: &str, args: HoldArgs) -> Result<(), Failure> {
    let HoldArgs { batch, first, last, reason } = args;
    let body = json!({ "batch": batch, "first": first, "last": last, "reason": reason });
    change(run, verb, body).await
}

/// Makes a change and shows its answer.
pub(super) async fn change(run: &Run<'_>, verb: &str, body: Value) -> Result<(), Failure> {
    let answer = request(run, verb, body).await?;
    run.out.json(&answer);
    fields::show(run, &answer);
    Ok(())
}
