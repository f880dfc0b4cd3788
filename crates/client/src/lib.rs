//! Asks another service: the first of a pair, then its twin.
//!
//! Everything that calls a doubled server calls it through [`Client::ask`]: PPPX its servers, a
//! module its PPPX, the tool the back office. One place knows how long to wait, what may be sent
//! a second time, and which of the two did not answer a moment ago.
//!
//! A failed server is left alone for a while ([`memory`]); when its time is over one request at a
//! time tries it again, so that a dead server costs one caller one try, not every caller each.
//!
//! With [`Keys`] every request to an endpoint that has a name is signed, and its answer proved
//! before it is used. An endpoint without a name (a 4G key on USB, a customer's PPPX) is asked
//! without.

mod ask;
mod error;
mod keys;
mod memory;
mod open;
mod signed;
mod wire;

pub use ask::{Ask, Endpoint, Got, Retry, Standing};
pub use error::AskError;
pub use http::Method;
pub use keys::Keys;
pub use open::Opened;

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use protocol::{Pair, PeerAddr};
use tokio::time::Instant;

use ask::Failure;
use memory::Memory;
use signed::{Answer, Body};

/// How long a caller waits for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection to be made. On one site's network a live server accepts within
    /// milliseconds, so 300 ms is a lost first SYN away from a dead one.
    pub connect: Duration,
    /// For an answer of the first of two; the second has all the time that is left.
    pub one_try: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_millis(300), one_try: Duration::from_secs(1) }
    }
}

/// The largest answer that is read instead of a stream: a refusal.
const PROBLEM_LIMIT: usize = 64 * 1024;

/// A pool of connections to the servers of the back office, and what it remembers of them.
#[derive(Debug)]
pub struct Client {
    wire: wire::Wire,
    memory: Memory,
    timeouts: Timeouts,
    keys: Option<Keys>,
}

// === impl Client ===

impl Client {
    /// Makes a client that signs nothing; no connection is opened before the first request.
    pub fn new(timeouts: Timeouts) -> Self {
        let wire = wire::Wire::new(timeouts.connect);
        Self { wire, memory: Memory::default(), timeouts, keys: None }
    }

    /// Makes a client that signs what goes to a server with a name, and proves the answers.
    pub fn with_keys(timeouts: Timeouts, keys: Keys) -> Self {
        Self { keys: Some(keys), ..Self::new(timeouts) }
    }

    /// Asks the better of two servers, and its twin where the first try failed and may be repeated.
    ///
    /// The better one is the first, unless it is being drained, is said to be down, or failed a
    /// moment ago. An answer that says "shed", "bad gateway" or "failed" is tried once on the twin,
    /// where that is [`Retry::Safe`], and passed on where the twin has nothing better.
    ///
    /// # Errors
    ///
    /// - [`AskError::NoServer`]: neither place of the pair is filled.
    /// - [`AskError::Unreachable`]: no connection could be made; nothing was sent.
    /// - [`AskError::Lost`]: it was sent, and no whole answer came; it may have been done.
    /// - [`AskError::Timeout`]: the deadline passed.
    /// - [`AskError::NoKey`]: there are keys, and none for the server; nothing was sent.
    /// - [`AskError::Refused`]: the toki was refused, also after it was made anew.
    /// - [`AskError::Unproven`]: an answer came that is not proved to be the server's.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future abandons the request; the server may still do it.
    ///
    /// Source: protocol.md §1 (deadlines, shed), §3 (the same bridge gets the same answer)
    pub async fn ask(&self, pair: &Pair<Option<Endpoint>>, ask: &Ask) -> Result<Got, AskError> {
        let order = self.memory.order(pair, Instant::now());
        let mut attempts = 0;
        let mut second_best: Option<Got> = None;
        let mut error = AskError::NoServer;
        for (index, endpoint) in order.iter().enumerate() {
            let last = index + 1 == order.len();
            attempts += 1;
            match self.try_one(endpoint, ask, self.wait(ask, last)).await {
                // Neither word is sealed that nothing was done, nor does a fault say so.
                Ok(got) if got.may_be_better_on_the_twin() && !last && ask.retry == Retry::Safe => {
                    second_best = Some(got);
                }
                Ok(got) => return Ok(best(got.after(attempts), second_best)),
                Err(failure) => {
                    error = AskError::from(&failure);
                    if !ask.retry.allows(&failure) {
                        break;
                    }
                }
            }
            if Instant::now() >= ask.deadline {
                break;
            }
        }
        second_best.map(|got| got.after(attempts)).ok_or(error)
    }

