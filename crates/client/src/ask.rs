//! What is asked, of whom, and what came back.

use balance::Standing;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use protocol::{Bridge, Instance, PeerAddr, Server, ServerState, Weight};
use toki::Refusal;
use tokio::time::Instant;

/// One server of a pair, as a caller sees it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Where it is reached.
    pub addr: PeerAddr,
    /// Its instance, where the map names it.
    pub name: Option<Instance>,
    /// Whether the map says to prefer its twin.
    pub standing: Standing,
    /// Its share against its twin's, 0.1 to 10.
    pub weight: f64,
}

/// One request for a doubled server.
#[derive(Debug, Clone)]
pub struct Ask {
    /// `POST`, or `GET` without a body.
    pub method: Method,
    /// Path and query, `/` for a command.
    pub path: String,
    /// The media type of `body`; empty where there is none.
    pub content_type: HeaderValue,
    /// Further headers: bridge, deadline, client.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The document.
    pub body: Bytes,
    /// When an answer is of no use any more.
    pub deadline: Instant,
    /// What may be sent a second time.
    pub retry: Retry,
    /// The largest answer that is read, in bytes.
    pub answer_limit: usize,
}

/// When a request may go to the twin after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Always: doing it twice does nothing twice (every command, by its bridge).
    Safe,
    /// Only when the first server certainly never saw it.
    IfNotSent,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Got {
    /// The HTTP status.
    pub status: u16,
    /// The answer's media type, empty where it named none.
    pub content_type: String,
    /// The answer's body.
    pub body: Bytes,
    /// Seconds of `Retry-After`.
    pub retry_after_s: Option<u32>,
    /// The server shed the request: it did nothing, its twin may have room.
    pub shed: bool,
    /// The server is leaving: further requests go to its twin.
    pub drain: bool,
    /// What identifies the request everywhere, where the server said it.
    pub bridge: Option<Bridge>,
    /// The instance that answered.
    pub from: Option<Instance>,
    /// The address that answered.
    pub addr: PeerAddr,
    /// How many servers were asked, this one included.
    pub attempts: u8,
}

/// Why one try brought no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection")]
    NotSent,
    #[error("the connection ended before the answer")]
    Lost,
    #[error("no answer in time")]
    Timeout,
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("there is no key for {0}: nothing was sent")]
    NoKey(Instance),
    #[error("the toki was refused: {}", .0.map_or("-", Refusal::as_str))]
    Refused(Option<Refusal>),
    #[error("nothing proves that the answer is the server's")]
    Unproven,
}

// === impl Endpoint ===

impl From<&Server> for Endpoint {
    fn from(server: &Server) -> Self {
        let standing = match server.state {
            None | Some(ServerState::Ready | ServerState::Panic) => Standing::Good,
            Some(
                ServerState::Drain
                | ServerState::Maintenance
                | ServerState::Suspect
                | ServerState::Dead,
            ) => Standing::Avoid,
        };
        let weight = server.weight.map_or(1.0, Weight::as_f64);
        Self { addr: server.addr.clone(), name: server.name, standing, weight }
    }
}

impl From<PeerAddr> for Endpoint {
    fn from(addr: PeerAddr) -> Self {
        Self { addr, name: None, standing: Standing::Good, weight: 1.0 }
    }
}

// === impl Retry ===

impl Retry {
    /// Whether the twin may be asked after this failure, as far as doing it twice goes.
    pub(crate) fn allows(self, failure: &Failure) -> bool {
        match self {
            Self::Safe => true,
            Self::IfNotSent => matches!(failure, Failure::NotSent | Failure::NoKey(_)),
        }
    }
}

// === impl Failure ===

impl Failure {
    /// Whether the server does nothing for the request any more: no connection, or one that is
    /// gone. Asking the twin is then no further load on both.
    pub(crate) fn leaves_nothing(&self) -> bool {
        matches!(self, Self::NotSent | Self::Lost | Self::NoKey(_))
    }
}

// === impl Ask ===

impl Ask {
    /// Whether it is a command. How long a list or an import takes says nothing of a server.
    pub(crate) fn is_command(&self) -> bool {
        self.path == "/"
    }

    /// What the first header of a name says, nothing where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.as_str() == name);
        found.and_then(|(_, value)| value.to_str().ok()).unwrap_or_default()
    }
}

// === impl Got ===

impl Got {
    /// Whether the twin should be heard before this answer is believed: shed (503 with
    /// `ngondo-shed`), an internal fault (500), or a gateway that found nobody (502, 504).
    pub(crate) fn may_be_better_on_the_twin(&self) -> bool {
        self.shed || matches!(self.status, 500 | 502 | 504)
    }

    /// The same answer, counted as the last of `attempts` tries.
    pub(crate) fn after(mut self, attempts: u8) -> Self {
        self.attempts = attempts;
        self
    }
}
