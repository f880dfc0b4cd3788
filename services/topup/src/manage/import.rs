//! `vouchers/import`: recharge codes into stock, one a line, with a verdict for each.

use std::collections::BTreeSet;

use chassis::{ManageCall, Managed};
use protocol::{Bridge, Date, Outcome, RechargeCode};
use serde_json::{Value, json};
use store::{Entry, Import, NewRecharge, Stocked, Store};
use tokio::time::Instant;

use super::fields::{Fault, Fields};
use super::sell::put;
use super::{Failure, ndjson};
use crate::desk::Desk;
use crate::error::{self, Error};

/// Lines that are sealed and stored in one transaction: some 20 ms in which others wait.
const CHUNK: usize = 500;

/// Lines of one import at most: far more than there is time for, and far fewer than short lines
/// in 16 MiB, whose verdicts would take a hundred times that.
const LINES_MOST: usize = 50_000;

/// The first line: what is to be done with the others.
#[derive(Clone, Copy, Debug)]
struct Header {
    import: Import,
    mode: Mode,
}

/// What is to be done with the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// They go into stock.
    Stock,
    /// They are judged, and nothing is changed.
    Check,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    outcome: Outcome,
    reason: Option<String>,
}

/// Verdicts by number of line, from 1.
#[derive(Debug, Default)]
struct Verdicts(Vec<Verdict>);

/// An import under way.
struct Work<'a> {
    desk: &'a Desk,
    store: &'a Store,
    header: Header,
    bridge: Bridge,
    today: Date,
    /// Codes of earlier lines, while nothing is stored that would show them.
    before: BTreeSet<[u8; 32]>,
}

/// Takes recharge codes into stock, or says what would become of them.
pub(super) async fn import(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut lines = call.body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let header = Header::read(lines.next().unwrap_or_default(), call)?;
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let lines = lines.filter(|line| !line.is_empty());
    let lines: Vec<&[u8]> = lines.take(LINES_MOST.saturating_add(1)).collect();
    if LINES_MOST < lines.len() {
        return Err(Fault::new("document", format!("more than {LINES_MOST} lines")).into());
    }
    let mut work =
        Work { desk, store, header, bridge: call.bridge, today, before: BTreeSet::new() };
    let mut verdicts = Verdicts::default();
    for chunk in lines.chunks(CHUNK) {
        if let Err(error) = work.chunk(chunk, &mut verdicts, call.deadline).await {
            return stopped(error, verdicts, lines.len(), call.bridge);
        }
    }
    Ok(verdicts.managed(Outcome::Ok))
}

/// What was done stays done; the rest is to be sent again, with the same request.
fn stopped(
    error: Error,
    mut verdicts: Verdicts,
    lines: usize,
    bridge: Bridge,
) -> Result<Managed, Failure> {
    if verdicts.0.is_empty() {
        return Err(error.into());
    }
    let outcome = Outcome::from(&error);
    error::log(&error, "import", bridge);
    verdicts.0.resize(lines, Verdict::because(outcome, "not done: send the same again"));
    Ok(verdicts.managed(outcome))
}

// === impl Header ===

impl Header {
    fn read(line: &[u8], call: &ManageCall) -> Result<Self, Fault> {
        let mut fields = Fields::read(line)?;
        let request = fields.take("request")?;
        let mode = if fields.flag("check")? { Mode::Check } else { Mode::Stock };
        fields.end()?;
        let import = Import { request, principal: call.principal, at_ms: call.arrived_ms };
        Ok(Self { import, mode })
    }
}

// === impl Verdict ===

impl Verdict {
    fn because(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: Some(reason.into()) }
    }

    fn shown(&self, line: usize) -> Value {
        let mut shown = json!({ "line": line, "result": self.outcome.as_str() });
        put(&mut shown, "reason", self.reason.clone());
        shown
    }
}

impl From<Stocked> for Verdict {
    fn from(stocked: Stocked) -> Self {
        match stocked {
            Stocked::Taken | Stocked::Again => Self { outcome: Outcome::Ok, reason: None },
            Stocked::Duplicate => {
                Self::because(Outcome::AlreadyRecorded, "code: it was in stock before")
            }
        }
    }
}

impl From<Fault> for Verdict {
    fn from(fault: Fault) -> Self {
        Self::because(Outcome::Malformed, fault.to_string())
    }
}

// === impl Verdicts ===

