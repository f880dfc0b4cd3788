//! `vouchers/reconcile`: each voucher against the ledger, the stock and the money.

use chassis::{ManageCall, Managed};
use protocol::Outcome;
use serde_json::{Value, json};
use store::{Difference, Serials, Store, Total};
use tokio::time::{Duration, Instant};

use super::fields::Fields;
use super::{Failure, ndjson};

/// Vouchers that are compared in one statement.
const WINDOW: u64 = 20_000;
/// Differences that are named of one such window.
const NAMED: u32 = 1_000;
/// Left for the totals, which are counted in one statement.
const FOR_TOTALS: Duration = Duration::from_secs(1);

/// Compares everything, as far as there is time; then it goes on from `after`.
pub(super) async fn reconcile(store: &Store, call: &ManageCall) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let mut after = fields.number("after")?.unwrap_or(0);
    fields.end()?;
    let last = store.last_serial().await?;
    let enough = call.deadline.checked_sub(FOR_TOTALS).unwrap_or(call.deadline);
    let begun = after;
    let mut rows: Vec<Value> = Vec::new();
    while after < last {
        if begun < after && enough <= Instant::now() {
            let end = json!({ "end": true, "after": after, "differences": rows.len() });
            return Ok(Managed::lines(Outcome::Ok, ndjson(rows.into_iter().chain([end]))));
        }
        let serials =
            Serials { first: after.saturating_add(1), last: after.saturating_add(WINDOW) };
        rows.extend(store.mismatches(serials, NAMED).await?.iter().map(difference));
        after = serials.last;
    }
    let found = store.totals().await?;
    rows.extend(found.differences.iter().map(difference));
    let differences = rows.len();
    let end = json!({ "end": true, "differences": differences });
    let rows = rows.into_iter().chain(found.totals.iter().map(total)).chain([end]);
    Ok(Managed::lines(Outcome::Ok, ndjson(rows)))
}

fn difference(difference: &Difference) -> Value {
    json!({ "difference": difference.what, "subject": difference.subject })
}

fn total(total: &Total) -> Value {
    json!({
        "operator": total.product.operator.as_str(),
        "amount": total.product.amount.as_str(),
        "currency": total.product.currency.as_str(),
        "generated": total.generated,
        "stock": total.stock,
        "sold": total.sold,
        "redeemed": total.redeemed,
        "frozen": total.frozen,
        "void": total.void,
        "given": total.given,
        "sales": total.sales,
        "refunded": total.refunded,
        "money": total.money.to_string(),
    })
}
