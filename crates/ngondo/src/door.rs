//! The way of the tool into the back office: PPPX, as for any client.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use chassis::Clock;
use client::{Ask, AskError, Client, Endpoint, Got, Keys, Method, Opened, Retry, Timeouts};
use protocol::{
    Answer, App, Bridge, Command, Head, Outcome, Pair, PeerAddr, Request, Response, Time, Version,
};
use serde_json::Value;
use tokio::time::Instant;

use crate::error::{Failure, failed};
use crate::said;
use crate::text::cause;

/// The name that the tool gives itself in documents.
const APP: &str = "ngondo";
/// The largest answer to a command; documents have 16 KiB at most.
const DOCUMENT_LIMIT: usize = 64 * 1024;
/// The largest answer of a management verb.
///
/// Source: protocol.md §7
const LINES_LIMIT: usize = 16 * 1024 * 1024;
/// How long a whole job at PPPX may take: its own 5 s on each of two, and the way.
const PATIENCE: Duration = Duration::from_secs(11);

/// How long the tool waits for a connection, and for the first of two.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(2), one_try: Duration::from_millis(5500) };

/// How many bridges a door remembers.
const TRAIL: usize = 256;

/// Speaks to both PPPX, the first first.
#[derive(Debug)]
pub struct Door {
    client: Client,
    pair: Pair<Option<Endpoint>>,
    clock: Clock,
    patience: Duration,
    trail: Mutex<VecDeque<Bridge>>,
}

// === impl Door ===

impl Door {
    /// Makes the way of somebody without a name to a pair of PPPX; nothing is opened yet.
    pub fn new(pppx: Pair<Option<PeerAddr>>, clock: Clock) -> Self {
        let pair = pppx.map(|it| it.map(Endpoint::from));
        Self::through(Client::new(TIMEOUTS), pair, clock)
    }

    /// Makes the way of a principal: each request is signed, each answer proved.
    pub fn signed(pppx: Pair<Option<Endpoint>>, keys: Keys, clock: Clock) -> Self {
        Self::through(Client::with_keys(TIMEOUTS, keys), pppx, clock)
    }

    fn through(client: Client, pair: Pair<Option<Endpoint>>, clock: Clock) -> Self {
        Self { client, pair, clock, patience: PATIENCE, trail: Mutex::default() }
    }

    /// The way to the same PPPX of somebody without a name: a box, a customer.
    #[must_use]
    pub fn unsigned(&self) -> Self {
        Self::new(self.pppx(), self.clock.clone())
    }

    /// Makes the way to keys on a bench: a connection within 2 s, an answer within 5 s.
    ///
    /// Source: protocol.md §3 (CRECORD)
    pub fn to_key(clock: Clock) -> Self {
        Self { patience: Duration::from_secs(7), ..Self::new(Pair::new(None, None), clock) }
    }

    /// The clock by which documents are dated.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The bridges of the last answers, oldest first, by which each is found in REPORT.
    pub fn trail(&self) -> Vec<Bridge> {
        self.trail.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Where the two PPPX are.
    pub fn pppx(&self) -> Pair<Option<PeerAddr>> {
        self.pair.as_ref().map(|it| it.as_ref().map(|endpoint| endpoint.addr.clone()))
    }

    /// Sends a command to PPPX and reads its answer, refused or not.
    ///
    /// # Errors
    ///
    /// No PPPX answered, or not with a document of the protocol.
    pub async fn command(&self, command: Command) -> Result<Answer, Failure> {
        let got = self.document(self.print(command)).await?;
        read(&got).map(|response| response.answer)
    }

    /// Sends a command to one server or key alone.
    ///
    /// # Errors
    ///
    /// It did not answer, or not with a document of the protocol.
    pub async fn command_to(&self, to: &PeerAddr, command: Command) -> Result<Answer, Failure> {
        let to = Endpoint::from(to.clone());
        let got = self.document_to(&to, self.print(command)).await?;
        read(&got).map(|response| response.answer)
    }

    /// Sends a document as it is written to PPPX.
    ///
    /// # Errors
    ///
    /// No PPPX answered.
    pub async fn document(&self, document: Bytes) -> Result<Got, Failure> {
        let ask = self.ask("/", "application/xml", document, DOCUMENT_LIMIT);
        let got = self.client.ask(&self.pair, &ask).await;
        got.inspect(|got| self.note(got)).map_err(|error| self.unanswered(error))
    }

    /// Sends a document as it is written to one server or key.
    ///
    /// # Errors
    ///
    /// It did not answer.
    pub async fn document_to(&self, to: &Endpoint, document: Bytes) -> Result<Got, Failure> {
        let ask = self.ask("/", "application/xml", document, DOCUMENT_LIMIT);
        let got = self.client.ask_one(to, &ask).await;
        got.map_err(|error| unanswered(to.addr.as_str(), error))
    }

    /// Opens an answer of PPPX that goes on: of the first, else of the second.
    ///
    /// # Errors
    ///
    /// Neither answered.
    pub async fn open(&self, target: &str) -> Result<Opened, Failure> {
        let mut error = AskError::NoServer;
        for endpoint in self.pair.present() {
            let deadline = Instant::now() + TIMEOUTS.one_try;
            match self.client.open(endpoint, target, deadline).await {
                Ok(opened) if opened.status == 200 => return Ok(opened),
                Ok(opened) => return Err(refused(endpoint, opened).await),
                Err(why) => error = why,
            }
        }
        Err(self.unanswered(error))
    }

    /// Does one verb of the management interface and reads its JSON.
    ///
    /// # Errors
    ///
    /// No PPPX answered, the verb was refused, or the answer is not JSON.
    pub async fn manage(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let got = self.managed(path, "application/json", body.to_string()).await?;
        let value = serde_json::from_slice(&got.body);
        value.map_err(|error| strange(&got, &error.to_string()))
    }

    /// Does one verb that answers with a JSON object a line.
    ///
    /// # Errors
    ///
    /// As [`Door::manage`].
    pub async fn lines(&self, path: &str, body: String) -> Result<Vec<Value>, Failure> {
        let got = self.managed(path, "application/x-ndjson", body).await?;
        let lines = got.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice(line).map_err(|it| strange(&got, &it.to_string())))
            .collect()
    }

