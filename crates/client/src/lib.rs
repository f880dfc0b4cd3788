//! Asks another service: the better one of a pair, then its twin.
//!
//! Everything that calls a doubled server calls it through [`Client::ask`]: PPPX its servers, a
//! module its PPPX, the tool the back office. One place knows how long to wait, what may be sent
//! a second time, and which of the two is the better one now.
//!
//! Both are compared for each request by the time that their answers take, what is under way there
//! and the share that the map gives them ([`choose`], which stands on [`balance`]). One that fails is
//! left alone until probes find it well ([`probe`]), or, in a program that lives for one request,
//! until its time is over.
//!
//! With [`Keys`] every request to an endpoint that has a name is signed, and its answer proved
//! before it is used. An endpoint without a name (a 4G key on USB, a customer's PPPX) is asked
//! without.

mod ask;
mod choose;
mod error;
mod keys;
mod open;
mod probe;
mod signed;
mod wire;

pub use ask::{Ask, Endpoint, Got, Retry};
pub use balance::{Explained, Standing, Weighed};
pub use error::AskError;
pub use http::Method;
pub use keys::Keys;
pub use open::Opened;

use std::pin::pin;
use std::time::Duration;

use balance::Seen;
use bytes::Bytes;
use http::HeaderValue;
use protocol::{Pair, PeerAddr};
use tokio::time::Instant;

use ask::Failure;
use choose::Chooser;
use signed::{Answer, Body};

/// How long a caller waits for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection to be made. On one site's network a live server accepts within
    /// milliseconds, so 300 ms is a lost first SYN away from a dead one.
    pub connect: Duration,
    /// The most for an answer of the first of two; the second has all the time that is left.
    pub one_try: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_millis(300), one_try: Duration::from_secs(1) }
    }
}

/// A try that failed sooner cost nobody anything: where neither server is well the next one waits.
const FAST: Duration = Duration::from_millis(250);
const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(225);

/// The largest answer that is read instead of a stream: a refusal.
const PROBLEM_LIMIT: usize = 64 * 1024;

/// A pool of connections to the servers of the back office, and what it remembers of them.
#[derive(Debug)]
pub struct Client {
    wire: wire::Wire,
    chooser: Chooser,
    timeouts: Timeouts,
    keys: Option<Keys>,
}

// === impl Client ===

impl Client {
    /// Makes a client that signs nothing; no connection is opened before the first request.
    pub fn new(timeouts: Timeouts) -> Self {
        let wire = wire::Wire::new(timeouts.connect);
        Self { wire, chooser: Chooser::new(), timeouts, keys: None }
    }

    /// Makes a client that signs what goes to a server with a name, and proves the answers.
    pub fn with_keys(timeouts: Timeouts, keys: Keys) -> Self {
        Self { keys: Some(keys), ..Self::new(timeouts) }
    }

