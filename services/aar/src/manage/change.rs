//! `suspend`, `resume`, `retire`, `stolen`, `until`, `tag` and `delete`, of one box or of many.
//!
//! One box is a JSON object. Many are NDJSON: the first line says what and why, each further one
//! names a box, and each has its result. Either way the same request does nothing twice.

mod one;

use chassis::fields::{Malformed, lines, print};
use chassis::{ManageCall, Managed, chain};
use crypto::random;
use protocol::Outcome;
use serde_json::{Value, json};
use store::{Device, Gone, Tx};
use tokio::time::Instant;

use self::one::{Changed, Verdict};
use crate::desk::Desk;
use crate::error::Error;
use crate::manage::wish::{Ask, Kind, Target};
use crate::manage::{Done, conflict, no_such_box, refused, several_boxes};
use crate::tally::day_of;

/// Boxes that are changed in one transaction: some 50 ms in which others wait.
const AT_ONCE: usize = 100;

/// The most boxes of one request: fewer than there is time for.
const LINES_MOST: usize = 2_000;

/// Changes of boxes that are made together: one transaction, with its rows in the audit log.
pub(super) struct Work<'a> {
    desk: &'a Desk<'a>,
    pub(super) tx: Tx,
    audits: Vec<store::Entry>,
    puts: Vec<Put>,
    verb: String,
}

/// What memory takes over once it is written.
enum Put {
    Device(Box<Device>),
    Gone(Gone),
}

