//! Many keys at once: NDJSON, one key a line, a verdict for each.
//!
//! Each line goes the way of a CRECORD, with the request of the whole: sent again after a cut, a
//! line that was recorded gets the same answer, and no line is recorded twice.

use std::collections::BTreeSet;

use chassis::fields::{Fields, Malformed, lines, print};
use chassis::{ManageCall, Managed, chain};
use crypto::{KeyRing, Purpose, made_macaddr, random};
use protocol::{
    CrecordAnswer, DeviceTag, Imei, KeyIdentity, Label, MacAddr, Outcome, Record, RequestId, Serial,
};
use serde_json::{Value, json};
use store::{Labels, Store, TAGS_MOST};
use tokio::time::Instant;

use crate::draft::Draft;
use crate::error::Error;
use crate::identity::Identity;
use crate::manage::Done;
use crate::record::{Ask, Recorded, claimed, entry, record_in};

/// Keys that are recorded in one transaction: some 50 ms in which others wait.
const AT_ONCE: usize = 100;

/// The most lines of one request: fewer than there is time for.
const LINES_MOST: usize = 5_000;

/// The members of a line.
const MEMBERS: [&str; 10] =
    ["macaddr", "imei", "serial", "imsi", "iccid", "model", "fw", "label", "group", "tags"];

/// The first line: what is to be done with the others.
#[derive(Clone, Copy, Debug)]
struct Header {
    request: RequestId,
    mode: Mode,
    /// Whether the boxes' credentials are told.
    credentials: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// They are recorded.
    Record,
    /// They are judged, and nothing is changed.
    Check,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Credentials,
    Codes,
}

/// What became of a line.
#[derive(Debug)]
struct Verdict {
    outcome: Outcome,
    reason: Option<String>,
    answer: Option<CrecordAnswer>,
}

/// A key as its line says it.
#[derive(Debug)]
struct Line {
    record: Record,
    labels: Labels,
}

/// An import under way.
struct Work<'a> {
    store: &'a Store,
    keys: &'a KeyRing,
    call: &'a ManageCall,
    header: Header,
    /// Who the keys of earlier lines are.
    before: BTreeSet<String>,
}

/// Records keys: `{"request", "check"?, "credentials"?}`, then one key a line.
pub(crate) async fn import(store: &Store, keys: &KeyRing, call: &ManageCall) -> Done {
    let read = lines(&call.body, LINES_MOST + 1);
    let (head, rest) = match read.as_deref().map(<[_]>::split_first) {
        Ok(Some((head, rest))) => (*head, rest),
        Ok(None) => return Ok(Err(Malformed("request: missing".to_owned()))),
        Err(malformed) => return Ok(Err(malformed.clone())),
    };
    let header = match Header::read(head) {
        Ok(header) => header,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut work = Work { store, keys, call, header, before: BTreeSet::new() };
    let (mut verdicts, mut fault) = (Vec::with_capacity(rest.len()), Outcome::Ok);
    for chunk in rest.chunks(AT_ONCE) {
        if fault == Outcome::Ok && call.deadline <= Instant::now() {
            fault = Outcome::Timeout;
        }
        if fault == Outcome::Ok {
            match work.chunk(chunk).await {
                Ok(judged) => {
                    verdicts.extend(judged);
                    continue;
                }
                Err(error) => {
                    tracing::error!(bridge = %call.bridge, error = chain(&error), "an import stops");
                    fault = Outcome::from(&error);
                }
            }
        }
        let undone = || Verdict::because(fault, "not done: send the same again");
        verdicts.extend(std::iter::repeat_with(undone).take(chunk.len()));
    }
    Ok(Ok(managed(&verdicts, header.credentials, fault)))
}

fn managed(verdicts: &[Verdict], told: Told, fault: Outcome) -> Managed {
    let mut rows: Vec<Value> = (1..).zip(verdicts).map(|(at, it)| it.shown(at, told)).collect();
    let count = |outcome| verdicts.iter().filter(|it| it.outcome == outcome).count();
    let (ok, already) = (count(Outcome::Ok), count(Outcome::AlreadyRecorded));
    let refused = verdicts.len() - ok - already;
    rows.push(json!({ "end": true, "ok": ok, "already": already, "refused": refused }));
    Managed::lines(fault, print(&rows))
}

// === impl Header ===

impl Header {
    fn read(line: &[u8]) -> Result<Self, Malformed> {
        let fields = Fields::read(line, &["request", "check", "credentials"])?;
        let mode = if fields.flag("check")? { Mode::Check } else { Mode::Record };
        let credentials = if fields.flag("credentials")? { Told::Credentials } else { Told::Codes };
        Ok(Self { request: fields.need("request")?, mode, credentials })
    }
}

// === impl Verdict ===

impl Verdict {
    fn because(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: Some(reason.into()), answer: None }
    }

    fn shown(&self, line: usize, told: Told) -> Value {
        let answer = self.answer.as_ref();
        let credential = answer.filter(|_| told == Told::Credentials);
        let members = [
            ("reason", self.reason.clone()),
            ("box", answer.and_then(|it| it.device).map(|it| it.to_string())),
            ("activation", answer.and_then(|it| it.activation).map(|it| it.digits().to_owned())),
            (
                "credential",
                credential.and_then(|it| it.credential.as_ref()).map(|it| it.expose().to_owned()),
            ),
        ];
        let mut shown = json!({ "line": line, "result": self.outcome.as_str() });
        for (name, text) in members {
            if let (Some(row), Some(text)) = (shown.as_object_mut(), text) {
                row.insert(name.to_owned(), text.into());
            }
        }
        shown
    }
}

