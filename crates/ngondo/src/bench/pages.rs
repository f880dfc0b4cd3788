//! How long a page takes with many boxes, and how that grows.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::measure::{Better, Compare, Measure};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::text::cause;

/// Lines of one import.
const PART: usize = 1_000;

/// How often each page is asked for.
pub(super) const ROUNDS: usize = 60;

/// What each page must be answered within.
const BAR_MS: f64 = 50.0;

/// What 20,000 lines of an import must take less than.
const IMPORT_BAR_S: f64 = 30.0;

/// The lines of that import.
const IMPORTED: usize = 20_000;

/// A page that people ask for: its name, its path, and its body for the box of a number.
type Page = (&'static str, &'static str, fn(usize) -> Value);

const PAGES: [Page; 8] = [
    ("list", "/v1/boxes/list", |_| json!({ "limit": 100 })),
    (
        "list by tag and state",
        "/v1/boxes/list",
        |n| json!({ "tag": format!("t{}", n % 97), "state": "registered", "limit": 100 }),
    ),
    ("list of none", "/v1/boxes/list", |_| json!({ "group": "nobody", "limit": 100 })),
    (
        "count",
        "/v1/boxes/list",
        |n| json!({ "group": format!("g{}", n % 20), "limit": 10, "count": true }),
    ),
    ("find by imei", "/v1/boxes/find", |n| json!({ "imei": imei(n) })),
    ("find by four digits", "/v1/boxes/find", |n| json!({ "last": format!("{:04}", n % 10_000) })),
    ("find by anything", "/v1/boxes/find", |n| json!({ "any": serial(n) })),
    ("show", "/v1/boxes/show", |n| json!({ "imei": imei(n) })),
];

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub enum Filled {
    /// So many more boxes are registered.
    Boxes(u64),
    /// Pages are being timed.
    Timing,
}

/// Registers boxes up to each of two numbers, and times every page at both.
///
/// # Errors
///
/// An import or a page is refused, or PPPX does not answer.
pub async fn pages(
    door: &Door,
    sizes: [usize; 2],
    seen: &mut (dyn FnMut(Filled) + Send),
) -> Result<Vec<Measure>, Failure> {
    let [small, large] = sizes;
    let mut import_s = Vec::new();
    let mut at = Vec::new();
    let mut filled = 0;
    for size in [small, large] {
        let begun = Instant::now();
        let before = filled;
        while filled < size {
            let part = PART.min(size - filled);
            import(door, filled, part).await?;
            filled += part;
            seen(Filled::Boxes(u64::try_from(part).unwrap_or_default()));
        }
        import_s.push(per_import(begun.elapsed(), size - before));
        settled(door, size).await?;
        seen(Filled::Timing);
        at.push(timed(door, size).await?);
    }
    let [small_ms, large_ms] = <[Vec<Vec<f64>>; 2]>::try_from(at).unwrap_or_default();
    let mut measures: Vec<_> = PAGES
        .iter()
        .zip(small_ms.into_iter().zip(large_ms))
        .enumerate()
        .flat_map(|(number, (page, rounds))| rows(number + 1, page.0, sizes, rounds))
        .collect();
    let reference_rounds = vec![IMPORT_BAR_S; import_s.len()];
    let name = format!("boxes: {IMPORTED} lines imported");
    let row = measure("F0".to_owned(), name, ("s", "the bar"), (import_s, reference_rounds));
    measures.push(Measure { bar: 1.0, aim: 0.5, ..row });
    Ok(measures)
}

fn rows(
    number: usize,
    page: &str,
    sizes: [usize; 2],
    rounds: (Vec<f64>, Vec<f64>),
) -> [Measure; 2] {
    rows_of(("F", "boxes", number), page, sizes, rounds)
}

/// What a page takes, against what it may and against what it took with fewer rows.
pub(super) fn rows_of(
    (letter, what, number): (&str, &str, usize),
    page: &str,
    [small, large]: [usize; 2],
    (small_ms, large_ms): (Vec<f64>, Vec<f64>),
) -> [Measure; 2] {
    let bar = vec![BAR_MS; large_ms.len()];
    let name = format!("{what}: {page}, of {large}");
    let limit =
        measure(format!("{letter}{number}"), name, ("ms", "the bar"), (large_ms.clone(), bar));
    let name = format!("{what}: {page}, growth from {small}");
    let rounds = (large_ms, small_ms);
    let fewer = format!("with fewer {what}");
    let growth = measure(format!("{letter}{number}g"), name, ("ms", &fewer), rounds);
    let times = f64::from(u32::try_from(large / small.max(1)).unwrap_or(u32::MAX));
    [Measure { bar: 1.0, aim: 0.5, ..limit }, Measure { bar: times, aim: 2.0, ..growth }]
}

fn measure(
    id: String,
    name: String,
    (unit, reference): (&str, &str),
    (ours_rounds, reference_rounds): (Vec<f64>, Vec<f64>),
) -> Measure {
    Measure {
        id,
        name,
        unit: unit.to_owned(),
        better: Better::Less,
        compare: Compare::Ratio,
        reference: reference.to_owned(),
        bar: 0.0,
        aim: 0.0,
        errors: 0,
        ours_rounds,
        reference_rounds,
    }
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

/// Registers the next boxes; each must be new.
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
    let answers = door.lines("/v1/boxes/import", body).await?;
    let end = answers.last().cloned().unwrap_or_default();
    if end.get("ok").and_then(Value::as_u64) == u64::try_from(count).ok() {
        return Ok(());
    }
    Err(failed!("bench-broken", cause = cause::reason(&end.to_string())))
}

/// Waits until AAR has read all of them.
async fn settled(door: &Door, size: usize) -> Result<(), Failure> {
    let body = json!({ "limit": 1, "count": true }).to_string();
    loop {
        let rows = door.lines("/v1/boxes/list", body.clone()).await?;
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
    use crate::bench::Met;

    #[test]
    fn a_page_is_held_against_its_bar_and_its_growth() {
        let [limit, growth] =
            rows(3, "list", [10_000, 100_000], (vec![2.0, 3.0, 4.0], vec![20.0, 30.0, 80.0]));
        assert_eq!((limit.id.as_str(), limit.ours(), limit.met()), ("F3", Some(30.0), Met::Bar));
        assert_eq!((growth.figure(), growth.bar, growth.met()), (Some(10.0), 10.0, Met::Bar));
        assert!((per_import(Duration::from_secs(10), 10_000) - 20.0).abs() < 1e-9);
    }
}
