//! How long a page takes with many vouchers, and how that grows.

use serde_json::{Value, json};
use uuid::Uuid;

use super::measure::Measure;
use super::page::{Page, has_rows, is_found, is_whole, rows, timed, until_done};
use super::pages::Filled;
use crate::door::Door;
use crate::error::Failure;

/// Vouchers of one batch.
const BATCH: usize = 50_000;
/// Vouchers that the shop has of each batch.
const OF_SHOP: usize = 5_000;

const LIST: &str = "/v1/vouchers/list";
const STOCK: &str = "/v1/vouchers/stock";

const PAGES: [Page; 9] = [
    Page {
        name: "find by serial",
        path: "/v1/vouchers/find",
        body: |n| json!({ "serial": n + 1 }),
        is_good: is_found,
    },
    Page { name: "list", path: LIST, body: |n| json!({ "after": n }), is_good: has_rows },
    Page {
        name: "list of a batch",
        path: LIST,
        body: |n| json!({ "batch": 1, "after": n % 5_000 }),
        is_good: is_whole,
    },
    Page {
        name: "list of a shop",
        path: LIST,
        body: |n| json!({ "shop": "akwa", "after": n }),
        is_good: is_whole,
    },
    Page {
        name: "list of a shop by state",
        path: LIST,
        body: |n| json!({ "shop": "akwa", "state": "void", "after": n }),
        is_good: is_whole,
    },
    Page { name: "batches", path: "/v1/vouchers/batches", body: |_| json!({}), is_good: has_rows },
    Page { name: "stock", path: STOCK, body: |_| json!({}), is_good: has_rows },
    Page {
        name: "stock of a shop",
        path: STOCK,
        body: |_| json!({ "shop": "akwa" }),
        is_good: has_rows,
    },
    Page {
        name: "day of a shop",
        path: "/v1/vouchers/day",
        body: |_| json!({ "shop": "akwa" }),
        is_good: is_whole,
    },
];

/// Draws vouchers up to each of two numbers, and times every page at both.
///
/// # Errors
///
/// A batch is refused, or PPPX does not answer. A page that is refused is counted, not returned.
pub async fn vouchers(
    door: &Door,
    sizes: [usize; 2],
    seen: &mut (dyn FnMut(Filled) + Send),
) -> Result<Vec<Measure>, Failure> {
    let mut at = [Vec::new(), Vec::new()];
    let mut filled = 0;
    for (size, at) in sizes.into_iter().zip(&mut at) {
        while filled < size {
            let count = BATCH.min(size - filled);
            batch(door, filled, count, seen).await?;
            filled += count;
        }
        seen(Filled::Timing);
        *at = timed(door, &PAGES, size).await;
    }
    Ok(rows(("V", "vouchers"), &PAGES, sizes, at))
}

/// Orders a batch, makes it active, and gives a part of it to the shop.
async fn batch(
    door: &Door,
    before: usize,
    count: usize,
    seen: &mut (dyn FnMut(Filled) + Send),
) -> Result<(), Failure> {
    let order = json!({
        "request": Uuid::new_v4(), "operator": "MTN", "amount": "500", "currency": "XAF",
        "count": count,
    });
    let mut made = 0;
    let number = loop {
        let answer = done(door, "generate", &order).await?;
        let now = answer.get("made").and_then(Value::as_u64).unwrap_or_default();
        seen(Filled::Rows(now.saturating_sub(made)));
        made = now;
        if usize::try_from(made).is_ok_and(|made| count <= made) {
            break answer.get("batch").cloned().unwrap_or_default();
        }
    };
    let active = json!({ "request": Uuid::new_v4(), "batch": number });
    done(door, "activate", &active).await?;
    let (first, last) = (before + 1, before + OF_SHOP.min(count));
    let given = json!({ "request": Uuid::new_v4(), "shop": "akwa", "first": first, "last": last });
    done(door, "assign", &given).await.map(drop)
}

async fn done(door: &Door, verb: &str, body: &Value) -> Result<Value, Failure> {
    let path = format!("/v1/vouchers/{verb}");
    until_done(&format!("vouchers: {verb}"), async || door.manage(&path, body).await).await
}