impl From<Recorded> for Verdict {
    fn from(recorded: Recorded) -> Self {
        match recorded {
            Recorded::Answer(answer, _) => {
                Self { outcome: answer.outcome, reason: None, answer: Some(answer) }
            }
            Recorded::Refused(refusal) | Recorded::Claims(refusal, _) => {
                Self::because(refusal.outcome(), refusal.reason())
            }
        }
    }
}

impl From<Malformed> for Verdict {
    fn from(Malformed(reason): Malformed) -> Self {
        Self::because(Outcome::Malformed, reason)
    }
}

// === impl Line ===

impl Line {
    fn read(line: &[u8], request: RequestId) -> Result<Self, Malformed> {
        let fields = Fields::read(line, &MEMBERS)?;
        let (imei, serial): (Option<Imei>, Option<Serial>) =
            (fields.parse("imei")?, fields.parse("serial")?);
        let macaddr = match fields.parse("macaddr")? {
            Some(macaddr) => macaddr,
            None => made(imei, serial)?,
        };
        let identity = KeyIdentity {
            imei,
            serial,
            imsi: fields.parse("imsi")?,
            iccid: fields.parse("iccid")?,
            model: fields.parse("model")?,
            fw: fields.parse("fw")?,
            ..KeyIdentity::new(macaddr)
        };
        let label: Option<Label> = fields.parse("label")?;
        let mut labels = Labels::in_group(fields.parse("group")?);
        for tag in fields.list::<DeviceTag>("tags", TAGS_MOST)? {
            labels.add(tag);
        }
        Ok(Self {
            record: Record { identity, label, request: Some(request), rekey: false },
            labels,
        })
    }
}

/// The macaddr of a key that has none.
///
/// Source: protocol.md §3 (CRECORD)
fn made(imei: Option<Imei>, serial: Option<Serial>) -> Result<MacAddr, Malformed> {
    let missing = || Malformed("macaddr: missing, and imei too".to_owned());
    let imei = imei.ok_or_else(missing)?;
    let octets = made_macaddr(imei.as_str(), serial.as_ref().map_or("", Serial::as_str));
    MacAddr::from_octets(octets).map_err(|error| Malformed(format!("macaddr: {error}")))
}

// === impl Work ===

impl Work<'_> {
    /// Records some keys in one transaction.
    async fn chunk(&mut self, lines: &[&[u8]]) -> Result<Vec<Verdict>, Error> {
        let mut rng = random::system();
        let mut drafts = Vec::with_capacity(lines.len());
        for line in lines {
            drafts.push(match self.read(line) {
                Ok(line) => {
                    let now_ms = self.call.arrived_ms;
                    let mut draft = Draft::first(self.keys, &line.record, &mut rng, now_ms)?;
                    draft.device.labels = line.labels;
                    Ok((line.record, draft))
                }
                Err(verdict) => Err(verdict),
            });
        }
        let (mut verdicts, mut entries) = (Vec::with_capacity(lines.len()), Vec::new());
        let (mut tx, mut told) = (self.store.begin().await?, false);
        for draft in drafts {
            let (record, draft) = match draft {
                Ok(draft) => draft,
                Err(verdict) => {
                    verdicts.push(verdict);
                    continue;
                }
            };
            let ask = self.ask(&record);
            let recorded = record_in(&mut tx, self.keys, &ask, draft, &mut rng).await?;
            if let Recorded::Claims(_, device) = recorded {
                claimed(&mut tx, device, ask.now_ms).await?;
                told = true;
            }
            entries.extend(entry(&ask, &recorded));
            verdicts.push(recorded.into());
        }
        if self.header.mode == Mode::Check {
            // Nothing of it stands: what a check tells is drawn anew by the import.
            for verdict in &mut verdicts {
                verdict.answer = None;
            }
            return Ok(verdicts);
        }
        if told || !entries.is_empty() {
            tx.purge_answers(self.call.arrived_ms).await?;
            tx.audit_all(&entries, self.keys.get(Purpose::Index)?.current()).await?;
            tx.commit().await?;
        }
        Ok(verdicts)
    }

    fn read(&mut self, line: &[u8]) -> Result<Line, Verdict> {
        let line = Line::read(line, self.header.request)?;
        if self.before.insert(Identity::of(&line.record.identity).text()) {
            return Ok(line);
        }
        Err(Verdict::because(Outcome::AlreadyRecorded, "line: an earlier one has the same key"))
    }

    fn ask<'b>(&self, record: &'b Record) -> Ask<'b> {
        Ask {
            record,
            bridge: self.call.bridge,
            principal: self.call.principal,
            now_ms: self.call.arrived_ms,
            verb: "boxes/import",
        }
    }
}

#[cfg(test)]
mod tests;
