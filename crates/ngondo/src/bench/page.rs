//! A page that people ask for: timed with few rows and with many.

use serde_json::Value;
use tokio::time::Instant;

use protocol::Outcome;

use super::measure::{Better, Compare, Measure};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::text::cause;

/// How often each page is asked for.
const ROUNDS: usize = 60;

/// What each page must be answered within.
const BAR_MS: f64 = 50.0;

/// How many times as long it may take with many rows as with few.
const GROWTH_BAR: f64 = 10.0;

/// How often something is sent before it counts as refused.
const TRIES: u32 = 10;

/// A page.
pub(super) struct Page {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    /// What is asked for the row of a number.
    pub(super) body: fn(usize) -> Value,
    /// What must be in the answer: one that finds nothing is no page.
    pub(super) is_good: fn(&[Value]) -> bool,
}

/// How long a page took.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Timed {
    pub(super) ms: Vec<f64>,
    /// How often it was refused, or not what it must be.
    pub(super) errors: u64,
}

/// A list with rows.
pub(super) fn has_rows(lines: &[Value]) -> bool {
    1 < lines.len() && is_whole(lines)
}

/// A list, which may have no rows.
pub(super) fn is_whole(lines: &[Value]) -> bool {
    lines.last().is_some_and(|it| it.get("end") == Some(&true.into()))
}

/// One thing that was found.
pub(super) fn is_found(lines: &[Value]) -> bool {
    let result = lines.first().and_then(|it| it.get("result"));
    result == Some(&Outcome::Ok.as_str().into())
}

/// Times every page, in turn.
pub(super) async fn timed(door: &Door, pages: &[Page], size: usize) -> Vec<Timed> {
    let mut all = vec![Timed::default(); pages.len()];
    // The first round warms up.
    for round in 0..=ROUNDS {
        for (timed, page) in all.iter_mut().zip(pages) {
            let body = (page.body)((round * 7_919) % size).to_string();
            let begun = Instant::now();
            let lines = door.lines(page.path, body).await;
            let took = begun.elapsed();
            timed.errors += u64::from(!lines.is_ok_and(|lines| (page.is_good)(&lines)));
            if 0 < round {
                timed.ms.push(took.as_secs_f64() * 1_000.0);
            }
        }
    }
    all
}

/// The rows of all pages: two each.
pub(super) fn rows(
    of: (&str, &str),
    pages: &[Page],
    sizes: [usize; 2],
    [few, many]: [Vec<Timed>; 2],
) -> Vec<Measure> {
    let timed = pages.iter().zip(few.into_iter().zip(many)).enumerate();
    let rows = timed.map(|(number, (page, timed))| row(of, number + 1, page.name, sizes, timed));
    rows.flatten().collect()
}

/// What a page takes, against what it may and against what it took with fewer rows.
fn row(
    (letter, what): (&str, &str),
    number: usize,
    page: &str,
    [small, large]: [usize; 2],
    (few, many): (Timed, Timed),
) -> [Measure; 2] {
    let limit = Measure {
        id: format!("{letter}{number}"),
        name: format!("{what}: {page}, of {large}"),
        bar: 1.0,
        aim: 0.5,
        errors: many.errors,
        reference_rounds: vec![BAR_MS; many.ms.len()],
        ours_rounds: many.ms.clone(),
        ..against("the bar", "ms")
    };
    let growth = Measure {
        id: format!("{letter}{number}g"),
        name: format!("{what}: {page}, growth from {small}"),
        bar: GROWTH_BAR,
        aim: 2.0,
        errors: few.errors + many.errors,
        reference_rounds: few.ms,
        ours_rounds: many.ms,
        ..against(&format!("with fewer {what}"), "ms")
    };
    [limit, growth]
}

/// A row without its figures: less is better, and the ratio counts.
pub(super) fn against(reference: &str, unit: &str) -> Measure {
    Measure {
        id: String::new(),
        name: String::new(),
        unit: unit.to_owned(),
        better: Better::Less,
        compare: Compare::Ratio,
        reference: reference.to_owned(),
        bar: 0.0,
        aim: 0.0,
        errors: 0,
        ours_rounds: Vec::new(),
        reference_rounds: Vec::new(),
    }
}

/// Does a step of the filling, sent again as long as the back office says that it may be: what was
/// done under its request stays done.
pub(super) async fn until_done<T>(
    step: &str,
    send: impl AsyncFn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut tries = 1;
    loop {
        match send().await {
            Err(failure) if tries < TRIES && may_be_repeated(&failure) => tries += 1,
            done => return done.map_err(|failure| stopped(step, &failure.to_string())),
        }
    }
}

/// What is said where a step of the filling was refused.
pub(super) fn stopped(step: &str, why: &str) -> Failure {
    failed!("bench-stopped", step = step, cause = cause::reason(why))
}

fn may_be_repeated(failure: &Failure) -> bool {
    matches!(failure.outcome(), Some(Outcome::Timeout | Outcome::Busy))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::Met;

    fn timed(ms: &[f64], errors: u64) -> Timed {
        Timed { ms: ms.to_vec(), errors }
    }

    #[test]
    fn a_page_is_held_against_its_bar_and_its_growth() {
        let few = timed(&[2.0, 3.0, 4.0], 0);
        let many = timed(&[20.0, 30.0, 80.0], 0);
        let [limit, growth] = row(("F", "boxes"), 3, "list", [10_000, 100_000], (few, many));
        assert_eq!((limit.id.as_str(), limit.ours(), limit.met()), ("F3", Some(30.0), Met::Bar));
        assert_eq!((growth.figure(), growth.met()), (Some(10.0), Met::Bar));
    }

    #[test]
    fn a_page_that_was_refused_once_has_no_figure() {
        let (few, many) = (timed(&[2.0], 1), timed(&[2.0], 0));
        let [limit, growth] = row(("F", "boxes"), 1, "list", [10, 100], (few, many));
        assert_eq!((limit.met(), growth.met()), (Met::Aim, Met::Unknown));
        let [limit, _] =
            row(("F", "boxes"), 1, "list", [10, 100], (timed(&[2.0], 0), timed(&[2.0], 1)));
        assert_eq!(limit.met(), Met::Unknown);
    }

    #[test]
    fn a_page_must_hold_what_was_asked_for() {
        let (row, end) = (json!({ "box": "x" }), json!({ "end": true }));
        assert!(has_rows(&[row.clone(), end.clone()]) && !has_rows(std::slice::from_ref(&end)));
        assert!(is_whole(&[end]) && !is_whole(&[row]) && !is_whole(&[]));
        assert!(is_found(&[json!({ "result": "OK" })]));
        assert!(!is_found(&[json!({ "result": "CODE_UNKNOWN" })]));
    }

    #[tokio::test]
    async fn a_step_is_sent_again_while_it_may_be_and_names_itself_where_not() {
        let tries = std::cell::Cell::new(0);
        let told = |outcome| {
            tries.set(tries.get() + 1);
            if tries.get() == 3 { Ok(()) } else { Err(Failure::refused(outcome, None, None)) }
        };
        until_done("assign", async || told(Outcome::Timeout)).await.unwrap();
        assert_eq!(tries.get(), 3);
        tries.set(0);
        let failure = until_done("assign", async || told(Outcome::Forbidden)).await.unwrap_err();
        assert_eq!((tries.get(), failure.key()), (1, "bench-stopped"));
        assert!(failure.to_string().contains("assign"), "{failure}");
    }
}
