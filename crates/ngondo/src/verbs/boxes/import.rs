//! `boxes import`: keys from a CSV, with a verdict per line.
//!
//! The file is read twice, a part at a time: first all of it is checked, then it is imported. So
//! it may be as long as it likes, and a file with bad lines changes nothing unless that is wished.
//! Each part has a request that is found again by its content: an import that was cut and is run
//! again does each line once, and tells the same.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use protocol::Outcome;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::cli::ImportArgs;
use crate::csv::{Cells, Columns, Csv, write};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::journal::{Begun, Journal};
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// Lines in one request: within its deadline with room.
const PART: usize = 1_000;

/// How often a part that ran out of time is sent again.
const TRIES: u32 = 20;

/// The columns of a file: none of them must be there, since a key has an imei or a macaddr.
const COLUMNS: Columns = Columns {
    need: &[],
    may: &["macaddr", "imei", "serial", "imsi", "iccid", "model", "fw", "label", "group", "tags"],
};

/// The columns of what is written of it.
const OUT: [&str; 6] = ["line", "result", "reason", "box", "activation", "credential"];

/// Whether a pass imports or only judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Check,
    Import,
}

/// One line of the file.
struct Line {
    number: u64,
    /// What is sent, where it could be read.
    object: Option<Value>,
    /// What became of it.
    answer: Value,
}

/// How many lines had which verdict.
#[derive(Debug, Default)]
struct Tally {
    ok: usize,
    already: usize,
    bad: usize,
}

/// An import under way.
struct Work<'a> {
    run: &'a Run<'a>,
    args: &'a ImportArgs,
    door: Door,
    journal: Journal,
    /// The parts that were sent, forgotten when all is done.
    begun: Vec<Begun>,
    out: Option<BufWriter<NamedTempFile>>,
}

/// Checks a file, then imports it.
pub(super) async fn run(run: &Run<'_>, args: &ImportArgs) -> Result<(), Failure> {
    let (door, journal) = (run.door()?, run.journal()?);
    let mut work = Work { run, args, door, journal, begun: Vec::new(), out: None };
    let checked = work.pass(Pass::Check).await?;
    if args.check {
        return work.told(&checked, Pass::Check);
    }
    if 0 < checked.bad && !args.valid_only {
        return Err(failed!("import-bad-lines", bad = checked.bad));
    }
    if let Some(file) = &args.out {
        work.out = Some(begin_out(file)?);
    }
    let imported = work.pass(Pass::Import).await?;
    if let (Some(out), Some(file)) = (work.out.take(), &args.out) {
        finish(out, file)?;
    }
    for begun in std::mem::take(&mut work.begun) {
        begun.done()?;
    }
    work.told(&imported, Pass::Import)
}

// === impl Work ===

