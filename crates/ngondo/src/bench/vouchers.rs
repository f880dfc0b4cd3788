//! How long a page takes with many vouchers, and how that grows.

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::measure::Measure;
use super::pages::{Filled, ROUNDS, rows_of};
use crate::door::Door;
use crate::error::Failure;

/// Vouchers of one batch.
const BATCH: usize = 50_000;
/// Vouchers that the shop has of each batch.
const OF_SHOP: usize = 5_000;

/// A page that people ask for: its name, its path, and its body for the voucher of a number.
type Page = (&'static str, &'static str, fn(usize) -> Value);

const PAGES: [Page; 9] = [
    ("find by serial", "/v1/vouchers/find", |n| json!({ "serial": n + 1 })),
    ("list", "/v1/vouchers/list", |n| json!({ "after": n })),
    ("list of a batch", "/v1/vouchers/list", |n| json!({ "batch": 1, "after": n % BATCH })),
    ("list of a shop", "/v1/vouchers/list", |n| json!({ "shop": "akwa", "after": n })),
    (
        "list of a shop by state",
        "/v1/vouchers/list",
        |n| json!({ "shop": "akwa", "state": "void", "after": n }),
    ),
    ("batches", "/v1/vouchers/batches", |_| json!({})),
    ("stock", "/v1/vouchers/stock", |_| json!({})),
    ("stock of a shop", "/v1/vouchers/stock", |_| json!({ "shop": "akwa" })),
    ("day of a shop", "/v1/vouchers/day", |_| json!({ "shop": "akwa" })),
];

/// Draws vouchers up to each of two numbers, and times every page at both.
///
/// # Errors
///
/// A batch or a page is refused, or PPPX does not answer.
pub async fn vouchers(
    door: &Door,
    sizes: [usize; 2],
    seen: &mut (dyn FnMut(Filled) + Send),
) -> Result<Vec<Measure>, Failure> {
    let mut at = Vec::new();
    let mut filled = 0;
    for size in sizes {
        while filled < size {
            let count = BATCH.min(size - filled);
            batch(door, filled, count, seen).await?;
            filled += count;
        }
        seen(Filled::Timing);
        at.push(timed(door, size).await?);
    }
    let [small_ms, large_ms] = <[Vec<Vec<f64>>; 2]>::try_from(at).unwrap_or_default();
    let timed = PAGES.iter().zip(small_ms.into_iter().zip(large_ms)).enumerate();
    let row = |(number, (page, rounds)): (usize, (&Page, _))| {
        rows_of(("V", "vouchers", number + 1), page.0, sizes, rounds)
    };
    Ok(timed.flat_map(row).collect())
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
        let answer = door.manage("/v1/vouchers/generate", &order).await?;
        let now = answer.get("made").and_then(Value::as_u64).unwrap_or_default();
        seen(Filled::Boxes(now.saturating_sub(made)));
        made = now;
        if usize::try_from(made).is_ok_and(|made| count <= made) {
            break answer.get("batch").cloned().unwrap_or_default();
        }
    };
    let active = json!({ "request": Uuid::new_v4(), "batch": number });
    door.manage("/v1/vouchers/activate", &active).await?;
    let (first, last) = (before + 1, before + OF_SHOP.min(count));
    let given = json!({ "request": Uuid::new_v4(), "shop": "akwa", "first": first, "last": last });
    door.manage("/v1/vouchers/assign", &given).await.map(drop)
}

/// Times every page, in turn.
async fn timed(door: &Door, size: usize) -> Result<Vec<Vec<f64>>, Failure> {
    let mut times = vec![Vec::with_capacity(ROUNDS); PAGES.len()];
    // The first round warms up.
    for round in 0..=ROUNDS {
        for (times, (_, path, body)) in times.iter_mut().zip(PAGES) {
            let body = body((round * 7_919) % size).to_string();
            let begun = Instant::now();
            door.lines(path, body).await?;
            if 0 < round {
                times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
        }
    }
    Ok(times)
}