    /// Asks the better of two servers, and its twin where the first try failed and may be repeated.
    ///
    /// An answer that says "shed", "bad gateway" or "failed" is tried once on the twin, where that is
    /// [`Retry::Safe`], and passed on where the twin has nothing better. What may still be under way
    /// at the first server is repeated for one request in five at most: a slow pair is not to be
    /// asked for twice as much.
    ///
    /// # Errors
    ///
    /// - [`AskError::NoServer`]: neither place of the pair is filled.
    /// - [`AskError::Resting`]: neither is well, and enough requests are trying; nothing was sent.
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
        let picked = self.chooser.pick(pair, Instant::now());
        if picked.refused {
            return Err(AskError::Resting);
        }
        let mut attempts = 0;
        let mut second_best: Option<Got> = None;
        let mut error = AskError::NoServer;
        for (index, endpoint) in picked.order.iter().enumerate() {
            let last = index + 1 == picked.order.len();
            attempts += 1;
            let began = Instant::now();
            let again = match self.try_one(endpoint, ask, self.wait(endpoint, ask, last)).await {
                // Neither word is sealed that nothing was done, nor does a fault say so.
                Ok(got) if got.may_be_better_on_the_twin() && !last && ask.retry == Retry::Safe => {
                    second_best = Some(got);
                    self.chooser.take_retry(&endpoint.addr, Instant::now())
                }
                Ok(got) => return Ok(best(got.after(attempts), second_best)),
                Err(failure) => {
                    error = AskError::from(&failure);
                    let taken = || match failure {
                        // It was left for a retry, if it was left before the deadline.
                        Failure::Timeout => true,
                        _ => self.chooser.take_retry(&endpoint.addr, Instant::now()),
                    };
                    ask.retry.allows(&failure) && (failure.leaves_nothing() || taken())
                }
            };
            if last || !again || Instant::now() >= ask.deadline {
                break;
            }
            // Whoever has no room for it says so at once, and so is its client told.
            let has_no_room = second_best.as_ref().is_some_and(|got| got.shed);
            if picked.panic && !has_no_room && began.elapsed() < FAST {
                let pause = SHORTEST_PAUSE + LONGEST_PAUSE.mul_f64(choose::draw());
                tokio::time::sleep_until(ask.deadline.min(Instant::now() + pause)).await;
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
        self.try_one(endpoint, ask, ask.deadline).await.map_err(|failure| AskError::from(&failure))
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
        let attempt = self.chooser.begin(endpoint, Instant::now());
        let answer = self.try_send(endpoint, &ask, deadline).await;
        attempt.end(if answer.is_ok() { Seen::Unmeasured } else { Seen::Failed });
        answer.map(Opened::of).map_err(|failure| AskError::from(&failure))
    }

    /// The last hundred choices of each pair, and by what each was made.
    ///
    /// Source: balancing.md (c3)
    pub fn explain(&self) -> Vec<Explained<PeerAddr>> {
        self.chooser.explain()
    }

    /// Says which servers are being left alone now, and for how long still.
    pub fn resting(&self) -> Vec<(PeerAddr, Duration)> {
        self.chooser.resting(Instant::now())
    }

    /// The instant until which one try may last.
    fn wait(&self, endpoint: &Endpoint, ask: &Ask, last: bool) -> Instant {
        // Nobody is asked after the last one, nor where a request that was sent may not be repeated.
        if last || ask.retry == Retry::IfNotSent {
            return ask.deadline;
        }
        let now = Instant::now();
        if !ask.is_command() {
            return now + ask.deadline.saturating_duration_since(now) / 2;
        }
        ask.deadline.min(now + self.patience(endpoint, now))
    }

    async fn try_one(
        &self,
        endpoint: &Endpoint,
        ask: &Ask,
        until: Instant,
    ) -> Result<Got, Failure> {
        let began = Instant::now();
        let attempt = self.chooser.begin(endpoint, began);
        let got = match self.try_send(endpoint, ask, until).await {
            Ok(Answer { parts, body: Body::Whole(body) }) => Ok(Got::new(endpoint, &parts, body)),
            // Nobody who waits for a whole answer can use one without an end.
            Ok(Answer { body: Body::Stream(_), .. }) => Err(Failure::TooLong(ask.answer_limit)),
            Err(failure) => Err(failure),
        };
        if got.as_ref().is_ok_and(|got| got.drain) {
            self.chooser.leaving(&endpoint.addr, Instant::now());
        }
        // A client may shorten its deadline as it likes; that is no fault of the server.
        let hurried = || until - began < self.patience(endpoint, began);
        attempt.end(seen(&got, ask.is_command(), hurried));
        if let Err(failure) = &got {
            tell(endpoint, failure);
        }
        got
    }

    /// How long one try may usually last.
    fn patience(&self, endpoint: &Endpoint, now: Instant) -> Duration {
        let most = self.timeouts.one_try;
        self.chooser.patience(&endpoint.addr, now).map_or(most, |it| it.min(most))
    }

    /// Sends a request; `until` then it is left for the twin, where a retry is left.
    async fn try_send(
        &self,
        endpoint: &Endpoint,
        ask: &Ask,
        until: Instant,
    ) -> Result<Answer, Failure> {
        let mut send = pin!(signed::send((&self.wire, self.keys.as_ref()), endpoint, ask));
        if until < ask.deadline {
            match tokio::time::timeout_at(until, &mut send).await {
                Ok(answer) => return answer,
                Err(_elapsed) if self.chooser.take_retry(&endpoint.addr, until) => {
                    return Err(Failure::Timeout);
                }
                // There are too many to ask the twin for this one too: it waits on.
                Err(_elapsed) => {}
            }
        }
        match tokio::time::timeout_at(ask.deadline, send).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(Failure::Timeout),
        }
    }
}

/// What an answer, or its absence, says of the server.
fn seen(got: &Result<Got, Failure>, command: bool, hurried: impl Fn() -> bool) -> Seen {
    match got {
        Ok(got) if got.shed || got.status == 503 => {
            Seen::Shed { retry: got.retry_after_s.map(|it| Duration::from_secs(it.into())) }
        }
        Ok(got) if got.status == 504 && (!command || hurried()) => Seen::Abandoned,
        Ok(got) if got.status >= 500 => Seen::Failed,
        Ok(_) if command => Seen::Answer,
        Ok(_) => Seen::Unmeasured,
        Err(Failure::Timeout) if !command || hurried() => Seen::Abandoned,
        Err(_) => Seen::Failed,
    }
}

/// Says why a try failed.
fn tell(endpoint: &Endpoint, failure: &Failure) {
    match failure {
        Failure::NoKey(name) => {
            tracing::warn!(peer = %endpoint.addr, %name, "there is no key for this server");
        }
        Failure::Refused(_) | Failure::Unproven => {
            tracing::warn!(peer = %endpoint.addr, %failure, "no answer to be used");
        }
        _ => tracing::debug!(peer = %endpoint.addr, %failure, "no answer"),
    }
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