    /// Asks one server, and no other.
    ///
    /// # Errors
    ///
    /// As [`Client::ask`].
    pub async fn ask_one(&self, endpoint: &Endpoint, ask: &Ask) -> Result<Got, AskError> {
        let wait = self.wait(ask, true);
        self.try_one(endpoint, ask, wait).await.map_err(|failure| AskError::from(&failure))
    }

    /// Asks one server for an answer that goes on: `GET` of a path and query.
    ///
    /// The deadline is for the head of the answer; its lines come for as long as they may.
    ///
    /// # Errors
    ///
    /// As [`Client::ask`].
    pub async fn open(
        &self,
        endpoint: &Endpoint,
        target: &str,
        deadline: Instant,
    ) -> Result<Opened, AskError> {
        let ask = Ask {
            method: Method::GET,
            path: target.to_owned(),
            content_type: HeaderValue::from_static(""),
            headers: Vec::new(),
            body: Bytes::new(),
            deadline,
            retry: Retry::Safe,
            answer_limit: PROBLEM_LIMIT,
        };
        let answer = self.try_send(endpoint, &ask, deadline).await;
        self.note(endpoint, answer.as_ref().map(|_| ()), Effort::Whole);
        answer.map(Opened::of).map_err(|failure| AskError::from(&failure))
    }

    /// Says which servers are being left alone now, and for how long still.
    pub fn resting(&self) -> Vec<(PeerAddr, Duration)> {
        self.memory.resting(Instant::now())
    }

    /// The instant until which one try may last.
    fn wait(&self, ask: &Ask, last: bool) -> Instant {
        if last { ask.deadline } else { ask.deadline.min(Instant::now() + self.timeouts.one_try) }
    }

    async fn try_one(
        &self,
        endpoint: &Endpoint,
        ask: &Ask,
        until: Instant,
    ) -> Result<Got, Failure> {
        let began = Instant::now();
        let got = match self.try_send(endpoint, ask, until).await {
            Ok(Answer { parts, body: Body::Whole(body) }) => Ok(Got::new(endpoint, &parts, body)),
            // Nobody who waits for a whole answer can use one without an end.
            Ok(Answer { body: Body::Stream(_), .. }) => Err(Failure::TooLong(ask.answer_limit)),
            Err(failure) => Err(failure),
        };
        let now = Instant::now();
        match &got {
            Ok(got) if got.drain => self.memory.leave_alone(&endpoint.addr, now),
            Ok(got) if got.shed => {}
            Ok(_) => self.note(endpoint, Ok(()), Effort::Whole),
            Err(failure) => {
                // A client may shorten its deadline as it likes; that is no fault of the server.
                let hurried = until - began < self.timeouts.one_try;
                let effort = if hurried { Effort::Hurried } else { Effort::Whole };
                self.note(endpoint, Err(failure), effort);
            }
        }
        got
    }

    async fn try_send(
        &self,
        endpoint: &Endpoint,
        ask: &Ask,
        until: Instant,
    ) -> Result<Answer, Failure> {
        let send = signed::send((&self.wire, self.keys.as_ref()), endpoint, ask);
        match tokio::time::timeout_at(until, send).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(Failure::Timeout),
        }
    }

    /// Remembers how a try ended.
    fn note(&self, endpoint: &Endpoint, ended: Result<(), &Failure>, effort: Effort) {
        match ended {
            Ok(()) => self.memory.answered(&endpoint.addr),
            Err(Failure::NoKey(name)) => {
                tracing::warn!(peer = %endpoint.addr, %name, "there is no key for this server");
                // So that its twin is asked first, and this is not said with each request.
                self.memory.failed(&endpoint.addr, Instant::now());
            }
            Err(failure) => {
                match failure {
                    Failure::Refused(_) | Failure::Unproven => {
                        tracing::warn!(peer = %endpoint.addr, %failure, "no answer to be used");
                    }
                    _ => tracing::debug!(peer = %endpoint.addr, %failure, "no answer"),
                }
                if effort == Effort::Whole || !matches!(failure, Failure::Timeout) {
                    self.memory.failed(&endpoint.addr, Instant::now());
                }
            }
        }
    }
}

/// How long a server was given for its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// As long as one try may last.
    Whole,
    /// Less.
    Hurried,
}

/// An answer that decides stands over one that does not.
fn best(last: Got, earlier: Option<Got>) -> Got {
    match earlier {
        Some(earlier) if last.may_be_better_on_the_twin() && !earlier.shed => {
            earlier.after(last.attempts)
        }
        _ => last,
    }
}
