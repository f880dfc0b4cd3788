//! Asks another service: the first of a pair, then its twin.
//!
//! Everything that calls a doubled server calls it through [`Client::ask`]: PPPX its servers, a
//! module its PPPX, the tool the back office. One place knows how long to wait, what may be sent
//! a second time, and which of the two did not answer a moment ago.
//!
//! A failed server is left alone for a while ([`memory`]); when its time is over one request at a
//! time tries it again, so that a dead server costs one caller one try, not every caller each.

mod ask;
mod error;
mod memory;
mod wire;

pub use ask::{Ask, Endpoint, Got, Retry, Standing};
pub use error::AskError;

use std::time::Duration;

use protocol::{Pair, PeerAddr};
use tokio::time::Instant;

use ask::Failure;
use memory::Memory;

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

/// A pool of connections to the servers of the back office, and what it remembers of them.
#[derive(Debug)]
pub struct Client {
    wire: wire::Wire,
    memory: Memory,
    timeouts: Timeouts,
}

// === impl Client ===

impl Client {
    /// Makes a client; no connection is opened before the first request.
    pub fn new(timeouts: Timeouts) -> Self {
        Self { wire: wire::Wire::new(timeouts.connect), memory: Memory::default(), timeouts }
    }

    /// Asks the better of two servers, and its twin where the first try failed and may be repeated.
    ///
    /// The better one is the first, unless it is being drained, is said to be down, or failed a
    /// moment ago. An answer that says "shed", "bad gateway" or "failed" is tried once on the twin
    /// and passed on where the twin has nothing better.
    ///
    /// # Errors
    ///
    /// - [`AskError::NoServer`]: neither place of the pair is filled.
    /// - [`AskError::Unreachable`]: no connection could be made; nothing was sent.
    /// - [`AskError::Lost`]: it was sent, and no whole answer came; it may have been done.
    /// - [`AskError::Timeout`]: the deadline passed.
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
                Ok(got) if got.may_be_better_on_the_twin() && !last => second_best = Some(got),
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
        let got = match tokio::time::timeout_at(until, self.wire.send(endpoint, ask)).await {
            Ok(got) => got,
            Err(_elapsed) => Err(Failure::Timeout),
        };
        let now = Instant::now();
        match &got {
            Ok(got) if got.drain => self.memory.leave_alone(&endpoint.addr, now),
            Ok(got) if !got.shed => self.memory.answered(&endpoint.addr),
            Ok(_shed) => {}
            Err(failure) => {
                tracing::debug!(peer = %endpoint.addr, %failure, "no answer");
                // A client may shorten its deadline as it likes; that is no fault of the server.
                let hurried = until - began < self.timeouts.one_try;
                if !(hurried && matches!(failure, Failure::Timeout)) {
                    self.memory.failed(&endpoint.addr, now);
                }
            }
        }
        got
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
