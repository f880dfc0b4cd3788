//! Finding out who is well again, without a request of anybody's.

use std::time::Duration;

use balance::Probe;
use bytes::Bytes;
use http::{HeaderValue, Method};
use tokio::time::Instant;

use crate::ask::{Ask, Endpoint, Failure, Retry};
use crate::error::AskError;
use crate::signed::Answer;
use crate::{Client, PROBLEM_LIMIT};

/// A server that takes longer for nothing is not well.
const LONGEST: Duration = Duration::from_secs(1);

// === impl Client ===

impl Client {
    /// From now on [`Client::probe`] finds out who is well again; until this is called, one request
    /// at a time does.
    ///
    /// For programs that go on: each of [`Client::probes_due`] is to be probed, several times a
    /// second.
    pub fn recover_by_probes(&self) {
        self.chooser.recover_by_probes();
    }

    /// Whom to probe now: those asked within the last minute that are idle, or seem not to be well.
    pub fn probes_due(&self) -> Vec<Endpoint> {
        self.chooser.probes_due(Instant::now())
    }

    /// Asks a server for nothing (`GET /probe`), and learns from how it answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future learns nothing.
    ///
    /// Source: balancing.md (c2)
    pub async fn probe(&self, endpoint: &Endpoint) {
        let began = Instant::now();
        let probe = match self.ask_for_nothing(endpoint, began).await {
            Ok(Answer { parts, .. }) if parts.status.is_server_error() => Probe::Bad,
            // Any other word of it, also that it knows no probes, is proved to be its own.
            Ok(Answer { parts, .. }) => {
                if crate::wire::drains(&parts.headers) {
                    self.chooser.leaving(&endpoint.addr, Instant::now());
                }
                Probe::Good
            }
            Err(_) => Probe::Bad,
        };
        let now = Instant::now();
        self.chooser.probed(&endpoint.addr, probe, now - began, now);
    }

    /// Whether there is at an address who is said to be there, without learning anything of it.
    ///
    /// # Errors
    ///
    /// Nobody answered within a second, or somebody else; [`AskError::NoKey`] where this module is
    /// not one that asks there.
    pub async fn answers(&self, endpoint: &Endpoint) -> Result<(), AskError> {
        let answer = self.ask_for_nothing(endpoint, Instant::now()).await;
        answer.map(drop).map_err(|failure| AskError::from(&failure))
    }

    async fn ask_for_nothing(
        &self,
        endpoint: &Endpoint,
        began: Instant,
    ) -> Result<Answer, Failure> {
        let ask = Ask {
            method: Method::GET,
            path: "/probe".to_owned(),
            content_type: HeaderValue::from_static(""),
            headers: Vec::new(),
            body: Bytes::new(),
            deadline: began + LONGEST,
            retry: Retry::Safe,
            answer_limit: PROBLEM_LIMIT,
        };
        self.try_send(endpoint, &ask, ask.deadline).await
    }
}
