//! `vouchers import`: recharge codes from a CSV, with a verdict per line.
//!
//! The whole file is checked before any of it is imported.

use std::path::Path;

use protocol::Outcome;
use serde_json::{Value, json};

use super::Run;
use crate::csv::{Columns, Csv, Row};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::journal::{Begun, Journal};
use crate::out::Out;
use crate::said;
use crate::text::cause;

/// Lines in one call: within its deadline with room, and far under the 16 MiB of a body.
const CHUNK: usize = 2000;
/// How often a chunk that ran out of time is sent again.
const TRIES: u32 = 20;
/// What the first line names.
const COLUMNS: Columns =
    Columns { need: &["operator", "amount", "currency", "code"], may: &["expires"] };

/// What is to be imported of a file with bad lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing.
    WholeFile,
    /// The good ones.
    GoodLines,
}

/// One line of the file, read.
struct Line {
    /// Its number in the file.
    number: u64,
    /// What is sent, where it could be read.
    object: Option<Value>,
    verdict: Verdict,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    outcome: Outcome,
    reason: Option<String>,
}

/// Lines that are sent together, under one request.
struct Chunk {
    begun: Begun,
    lines: Vec<usize>,
}

/// Whether a call imports or only judges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Check,
    Import,
}

/// Checks a file, then imports it.
pub(super) async fn run(run: &Run<'_>, file: &Path, wanted: Wanted) -> Result<(), Failure> {
    let mut lines = read(file)?;
    let (door, journal) = (run.door()?, run.journal()?);
    let readable: Vec<_> = indices(&lines, |line| line.object.is_some());
    let mut whole = chunks(&journal, &lines, &readable)?;
    call_all(run.out, &door, &whole, &mut lines, Act::Check).await?;
    let good = indices(&lines, |line| line.verdict.outcome == Outcome::Ok);
    if good.len() < lines.len() {
        forget(whole)?;
        if wanted == Wanted::WholeFile {
            show(run.out, &lines, Wanted::WholeFile);
            let known = |line: &Line| line.verdict.outcome == Outcome::AlreadyRecorded;
            let known = indices(&lines, known).len();
            if good.len() + known == lines.len() {
                return Err(failed!("import-already", count = known));
            }
            return Err(failed!("import-bad-lines", bad = lines.len() - good.len()));
        }
        whole = chunks(&journal, &lines, &good)?;
    }
    call_all(run.out, &door, &whole, &mut lines, Act::Import).await?;
    forget(whole)?;
    show(run.out, &lines, Wanted::GoodLines);
    let imported = indices(&lines, |line| line.verdict.outcome == Outcome::Ok).len();
    run.out.say(&said!("vouchers-imported", count = imported));
    run.out.json(&json!({ "end": true, "imported": imported, "lines": lines.len() }));
    match lines.iter().find(|line| line.verdict.outcome == Outcome::Timeout) {
        Some(_) => Err(Failure::refused(Outcome::Timeout, None, None)),
        None => Ok(()),
    }
}

fn forget(chunks: Vec<Chunk>) -> Result<(), Failure> {
    chunks.into_iter().try_for_each(|chunk| chunk.begun.done())
}

fn indices(lines: &[Line], which: impl Fn(&Line) -> bool) -> Vec<usize> {
    lines.iter().enumerate().filter(|(_, line)| which(line)).map(|(at, _)| at).collect()
}

/// Reads a CSV with the columns of [`COLUMNS`].
fn read(file: &Path) -> Result<Vec<Line>, Failure> {
    Csv::open(file, COLUMNS)?.map(|row| row.map(line)).collect()
}

fn line(row: Row) -> Line {
    let (object, outcome, reason) = match row.cells {
        Ok(cells) => (Some(Value::Object(cells.object())), Outcome::Timeout, None),
        Err(fault) => (None, Outcome::Malformed, Some(fault.to_string())),
    };
    Line { number: row.line, object, verdict: Verdict { outcome, reason } }
}

/// Puts lines together and gives each chunk its request, found again by its content.
fn chunks(journal: &Journal, lines: &[Line], which: &[usize]) -> Result<Vec<Chunk>, Failure> {
    let chunk = |at: &[usize]| {
        let subject = crypto::sha256_hex(body(lines, at).as_bytes());
        Ok(Chunk { begun: journal.begin("import", &subject)?, lines: at.to_vec() })
    };
    which.chunks(CHUNK).map(chunk).collect()
}

fn body(lines: &[Line], which: &[usize]) -> String {
    let objects = which.iter().filter_map(|at| lines.get(*at)?.object.as_ref());
    let lines: Vec<_> = objects.map(Value::to_string).collect();
    lines.join("\n")
}

