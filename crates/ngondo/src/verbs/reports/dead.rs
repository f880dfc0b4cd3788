//! `reports dead`: rows that a database refused, in the spool of a server of this machine.

use std::path::Path;

use protocol::{DbUrl, Pair};
use report::{DeadError, DeadLetter, DeadLetters, ReportDb, Retried, Row};
use serde_json::{Value, json};

use super::{minute, open};
use crate::error::{Failure, bad_config, failed};
use crate::said;
use crate::text::{Said, cause};
use crate::verbs::{Run, check_config, fields};

/// What a list of them shows.
const COLUMNS: [&str; 7] = ["lane", "seq", "place", "at", "cmd", "bridge", "why"];

/// Shows the dead letters of the server whose ini it is, and tries them again where that is asked.
pub(super) async fn run(run: &Run<'_>, ini: &Path, retry: bool) -> Result<(), Failure> {
    let module = check_config::load(ini)
        .map_err(|problems| bad_config!("config-unusable", cause = cause::problems(&problems)))?;
    let dead =
        DeadLetters::open(&module.state.join("spool")).await.map_err(|error| unusable(&error))?;
    let letters = dead.list().await.map_err(|error| unusable(&error))?;
    if letters.is_empty() {
        run.out.say(&said!("dead-none"));
        run.out.json(&json!({ "end": true, "count": 0, "shipped": 0 }));
    } else if retry {
        try_again(run, &dead, &letters, &module.map.report).await?;
    } else {
        show(run, &letters);
    }
    dead.close().await;
    Ok(())
}

fn show(run: &Run<'_>, letters: &[DeadLetter]) {
    let objects: Vec<Value> = letters.iter().map(object).collect();
    for object in &objects {
        run.out.json(object);
    }
    fields::table(run, &objects, &COLUMNS);
    run.out.say(&said!("dead-some", count = letters.len()));
    run.out.json(&json!({ "end": true, "count": letters.len(), "shipped": 0 }));
}

fn object(letter: &DeadLetter) -> Value {
    let row = Row::from_json(&letter.body).ok();
    json!({
        "lane": letter.lane.as_str(), "seq": letter.seq, "place": letter.place,
        "at": minute(letter.at_s.saturating_mul(1_000_000)), "why": letter.reason,
        "cmd": row.as_ref().map(|row| row.cmd.to_string()),
        "bridge": row.as_ref().map(|row| row.bridge.to_string()), "body": letter.body,
    })
}

async fn try_again(
    run: &Run<'_>,
    dead: &DeadLetters,
    letters: &[DeadLetter],
    urls: &Pair<Option<DbUrl>>,
) -> Result<(), Failure> {
    let bases = Pair::new(base(urls.first.as_ref()).await?, base(urls.second.as_ref()).await?);
    let (mut shipped, mut left) = (0_usize, 0_usize);
    for letter in letters {
        let db = if letter.place == "first" { &bases.first } else { &bases.second };
        let Some(db) = db else {
            left += 1;
            continue;
        };
        let refused = match dead.retry(letter, db).await.map_err(|error| unusable(&error))? {
            Retried::Shipped => {
                shipped += 1;
                continue;
            }
            Retried::Refused(error) => cause::database(&error),
            Retried::Unreadable(error) => cause::any(&error),
        };
        left += 1;
        run.out.warn(&said!(
            "dead-again",
            lane = letter.lane.as_str(),
            seq = letter.seq.to_string(),
            cause = refused,
        ));
    }
    run.out.json(&json!({ "end": true, "count": left, "shipped": shipped }));
    run.out.say(&said!("dead-shipped", count = shipped));
    if left == 0 { Ok(()) } else { Err(failed!("dead-left", count = left)) }
}

async fn base(url: Option<&DbUrl>) -> Result<Option<ReportDb>, Failure> {
    match url {
        Some(url) => open(url).await.map(Some),
        None => Ok(None),
    }
}

fn unusable(error: &DeadError) -> Failure {
    let said: Said = match error {
        DeadError::Database(error) => cause::database(error),
        DeadError::Spool { .. } => cause::any(error),
    };
    failed!("dead-unusable", cause = said)
}
