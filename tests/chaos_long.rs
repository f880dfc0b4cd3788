//! `make chaos`: breaks each promise's thing in its long form, one after the other.
//!
//! `chaos [--only R1,R8] [--seconds N] [--short]` prints a line for each scenario, then a table;
//! writes `target/chaos/report.json` and `report.md`, and ends with 1 where a promise was not kept.

#![expect(clippy::print_stdout, reason = "this is what people read")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use serde_json::{Value, json};
use stack::chaos::{Broken, Length, SCENARIOS, Scenario};
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// Seconds of each scenario where nothing else is said: all of them take under ten minutes.
const SECONDS: u64 = 20;

/// What to run.
struct Wanted {
    only: Vec<String>,
    length: Length,
}

/// One that has run.
struct Run {
    scenario: Scenario,
    broken: Broken,
    seconds: u64,
}

fn main() -> ExitCode {
    let Some(wanted) = Wanted::parse(std::env::args().skip(1)) else {
        println!("chaos [--only R1,R8] [--seconds N] [--short]");
        return ExitCode::from(2);
    };
    let chosen: Vec<_> = SCENARIOS.into_iter().filter(|it| wanted.has(it)).collect();
    let mut runs = Vec::new();
    for scenario in chosen {
        println!("{:<11} {}", scenario.id, scenario.breaks);
        let began = Instant::now();
        let broken = run(scenario, wanted.length);
        let run = Run { scenario, broken, seconds: began.elapsed().as_secs() };
        println!("{:<11} {} after {} s: {}\n", "", run.broken.verdict(), run.seconds, run.broken);
        runs.push(run);
    }
    let table = table(&runs);
    println!("{table}");
    if let Err(error) = write(&runs, &table) {
        println!("the report cannot be written: {error}");
        return ExitCode::FAILURE;
    }
    let kept = !runs.is_empty() && runs.iter().all(|run| run.broken.is_kept());
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a scenario; one that cannot go on has not kept its promise, and the others go on.
fn run(scenario: Scenario, length: Length) -> Broken {
    let run = move || match Runtime::new() {
        Ok(runtime) => runtime.block_on(scenario.run(length)),
        Err(error) => broken(&error.to_string()),
    };
    thread::spawn(run).join().unwrap_or_else(|said| {
        let text = said.downcast_ref::<String>().map(String::as_str);
        broken(text.or_else(|| said.downcast_ref::<&str>().copied()).unwrap_or("it did not end"))
    })
}

fn broken(wrong: &str) -> Broken {
    Broken { wrong: vec![wrong.to_owned()], ..Broken::default() }
}

// === impl Wanted ===

impl Wanted {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut wanted = Self { only: Vec::new(), length: Length { seconds: SECONDS, long: true } };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--only" => wanted.only.extend(args.next()?.split(',').map(ToOwned::to_owned)),
                "--seconds" => wanted.length.seconds = args.next()?.parse().ok()?,
                "--short" => wanted.length = Length { seconds: 2, long: false },
                _ => return None,
            }
        }
        let known = |name: &String| SCENARIOS.iter().any(|it| is_named(it, name));
        wanted.only.iter().all(known).then_some(wanted)
    }

    fn has(&self, scenario: &Scenario) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| is_named(scenario, name))
    }
}

/// `R15` names all three of its scenarios, `R15-both` one.
fn is_named(scenario: &Scenario, name: &str) -> bool {
    let rest = scenario.id.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn table(runs: &[Run]) -> String {
    let mut text = String::from(
        "| promise | what was broken | times | sent | answered | told to come back | failed | rows in REPORT 1, 2 | s | |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for Run { scenario, broken, seconds } in runs {
        let rows =
            broken.rows.map_or("-".to_owned(), |[first, second]| format!("{first}, {second}"));
        // Writing to a text cannot fail.
        let _unused = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {rows} | {seconds} | {} |",
            scenario.id,
            scenario.breaks,
            broken.times,
            broken.sent,
            broken.answered,
            broken.refused,
            broken.failed,
            broken.verdict(),
        );
    }
    text
}

fn write(runs: &[Run], table: &str) -> std::io::Result<()> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    let one = |run: &Run| {
        json!({
            "promise": run.scenario.id,
            "breaks": run.scenario.breaks,
            "seconds": run.seconds,
            "counted": run.broken.to_json(),
        })
    };
    let all: Vec<Value> = runs.iter().map(one).collect();
    fs::write(folder.join("report.json"), format!("{:#}\n", json!(all)))?;
    let mut text = format!("# What was broken, and what was counted\n\n{table}\n");
    for run in runs {
        let _unused = writeln!(text, "- {}: {}", run.scenario.id, run.broken);
    }
    fs::write(folder.join("report.md"), text)
}

/// `target/chaos`, beside this program.
fn folder() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.ancestors().nth(2).unwrap_or(Path::new("target")).join("chaos")
}