async fn call_all(
    out: &Out,
    door: &Door,
    chunks: &[Chunk],
    lines: &mut [Line],
    act: Act,
) -> Result<(), Failure> {
    let total = chunks.iter().map(|chunk| chunk.lines.len()).sum::<usize>();
    let text = match act {
        Act::Check => said!("import-checking"),
        Act::Import => said!("import-importing"),
    };
    let bar = out.bar(u64::try_from(total).unwrap_or_default(), &text);
    for chunk in chunks {
        call(door, chunk, lines, act).await?;
        bar.inc(u64::try_from(chunk.lines.len()).unwrap_or_default());
    }
    bar.finish_and_clear();
    Ok(())
}

/// Sends one chunk, again where the server ran out of time, and notes each line's verdict.
async fn call(door: &Door, chunk: &Chunk, lines: &mut [Line], act: Act) -> Result<(), Failure> {
    let head = json!({ "request": chunk.begun.request.to_string(), "check": act == Act::Check });
    let body = format!("{head}\n{}", body(lines, &chunk.lines));
    for _ in 0..TRIES {
        let answers = door.lines("/v1/vouchers/import", body.clone()).await?;
        for answer in &answers {
            let at = answer.get("line").and_then(Value::as_u64).and_then(|it| it.checked_sub(1));
            let at = at.and_then(|it| usize::try_from(it).ok());
            let line = at.and_then(|it| chunk.lines.get(it)).and_then(|it| lines.get_mut(*it));
            if let Some(line) = line {
                line.verdict = verdict(answer);
            }
        }
        let unfinished = |at: &usize| {
            lines.get(*at).is_some_and(|line| line.verdict.outcome == Outcome::Timeout)
        };
        if !chunk.lines.iter().any(unfinished) {
            break;
        }
    }
    Ok(())
}

fn verdict(answer: &Value) -> Verdict {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let outcome = text("result").and_then(|it| it.parse().ok()).unwrap_or(Outcome::Failed);
    Verdict { outcome, reason: text("reason").map(str::to_owned) }
}

/// Shows a verdict per line; to people, lines that follow each other with the same verdict at once.
///
/// Of a whole file that was refused, the good lines were not imported either.
fn show(out: &Out, lines: &[Line], done: Wanted) {
    for line in lines {
        let (result, reason) = (line.verdict.outcome.as_str(), &line.verdict.reason);
        out.json(&json!({ "line": line.number, "result": result, "reason": reason }));
    }
    for run in lines.chunk_by(|one, next| one.verdict == next.verdict) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let from = first.number.to_string();
        let to = last.number.to_string();
        let result = first.verdict.outcome.as_str();
        let place = match run.len() {
            1 => said!("import-line", line = from),
            _ => said!("import-lines", from = from, to = to),
        };
        let reason = match (&first.verdict.reason, done) {
            (Some(reason), _) => Some(cause::reason(reason)),
            (None, Wanted::WholeFile) => Some(said!("import-not-done")),
            (None, Wanted::GoodLines) => None,
        };
        out.say(&match reason {
            Some(why) => said!("import-verdict-why", place = place, result = result, why = why),
            None => said!("import-verdict", place = place, result = result),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn read_text(text: &[u8]) -> Result<Vec<Line>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("codes.csv");
        fs::write(&file, text).unwrap();
        read(&file)
    }

    #[test]
    fn reads_lines_and_keeps_their_numbers() {
        let text = "\u{feff}operator,amount,currency,code,expires\nMTN, 5000 ,XAF,1234,2027-01-31\n\
                    ORANGE,1000,XAF,5678,\n";
        let lines = read_text(text.as_bytes()).unwrap();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 3]);
        let first = lines[0].object.as_ref().unwrap();
        assert_eq!(first["amount"], "5000");
        assert!(lines[1].object.as_ref().unwrap().get("expires").is_none());
    }

    #[test]
    fn gives_a_bad_line_its_verdict_and_reads_on() {
        let text = b"operator,amount,currency,code,expires\nMTN\nMTN,1,XAF,,\nMTN,1,XAF,1234,\n";
        let lines = read_text(text).unwrap();
        let good: Vec<_> = lines.iter().map(|line| line.object.is_some()).collect();
        assert_eq!(good, [false, false, true]);
        assert_eq!(lines[0].verdict.outcome, Outcome::Malformed);
        assert_eq!(lines[1].verdict.reason.as_deref(), Some("code: missing"));
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_each_line_has_its_verdict(
            damage in vec((any::<Index>(), any::<u8>()), 0..8),
            tail in vec(any::<u8>(), 0..64),
        ) {
            let mut text = b"operator,amount,currency,code,expires\n".to_vec();
            let head = text.len();
            text.extend(b"MTN,1,XAF,12345678,\n");
            text.extend(tail);
            for (at, byte) in damage {
                let at = head + at.index(text.len() - head);
                text[at] = byte;
            }
            let lines = read_text(&text).expect("the first line is good");
            for line in lines {
                let judged = line.object.is_some() == (line.verdict.outcome == Outcome::Timeout);
                prop_assert!(judged, "{}", line.number);
            }
        }
    }

    #[test]
    fn refuses_another_first_line() {
        let failure = read_text(b"code,amount\n1,2\n").err().unwrap();
        assert_eq!(failure.key(), "csv-bad-head");
    }
}