    async fn managed(&self, path: &str, kind: &'static str, body: String) -> Result<Got, Failure> {
        let ask = self.ask(path, kind, Bytes::from(body), LINES_LIMIT);
        let got = self.client.ask(&self.pair, &ask).await;
        let got = got.inspect(|got| self.note(got)).map_err(|error| self.unanswered(error))?;
        if got.status == 200 { Ok(got) } else { Err(problem(&got)) }
    }

    fn ask(&self, path: &str, kind: &'static str, body: Bytes, answer_limit: usize) -> Ask {
        Ask {
            method: Method::POST,
            path: path.to_owned(),
            content_type: HeaderValue::from_static(kind),
            headers: Vec::new(),
            body,
            deadline: Instant::now() + self.patience,
            // Whatever changes something carries a request, by which twice is once.
            retry: Retry::Safe,
            answer_limit,
        }
    }

    fn note(&self, got: &Got) {
        let mut trail = self.trail.lock().unwrap_or_else(PoisonError::into_inner);
        trail.extend(got.bridge);
        while TRAIL < trail.len() {
            trail.pop_front();
        }
    }

    fn print(&self, command: Command) -> Bytes {
        let head = head(Time::from_unix_ms(self.clock.now_ms()));
        let mut document = String::new();
        Request { head, command }.print(&mut document);
        Bytes::from(document)
    }

    fn unanswered(&self, error: AskError) -> Failure {
        let addrs: Vec<_> =
            self.pair.iter().flatten().map(|endpoint| endpoint.addr.as_str()).collect();
        unanswered(&addrs.join(", "), error)
    }
}

/// The head of a document of this program under a name.
///
/// # Panics
///
/// Never: the names and the version are of their form, which tests hold.
#[expect(clippy::expect_used, reason = "constants of their form, which tests hold")]
pub(crate) fn head_of(app: &str, time: Time) -> Head {
    let app: App = app.parse().expect("a name of its form");
    let version: Version = chassis::VERSION.parse().expect("the version is of its form");
    Head::new(app, version, time)
}

/// The head of a document of the tool.
pub(crate) fn head(time: Time) -> Head {
    head_of(APP, time)
}

fn unanswered(addr: &str, error: AskError) -> Failure {
    match error {
        AskError::NoServer | AskError::Resting | AskError::Unreachable => {
            failed!("unreachable", addr = addr, cause = cause::ask(error))
        }
        AskError::Lost | AskError::Timeout => {
            failed!("answer-lost", addr = addr, cause = cause::ask(error))
        }
        AskError::NoKey(_) | AskError::Refused(_) | AskError::Unproven => {
            failed!("toki-refused", addr = addr, cause = cause::ask(error))
        }
    }
}

/// Reads an answer's document.
pub(crate) fn read(got: &Got) -> Result<Response, Failure> {
    Response::parse(&got.body).map_err(|malformed| strange(got, &malformed.to_string()))
}

fn strange(got: &Got, raw: &str) -> Failure {
    let cause = said!("cause-detail", raw = raw);
    failed!(
        "strange-answer",
        addr = got.addr.as_str(),
        status = u64::from(got.status),
        cause = cause
    )
}

/// What a problem document says.
///
/// Source: protocol.md §7
fn problem(got: &Got) -> Failure {
    problem_in(&got.body, got.retry_after_s).unwrap_or_else(|title| strange(got, &title))
}

/// Reads a problem document, or gives the title of one without a result.
fn problem_in(body: &[u8], retry_after_s: Option<u32>) -> Result<Failure, String> {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    let outcome = text("result").and_then(|word| word.parse::<Outcome>().ok());
    let refused = outcome.map(|it| Failure::refused(it, text("detail"), retry_after_s));
    refused.ok_or_else(|| text("title").unwrap_or_default())
}

/// What stands in place of a stream.
async fn refused(endpoint: &Endpoint, mut opened: Opened) -> Failure {
    let body = opened.chunk().await.ok().flatten().unwrap_or_default();
    if let Ok(Response { answer, .. }) = Response::parse(&body) {
        return Failure::of(&answer);
    }
    problem_in(&body, opened.retry_after_s).unwrap_or_else(|title| {
        failed!(
            "strange-answer",
            addr = endpoint.addr.as_str(),
            status = u64::from(opened.status),
            cause = said!("cause-detail", raw = title)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_itself_in_its_documents() {
        let head = head(Time::from_unix_ms(0));
        assert_eq!(head.app.as_str(), "ngondo");
        assert_eq!(head.version.as_str(), chassis::VERSION);
    }
}
