//! `reports compare` and `reports repair`: whether both databases hold the same, and what to do where they do not.

use protocol::Pair;
use report::{Copied, Difference, ReportDb, Settled, Span};
use serde_json::json;

use super::{lost, minute, pair, unread};
use crate::cli::Bases;
use crate::error::{Failure, failed};
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// What both hold, and what does not arrive by itself.
struct Verdict {
    rows: Pair<u64>,
    /// Rows that one lacks and that nothing brings.
    stay: Vec<Difference>,
    /// Server-minutes whose rows may be on their way.
    coming: usize,
    settled: Settled,
}

/// Compares both databases; a difference that stays, or no row at all, is no success.
pub(super) async fn run(run: &Run<'_>, bases: &Bases, span: Span) -> Result<(), Failure> {
    let (first, second) = pair(run, bases).await?;
    let verdict = judge(run, (&first, &second), span).await?;
    let Verdict { rows, stay, coming, .. } = &verdict;
    for difference in stay {
        let counts = difference.cells.map(|cell| cell.count);
        run.out.json(&json!({
            "server": difference.server, "minute_us": difference.minute_us,
            "first": counts.first, "second": counts.second,
        }));
        run.out.say(&said!(
            "reports-difference",
            server = difference.server.as_str(),
            minute = minute(difference.minute_us),
            first = counts.first,
            second = counts.second,
        ));
    }
    let until = verdict.settled.until_us().map(minute);
    run.out.json(&json!({
        "equal": stay.is_empty(), "first": rows.first, "second": rows.second,
        "coming": coming, "complete_until": until,
    }));
    if !stay.is_empty() {
        return Err(failed!("reports-differ", first = rows.first, second = rows.second));
    }
    match (rows.first.max(rows.second), *coming) {
        (0, _) => return Err(failed!("reports-empty")),
        (rows, 0) => run.out.say(&said!("reports-equal", rows = rows)),
        (_, coming) => {
            let until = until.unwrap_or_else(|| "-".to_owned());
            run.out.say(&said!("reports-coming", count = coming, until = until));
        }
    }
    Ok(())
}

/// Copies what either lacks and nothing brings.
pub(super) async fn repair(run: &Run<'_>, bases: &Bases, span: Span) -> Result<(), Failure> {
    let (first, second) = pair(run, bases).await?;
    let verdict = judge(run, (&first, &second), span).await?;
    let (mut added, mut left) = (Pair::new(0_u64, 0_u64), 0_usize);
    for difference in &verdict.stay {
        let one = fill(&first, &second, difference).await?;
        let other = fill(&second, &first, difference).await?;
        added.first = added.first.saturating_add(one.rows);
        added.second = added.second.saturating_add(other.rows);
        for (db, error) in one
            .left
            .iter()
            .map(|error| (&first, error))
            .chain(other.left.iter().map(|error| (&second, error)))
        {
            left += 1;
            let cause = cause::database(error);
            run.out.warn(&said!("reports-left", url = db.url().as_str(), cause = cause));
        }
        run.out.json(&json!({
            "server": difference.server, "minute_us": difference.minute_us,
            "first": one.rows, "second": other.rows,
        }));
        run.out.say(&said!(
            "reports-filled",
            server = difference.server.as_str(),
            minute = minute(difference.minute_us),
            first = one.rows,
            second = other.rows,
        ));
    }
    run.out.json(&json!({
        "end": true, "first": added.first, "second": added.second, "left": left,
        "coming": verdict.coming,
    }));
    run.out.say(&said!(
        "reports-repaired",
        first = added.first,
        second = added.second,
        coming = verdict.coming,
    ));
    if left == 0 { Ok(()) } else { Err(failed!("reports-some-left", count = left)) }
}

async fn judge(
    run: &Run<'_>,
    (first, second): (&ReportDb, &ReportDb),
    span: Span,
) -> Result<Verdict, Failure> {
    let now_us = run.clock.now_us();
    // Asked before the rows are read: whatever comes meanwhile is not held against anybody.
    let settled = first.settled(second, now_us).await.map_err(|error| lost(&error))?;
    let comparison = first.compare(second, span).await;
    let comparison = comparison.map_err(|error| unread(first.url(), &error))?;
    let (stay, coming): (Vec<_>, Vec<_>) =
        comparison.differences.into_iter().partition(|difference| settled.covers(difference));
    Ok(Verdict { rows: comparison.rows, stay, coming: coming.len(), settled })
}

async fn fill(
    db: &ReportDb,
    source: &ReportDb,
    difference: &Difference,
) -> Result<Copied, Failure> {
    db.fill(source, difference).await.map_err(|error| unread(db.url(), &error))
}
