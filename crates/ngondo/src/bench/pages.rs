//! How long a page takes with many boxes, and how that grows.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::measure::Measure;
use super::page::{Page, against, has_rows, is_found, is_whole, rows, stopped, timed, until_done};
use crate::door::Door;
use crate::error::Failure;

/// Lines of one import.
const PART: usize = 1_000;

/// What 20,000 lines of an import must take less than.
const IMPORT_BAR_S: f64 = 30.0;

/// The lines of that import.
const IMPORTED: usize = 20_000;

const LIST: &str = "/v1/boxes/list";
const FIND: &str = "/v1/boxes/find";

const PAGES: [Page; 8] = [
    Page { name: "list", path: LIST, body: |_| json!({ "limit": 100 }), is_good: has_rows },
    Page {
        name: "list by tag and state",
        path: LIST,
        body: |n| json!({ "tag": format!("t{}", n % 97), "state": "registered", "limit": 100 }),
        is_good: has_rows,
    },
    Page {
        name: "list of none",
        path: LIST,
        body: |_| json!({ "state": "stolen", "limit": 100 }),
        is_good: is_whole,
    },
    Page {
        name: "count",
        path: LIST,
        body: |n| json!({ "group": format!("g{}", n % 20), "limit": 10, "count": true }),
        is_good: has_rows,
    },
    Page {
        name: "find by imei",
        path: FIND,
        body: |n| json!({ "imei": imei(n) }),
        is_good: has_rows,
    },
    Page {
        name: "find by four digits",
        path: FIND,
        body: |n| json!({ "last": format!("{:04}", n % 10_000) }),
        is_good: has_rows,
    },
    Page {
        name: "find by anything",
        path: FIND,
        body: |n| json!({ "any": serial(n) }),
        is_good: has_rows,
    },
    Page {
        name: "show",
        path: "/v1/boxes/show",
        body: |n| json!({ "imei": imei(n) }),
        is_good: is_found,
    },
];

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub enum Filled {
    /// So many more rows are there.
    Rows(u64),
    /// Pages are being timed.
    Timing,
}

/// Registers boxes up to each of two numbers, and times every page at both.
///
/// # Errors
///
/// An import is refused, or PPPX does not answer. A page that is refused is counted, not returned.
pub async fn pages(
    door: &Door,
    sizes: [usize; 2],
    seen: &mut (dyn FnMut(Filled) + Send),
) -> Result<Vec<Measure>, Failure> {
    let mut import_s = Vec::new();
    let mut at = [Vec::new(), Vec::new()];
    let mut filled = 0;
    for (size, at) in sizes.into_iter().zip(&mut at) {
        let begun = Instant::now();
        let before = filled;
        while filled < size {
            let part = PART.min(size - filled);
            import(door, filled, part).await?;
            filled += part;
            seen(Filled::Rows(u64::try_from(part).unwrap_or_default()));
        }
        import_s.push(per_import(begun.elapsed(), size - before));
        settled(door, size).await?;
        seen(Filled::Timing);
        *at = timed(door, &PAGES, size).await;
    }
    let mut measures = rows(("F", "boxes"), &PAGES, sizes, at);
    measures.push(Measure {
        id: "F0".to_owned(),
        name: format!("boxes: {IMPORTED} lines imported"),
        bar: 1.0,
        aim: 0.5,
        reference_rounds: vec![IMPORT_BAR_S; import_s.len()],
        ours_rounds: import_s,
        ..against("the bar", "s")
    });
    Ok(measures)
}

/// Registers the next boxes; each must be new. What there was no time for is sent again.
async fn import(door: &Door, from: usize, count: usize) -> Result<(), Failure> {
    let mut body = json!({ "request": Uuid::new_v4() }).to_string();
    for n in from..from + count {
        let line = json!({
            "imei": imei(n), "serial": serial(n), "label": format!("stock {n}"),
            "group": format!("g{}", n % 20), "tags": [format!("t{}", n % 97), "all"],
        });
        body.push('\n');
        body.push_str(&line.to_string());
    }
    let mut before = None;
    loop {
        let send = async || door.lines("/v1/boxes/import", body.clone()).await;
        let answers = until_done("boxes: import", send).await?;
        let end = answers.last().cloned().unwrap_or_default();
        let ok = end.get("ok").and_then(Value::as_u64);
        if ok == u64::try_from(count).ok() {
            return Ok(());
        }
        if ok <= before {
            return Err(stopped("boxes: import", &end.to_string()));
        }
        before = ok;
    }
}

/// Waits until AAR has read all of them.
async fn settled(door: &Door, size: usize) -> Result<(), Failure> {
    let body = json!({ "limit": 1, "count": true }).to_string();
    loop {
        let send = async || door.lines(LIST, body.clone()).await;
        let rows = until_done("boxes: read by AAR", send).await?;
        if rows.last().and_then(|it| it.get("count")?.as_u64()) == u64::try_from(size).ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What 20,000 lines take at this rate, in seconds.
fn per_import(took: Duration, lines: usize) -> f64 {
    let parts = |count: usize| f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX));
    took.as_secs_f64() * parts(IMPORTED) / parts(lines)
}

fn imei(n: usize) -> String {
    format!("86182103{n:07}")
}

fn serial(n: usize) -> String {
    format!("G4PDW{n:09}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_told_as_one_of_20000_lines() {
        assert!((per_import(Duration::from_secs(10), 10_000) - 20.0).abs() < 1e-9);
    }
}
