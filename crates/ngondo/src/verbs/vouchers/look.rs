//! What there is: batches, vouchers, stock, takings, and whether all of it adds up.

use protocol::{Date, Label};
use serde_json::{Value, json};

use super::super::{Run, fields};
use super::given;
use crate::cli::VoucherPage;
use crate::error::{Failure, failed};
use crate::said;

const BATCHES: [&str; 9] =
    ["batch", "state", "operator", "amount", "currency", "first", "last", "made", "label"];
const VOUCHERS: [&str; 7] = ["serial", "state", "operator", "amount", "currency", "shop", "batch"];
const STOCK: [&str; 8] =
    ["operator", "amount", "currency", "free", "given", "expired", "open", "unsold"];
const SHELF: [&str; 9] =
    ["operator", "amount", "currency", "unsold", "open", "redeemed", "frozen", "void", "limit"];
const DAY: [&str; 8] =
    ["shop", "operator", "amount", "currency", "sold", "cancelled", "refunded", "money"];
const TOTALS: [&str; 10] = [
    "operator",
    "amount",
    "currency",
    "generated",
    "unsold",
    "open",
    "redeemed",
    "frozen",
    "void",
    "money",
];
const DOUBTS: [&str; 6] = ["serial", "operator", "amount", "currency", "redeemed_at", "credit"];

/// Lists batches.
pub(super) async fn batches(
    run: &Run<'_>,
    state: Option<String>,
    page: &VoucherPage,
) -> Result<(), Failure> {
    let filter = json!({ "state": state, "limit": page.limit, "after": page.after });
    let rows = rows(run, "batches", filter).await?;
    table(run, &rows, &BATCHES);
    Ok(())
}

/// Lists vouchers.
pub(super) async fn list(
    run: &Run<'_>,
    mut filter: Value,
    page: &VoucherPage,
) -> Result<(), Failure> {
    if let Some(filter) = filter.as_object_mut() {
        filter.insert("limit".to_owned(), page.limit.into());
        filter.insert("after".to_owned(), json!(page.after));
    }
    let rows = rows(run, "list", filter).await?;
    table(run, &rows, &VOUCHERS);
    Ok(())
}

/// Counts the recharge codes, or what one shop has.
pub(super) async fn stock(run: &Run<'_>, shop: Option<Label>) -> Result<(), Failure> {
    let of_shop = shop.is_some();
    let rows = rows(run, "stock", json!({ "shop": shop.map(|it| it.to_string()) })).await?;
    if rows.len() < 2 {
        run.out.say(&said!("stock-empty"));
    } else if of_shop {
        table(run, &rows, &SHELF);
    } else {
        table(run, &rows, &STOCK);
    }
    Ok(())
}

/// Adds up a day.
pub(super) async fn day(
    run: &Run<'_>,
    shop: Option<Label>,
    day: Option<Date>,
) -> Result<(), Failure> {
    let (shop, day) = (shop.map(|it| it.to_string()), day.map(|it| it.to_string()));
    let rows = rows(run, "day", json!({ "shop": shop, "day": day })).await?;
    table(run, &rows, &DAY);
    let end = rows.last();
    let day = end.and_then(|it| it.get("day")).and_then(Value::as_str).unwrap_or_default();
    let totals = end.and_then(|it| it.get("total")).and_then(Value::as_array);
    if totals.is_none_or(Vec::is_empty) {
        run.out.say(&said!("day-empty", day = day));
    }
    for total in totals.into_iter().flatten() {
        let text = |name: &str| total.get(name).and_then(Value::as_str).unwrap_or_default();
        let count = total.get("vouchers").and_then(Value::as_u64).unwrap_or_default();
        let (money, currency) = (text("money"), text("currency"));
        run.out.say(&said!(
            "day-total",
            day = day,
            count = count,
            money = money,
            currency = currency
        ));
    }
    Ok(())
}

/// Compares everything with everything; fails where anything differs.
pub(super) async fn reconcile(run: &Run<'_>) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut some = rows(run, "reconcile", json!({ "after": after })).await?;
        after = some.pop().and_then(|end| end.get("after").cloned()).unwrap_or_default();
        found.append(&mut some);
        if after.is_null() {
            break;
        }
    }
    let (differences, mut totals): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|row| row.get("difference").is_some());
    for total in totals.iter_mut().filter_map(Value::as_object_mut) {
        for (name, shown) in [("stock", "unsold"), ("sold", "open")] {
            let count = total.get(name).cloned().unwrap_or_default();
            total.insert(shown.to_owned(), count);
        }
    }
    table(run, &totals, &TOTALS);
    for difference in &differences {
        let text = |name: &str| difference.get(name).and_then(Value::as_str).unwrap_or_default();
        run.out.line(&format!("{}: {}", text("subject"), text("difference")));
    }
    if differences.is_empty() {
        run.out.say(&said!("reconcile-balances"));
        return Ok(());
    }
    Err(failed!("reconcile-differs", count = differences.len()))
}

/// Lists redemptions whose credit is in doubt.
pub(super) async fn to_verify(
    run: &Run<'_>,
    limit: u32,
    after: Option<String>,
) -> Result<(), Failure> {
    let rows = rows(run, "to-verify", json!({ "limit": limit, "after": after })).await?;
    table(run, &rows, &DOUBTS);
    Ok(())
}

/// Asks for rows, and prints them to scripts; the last one ends the list.
async fn rows(run: &Run<'_>, verb: &str, filter: Value) -> Result<Vec<Value>, Failure> {
    let body = Value::Object(given(filter)).to_string();
    let lines = run.door()?.lines(&format!("/v1/vouchers/{verb}"), body).await?;
    // A refusal is one line with its result.
    if let [only] = lines.as_slice()
        && only.get("result").is_some()
    {
        super::done(only.clone())?;
    }
    for line in &lines {
        run.out.json(line);
    }
    Ok(lines)
}

/// Prints the rows of a list, and how to get the next page.
fn table(run: &Run<'_>, rows: &[Value], columns: &[&str]) {
    let shown: Vec<_> = rows.iter().filter(|row| row.get("end").is_none()).cloned().collect();
    if shown.is_empty() {
        run.out.say(&said!("vouchers-none"));
        return;
    }
    fields::table(run, &shown, columns);
    let after = rows.last().and_then(|end| end.get("after")).map(|after| match after {
        Value::String(text) => text.clone(),
        number => number.to_string(),
    });
    if let Some(after) = after {
        run.out.say(&said!("boxes-more", after = after));
    }
}