/// Changes one box, or many.
pub(super) async fn change(desk: &Desk<'_>, call: &ManageCall, kind: Kind) -> Done {
    let today = day_of(desk.now_ms, desk.zone);
    if call.content_type.starts_with("application/x-ndjson") {
        return many(desk, call, kind).await;
    }
    let (ask, target) = match Ask::one(call, kind, today) {
        Ok(read) => read,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut work = Work::begin(desk, call).await?;
    let verdict = work.one(&ask, target).await?;
    work.end().await?;
    Ok(verdict.managed())
}

async fn many(desk: &Desk<'_>, call: &ManageCall, kind: Kind) -> Done {
    let read = lines(&call.body, LINES_MOST + 1);
    let (head, rest) = match read.as_deref().map(<[_]>::split_first) {
        Ok(Some((head, rest))) => (*head, rest),
        Ok(None) => return Ok(Err(Malformed("request: missing".to_owned()))),
        Err(malformed) => return Ok(Err(malformed.clone())),
    };
    let (ask, was) = match Ask::head(head, call, kind, day_of(desk.now_ms, desk.zone)) {
        Ok(read) => read,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut shown = Vec::with_capacity(rest.len());
    for chunk in rest.chunks(AT_ONCE) {
        let targets = chunk.iter().map(|line| {
            let target = Target::line(line)?;
            Ok(Target { was: target.was.or(was), ..target })
        });
        let targets: Vec<Result<Target, Malformed>> = targets.collect();
        let verdicts = if call.deadline <= Instant::now() {
            undone(chunk.len(), Outcome::Timeout)
        } else {
            match together(desk, call, &ask, targets).await {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    tracing::error!(bridge = %desk.bridge, error = chain(&error), "boxes stay");
                    undone(chunk.len(), Outcome::from(&error))
                }
            }
        };
        shown.extend(
            (shown.len() + 1..).zip(&verdicts).map(|(n, it)| it.line(n)).collect::<Vec<_>>(),
        );
    }
    let all_well = shown.iter().all(|it| it.get("result") == Some(&"OK".into()));
    let count = |it: bool| shown.iter().filter(|row| (row["result"] == "OK") == it).count();
    let end = json!({ "end": true, "ok": count(true), "refused": count(false) });
    let outcome = if all_well || shown.is_empty() { Outcome::Ok } else { worst(&shown) };
    Ok(Ok(Managed::lines(outcome, print(shown.iter().chain([&end])))))
}

/// What the report says of boxes of which not all were changed: the first refusal.
fn worst(shown: &[Value]) -> Outcome {
    let words = shown.iter().filter_map(|it| it.get("result")?.as_str());
    let words = words.filter_map(|it| it.parse::<Outcome>().ok());
    words.into_iter().find(|it| it.is_refusal()).unwrap_or(Outcome::Ok)
}

fn undone(count: usize, outcome: Outcome) -> Vec<Verdict> {
    let one = || Verdict::Refused(outcome, "not done: send the same again".to_owned());
    std::iter::repeat_with(one).take(count).collect()
}

/// Changes some boxes in one transaction.
async fn together(
    desk: &Desk<'_>,
    call: &ManageCall,
    ask: &Ask,
    targets: Vec<Result<Target, Malformed>>,
) -> Result<Vec<Verdict>, Error> {
    let mut work = Work::begin(desk, call).await?;
    let mut verdicts = Vec::with_capacity(targets.len());
    for target in targets {
        verdicts.push(match target {
            Ok(target) => work.one(ask, target).await?,
            Err(Malformed(reason)) => Verdict::Malformed(reason),
        });
    }
    work.end().await?;
    Ok(verdicts)
}

// === impl Work ===

impl<'a> Work<'a> {
    pub(super) async fn begin(desk: &'a Desk<'a>, call: &ManageCall) -> Result<Self, Error> {
        let tx = desk.store.begin().await?;
        let verb = format!("{}/{}", call.noun, call.verb);
        let (audits, puts) = (Vec::new(), Vec::new());
        Ok(Self { desk, tx, audits, puts, verb })
    }

    /// Notes a change for the audit log, and what memory takes over.
    fn note(&mut self, ask: &Ask, subject: String, detail: &Value, put: Put) -> Result<(), Error> {
        let mut rng = random::system();
        let place = store::Entry::place_of_why(ask.request);
        let why = ask.why.as_deref();
        let why = why.map(|why| self.desk.vault().seal(&place, why.as_bytes(), &mut rng));
        self.audits.push(store::Entry {
            at_ms: self.desk.now_ms,
            who: ask.asker.who(),
            verb: self.verb.clone(),
            subject,
            request: Some(ask.request.uuid()),
            bridge: self.desk.bridge,
            why: why.transpose()?,
            detail: Some(detail.to_string()),
        });
        self.puts.push(put);
        Ok(())
    }

    /// Writes all of it, then lets memory know.
    pub(super) async fn end(mut self) -> Result<(), Error> {
        if self.puts.is_empty() {
            return Ok(());
        }
        self.tx.audit_all(&self.audits, self.desk.audit_key()?).await?;
        self.tx.commit().await?;
        for put in self.puts {
            match put {
                Put::Device(device) => self.desk.put(&device),
                Put::Gone(gone) => self.desk.fleet.remove(gone.device),
            }
        }
        Ok(())
    }
}

// === impl Verdict ===

impl Verdict {
    fn managed(self) -> Result<Managed, Malformed> {
        let changed = match self {
            Self::Done(changed) => changed,
            Self::Refused(outcome, reason) => return Ok(refused(outcome, &reason)),
            Self::NoSuchBox => return Ok(no_such_box()),
            Self::SeveralBoxes => return Ok(several_boxes()),
            Self::Forbidden(reason) => return Ok(Managed::problem(Outcome::Forbidden, reason)),
            Self::Conflict(reason) => return Ok(conflict(&reason)),
            Self::Malformed(reason) => return Err(Malformed(reason)),
        };
        let mut managed = Managed::json(Outcome::Ok, changed.shown());
        managed.note.device = Some(changed.device);
        Ok(managed)
    }

    fn line(&self, number: usize) -> Value {
        let because = |outcome: Outcome, reason: &str| json!({ "line": number, "result": outcome.as_str(), "reason": reason });
        match self {
            Self::Done(changed) => {
                let mut shown = changed.shown();
                if let Some(members) = shown.as_object_mut() {
                    members.insert("line".to_owned(), number.into());
                }
                shown
            }
            Self::Refused(outcome, reason) => because(*outcome, reason),
            Self::Forbidden(reason) => because(Outcome::Forbidden, reason),
            Self::NoSuchBox => because(Outcome::CodeUnknown, "no such box"),
            Self::SeveralBoxes => {
                because(Outcome::MacNotUnique, "several boxes are named so: send the box")
            }
            Self::Conflict(reason) | Self::Malformed(reason) => because(Outcome::Malformed, reason),
        }
    }
}

// === impl Changed ===

impl Changed {
    fn shown(&self) -> Value {
        let state = self.state.map_or("deleted", store::State::as_str);
        let mut shown = json!({
            "result": Outcome::Ok.as_str(), "box": self.device.to_string(), "state": state,
        });
        if let (Some(members), true) = (shown.as_object_mut(), self.unchanged) {
            members.insert("unchanged".to_owned(), true.into());
        }
        shown
    }
}