impl Work<'_> {
    /// Goes once through the file.
    async fn pass(&mut self, pass: Pass) -> Result<Tally, Failure> {
        let text = match pass {
            Pass::Check => said!("import-checking"),
            Pass::Import => said!("import-importing"),
        };
        let bar = self.run.out.spinner(&text);
        let mut csv = Csv::open(&self.args.file, COLUMNS)?;
        let mut tally = Tally::default();
        loop {
            let mut part = Vec::with_capacity(PART);
            for row in csv.by_ref().take(PART) {
                let row = row?;
                part.push(Line::read(row.line, row.cells.map_err(|it| it.to_string())));
            }
            if part.is_empty() {
                bar.finish_and_clear();
                return Ok(tally);
            }
            self.send(&mut part, pass).await?;
            bar.inc(u64::try_from(part.len()).unwrap_or_default());
            bar.suspend(|| part.iter().try_for_each(|line| self.tell(line, pass, &mut tally)))?;
        }
    }

    /// Sends the lines of a part that can be read, again where the server ran out of time.
    async fn send(&mut self, part: &mut [Line], pass: Pass) -> Result<(), Failure> {
        let readable: Vec<usize> =
            (0..).zip(part.iter()).filter(|(_, it)| it.object.is_some()).map(|it| it.0).collect();
        let objects = part.iter().filter_map(|line| line.object.as_ref());
        let lines: Vec<_> = objects.map(Value::to_string).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let lines = lines.join("\n");
        let begun = self.journal.begin("boxes-import", &crypto::sha256_hex(lines.as_bytes()))?;
        let head = json!({
            "request": begun.request.to_string(),
            "check": pass == Pass::Check,
            "credentials": self.args.credentials,
        });
        match pass {
            // Nothing was done that could be asked for again.
            Pass::Check if !begun.again => begun.done()?,
            Pass::Check => {}
            Pass::Import => self.begun.push(begun),
        }
        let body = format!("{head}\n{lines}");
        for turn in 1..=TRIES {
            let answers = self.door.lines("/v1/boxes/import", body.clone()).await?;
            let late = answers.iter().any(|it| is(it, Outcome::Timeout) || is(it, Outcome::Busy));
            if late && turn < TRIES {
                continue;
            }
            for (at, answer) in readable.iter().zip(answers) {
                if let Some(line) = part.get_mut(*at) {
                    line.answer = answer;
                }
            }
            break;
        }
        Ok(())
    }

    /// Counts a verdict and shows it: to scripts each one, to people what was refused.
    fn tell(&mut self, line: &Line, pass: Pass, tally: &mut Tally) -> Result<(), Failure> {
        let text = |name: &str| line.answer.get(name).and_then(Value::as_str);
        let result = text("result").unwrap_or(Outcome::Failed.as_str());
        let known = is(&line.answer, Outcome::AlreadyRecorded);
        let good = is(&line.answer, Outcome::Ok);
        match (good, known) {
            (true, _) => tally.ok += 1,
            (_, true) => tally.already += 1,
            _ => tally.bad += 1,
        }
        // A check that passes is followed by an import, which tells each line.
        if pass == Pass::Check && !self.args.check && (good || known || self.args.valid_only) {
            return Ok(());
        }
        let mut row = json!({ "line": line.number, "result": result });
        for name in ["reason", "box", "activation"] {
            if let (Some(members), Some(text)) = (row.as_object_mut(), text(name)) {
                members.insert(name.to_owned(), text.into());
            }
        }
        self.run.out.json(&row);
        if !good {
            let place = said!("import-line", line = line.number.to_string());
            self.run.out.say(&match text("reason") {
                Some(why) => {
                    let why = cause::reason(why);
                    said!("import-verdict-why", place = place, result = result, why = why)
                }
                None => said!("import-verdict", place = place, result = result),
            });
        }
        let Some(out) = self.out.as_mut().filter(|_| pass == Pass::Import) else { return Ok(()) };
        let number = line.number.to_string();
        let cells =
            OUT.map(|name| if name == "line" { &*number } else { text(name).unwrap_or("") });
        out.write_all(write(cells).as_bytes()).map_err(|error| self.unwritable(&error))
    }

    /// Says how it went.
    fn told(&self, tally: &Tally, pass: Pass) -> Result<(), Failure> {
        let Tally { ok, already, bad } = *tally;
        self.run.out.json(&json!({ "end": true, "ok": ok, "already": already, "refused": bad }));
        self.run.out.say(&match pass {
            Pass::Check => said!("boxes-checked", ok = ok, already = already),
            Pass::Import => said!("boxes-imported", ok = ok, already = already),
        });
        match bad {
            0 => Ok(()),
            bad => Err(failed!("boxes-lines-refused", count = bad)),
        }
    }

    fn unwritable(&self, error: &std::io::Error) -> Failure {
        unwritable(self.args.out.as_deref().unwrap_or(Path::new("-")), error)
    }
}

// === impl Line ===

impl Line {
    fn read(number: u64, cells: Result<Cells, String>) -> Self {
        match cells {
            Ok(cells) => {
                let mut object = cells.object();
                if let Some(tags) = cells.get("tags") {
                    let tags: Vec<_> =
                        tags.split([' ', '|', ',']).filter(|it| !it.is_empty()).collect();
                    object.insert("tags".to_owned(), tags.into());
                }
                let answer = json!({ "result": Outcome::Failed.as_str() });
                Self { number, object: Some(Value::Object(object)), answer }
            }
            Err(reason) => {
                let answer = json!({ "result": Outcome::Malformed.as_str(), "reason": reason });
                Self { number, object: None, answer }
            }
        }
    }
}

fn is(answer: &Value, outcome: Outcome) -> bool {
    answer.get("result").and_then(Value::as_str) == Some(outcome.as_str())
}

fn begin_out(file: &Path) -> Result<BufWriter<NamedTempFile>, Failure> {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    let made = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    let mut out = BufWriter::new(made.map_err(|error| unwritable(file, &error))?);
    let head = out.write_all(write(OUT).as_bytes());
    head.map(|()| out).map_err(|error| unwritable(file, &error))
}

fn finish(out: BufWriter<NamedTempFile>, file: &Path) -> Result<(), Failure> {
    let whole = out.into_inner().map_err(|error| unwritable(file, &error.into_error()))?;
    whole.as_file().sync_all().map_err(|error| unwritable(file, &error))?;
    whole.persist(file).map(drop).map_err(|error| unwritable(file, &error.error))
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    failed!("unwritable", file = file.display().to_string(), cause = cause::io(error))
}
