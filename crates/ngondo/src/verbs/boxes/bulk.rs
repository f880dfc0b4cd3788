//! Many boxes at once: in parts that are known again, with progress and a line for each failure.

use protocol::Outcome;
use serde_json::{Map, Value, json};

use super::chosen::Target;
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// Boxes in one request: well within its deadline.
const PART: usize = 500;

/// How often a part that ran out of time is sent again.
const TRIES: u32 = 20;

/// What became of the boxes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    changed: usize,
    unchanged: usize,
    refused: usize,
}

// === impl Tally ===

impl Tally {
    /// Counts one result, and shows it: to people where it is a refusal.
    pub(super) fn count(&mut self, run: &Run<'_>, target: &Target, answer: &Value) {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let result = text("result").unwrap_or(Outcome::Failed.as_str());
        let mut row = json!({ target.name.0: target.name.1, "result": result });
        for name in ["box", "state", "reason"] {
            if let (Some(members), Some(text)) = (row.as_object_mut(), text(name)) {
                members.insert(name.to_owned(), text.into());
            }
        }
        run.out.json(&row);
        if result != Outcome::Ok.as_str() {
            self.refused += 1;
            let why = cause::reason(text("reason").unwrap_or(result));
            run.out.say(&said!(
                "boxes-refused",
                name = &*target.name.1,
                result = result,
                why = why
            ));
        } else if answer.get("unchanged").is_some() {
            self.unchanged += 1;
        } else {
            self.changed += 1;
        }
    }

    /// Says how it went; a failure where any box was refused.
    pub(super) fn end(&self, run: &Run<'_>) -> Result<(), Failure> {
        let Self { changed, unchanged, refused } = *self;
        run.out.json(&json!({
            "end": true, "changed": changed, "unchanged": unchanged, "refused": refused,
        }));
        run.out.say(&said!("boxes-done", changed = changed, unchanged = unchanged));
        match refused {
            0 => Ok(()),
            count => Err(failed!("boxes-some-refused", count = count)),
        }
    }
}

/// Does with each box what is wished.
pub(super) async fn change(
    run: &Run<'_>,
    verb: &str,
    wish: Map<String, Value>,
    targets: &[Target],
) -> Result<(), Failure> {
    let (door, journal) = (run.door()?, run.journal()?);
    let total = u64::try_from(targets.len()).unwrap_or(u64::MAX);
    let bar = run.out.bar(total, &said!("boxes-changing"));
    let mut tally = Tally::default();
    for part in targets.chunks(PART) {
        let lines: Vec<_> = part.iter().map(|it| it.line().to_string()).collect();
        let lines = lines.join("\n");
        let subject = format!("{}\n{lines}", Value::Object(wish.clone()));
        let begun = journal.begin(&format!("boxes-{verb}"), &subject)?;
        let mut head = wish.clone();
        head.insert("request".to_owned(), begun.request.to_string().into());
        let body = format!("{}\n{lines}", Value::Object(head));
        let answers = patiently(&door, verb, &body).await?;
        begun.done()?;
        // What is said must not stand in the middle of the bar.
        bar.suspend(|| {
            for (target, answer) in part.iter().zip(&answers) {
                tally.count(run, target, answer);
            }
        });
        bar.inc(u64::try_from(part.len()).unwrap_or_default());
    }
    bar.finish_and_clear();
    tally.end(run)
}

/// Sends a part, again while boxes of it were not reached in time.
async fn patiently(door: &Door, verb: &str, body: &str) -> Result<Vec<Value>, Failure> {
    let path = format!("/v1/boxes/{verb}");
    let mut turn = 1;
    loop {
        let answers = door.lines(&path, body.to_owned()).await?;
        let late = |answer: &Value| {
            let word = answer.get("result").and_then(Value::as_str).unwrap_or_default();
            [Outcome::Timeout, Outcome::Busy].iter().any(|it| it.as_str() == word)
        };
        if turn == TRIES || !answers.iter().any(late) {
            return Ok(answers);
        }
        turn += 1;
    }
}