impl Verdicts {
    fn managed(&self, outcome: Outcome) -> Managed {
        let lines = (1..).zip(&self.0).map(|(line, verdict)| verdict.shown(line));
        let count = |outcome| self.0.iter().filter(|it| it.outcome == outcome).count();
        let end = json!({
            "end": true,
            "ok": count(Outcome::Ok),
            "already": count(Outcome::AlreadyRecorded),
            "malformed": count(Outcome::Malformed),
        });
        Managed::lines(outcome, ndjson(lines.chain([end])))
    }
}

// === impl Work ===

impl Work<'_> {
    /// Judges the lines of one chunk; after the deadline they are only told that.
    async fn chunk(
        &mut self,
        lines: &[&[u8]],
        verdicts: &mut Verdicts,
        deadline: Instant,
    ) -> Result<(), Error> {
        if deadline <= Instant::now() {
            let late = Verdict::because(Outcome::Timeout, "not done: send the same again");
            verdicts.0.resize(verdicts.0.len().saturating_add(lines.len()), late);
            return Ok(());
        }
        let read: Vec<Result<NewRecharge, Fault>> = (verdicts.0.len() + 1..)
            .zip(lines)
            .map(|(number, line)| self.read(line, number))
            .collect();
        let mut judged = match self.header.mode {
            Mode::Check => self.check(read).await?,
            Mode::Stock => self.stock(read).await?,
        };
        verdicts.0.append(&mut judged);
        Ok(())
    }

    /// Reads a line and seals its code.
    fn read(&self, line: &[u8], number: usize) -> Result<NewRecharge, Fault> {
        let mut fields = Fields::read(line)?;
        let product = fields.product()?;
        let code: RechargeCode = fields.take("code")?;
        let expires = fields.find::<Date>("expires")?;
        fields.end()?;
        if let Some((name, what)) = self.desk.rules.fault(product.operator, &code) {
            return Err(Fault::new(name, what));
        }
        if expires.is_some_and(|last| last < self.today) {
            return Err(Fault::new("expires", "the day is over"));
        }
        let number = u32::try_from(number).map_err(|_| Fault::new("line", "too many"))?;
        let mut rng = crypto::random::system();
        let recharge = self.desk.vault.seal_recharge(product, &code, number, &mut rng);
        Ok(NewRecharge { expires, ..recharge })
    }

    /// Stores what is good, in one transaction.
    async fn stock(&self, read: Vec<Result<NewRecharge, Fault>>) -> Result<Vec<Verdict>, Error> {
        let mut tx = self.store.begin().await?;
        let mut verdicts = Vec::with_capacity(read.len());
        let mut taken = 0_u32;
        for recharge in read {
            verdicts.push(match recharge {
                Ok(recharge) => {
                    let stocked = tx.stock_recharge(&self.header.import, &recharge).await?;
                    taken += u32::from(stocked == Stocked::Taken);
                    stocked.into()
                }
                Err(fault) => fault.into(),
            });
        }
        if 0 < taken {
            tx.audit(&self.entry(taken), self.desk.vault.index.current()).await?;
        }
        tx.commit().await.map_err(Error::Commit)?;
        Ok(verdicts)
    }

    /// The row of the audit log: so many codes were taken into stock.
    fn entry(&self, taken: u32) -> Entry {
        let Import { request, principal, at_ms } = self.header.import;
        Entry {
            at_ms,
            who: principal.map_or_else(|| "local".to_owned(), |it| it.to_string()),
            verb: "vouchers/import".to_owned(),
            subject: "stock".to_owned(),
            request: Some(request.uuid()),
            bridge: self.bridge,
            why: None,
            detail: Some(json!({ "codes": taken }).to_string()),
        }
    }

    /// Says what [`Work::stock`] would.
    async fn check(
        &mut self,
        read: Vec<Result<NewRecharge, Fault>>,
    ) -> Result<Vec<Verdict>, Error> {
        let mut verdicts = Vec::with_capacity(read.len());
        for recharge in read {
            verdicts.push(match recharge {
                Ok(recharge) => self.judge(&recharge).await?.into(),
                Err(fault) => fault.into(),
            });
        }
        Ok(verdicts)
    }

    async fn judge(&mut self, recharge: &NewRecharge) -> Result<Stocked, Error> {
        let known = self.store.recharge_known(&self.header.import, recharge).await?;
        let first = recharge.indexes.first().is_none_or(|it| self.before.insert(it.digest));
        let here = if first { Stocked::Taken } else { Stocked::Duplicate };
        Ok(known.unwrap_or(here))
    }
}
