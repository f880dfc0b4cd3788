//! What a service is: a role, what it needs, and how it answers.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use protocol::{
    AddressMap, Answer, Bridge, Client, DeviceId, Instance, Outcome, PrincipalName, Refused,
    Request, Rights, Role, Verb,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::context::Context;
use crate::error::StartError;

/// One module's program: the chassis does the rest.
///
/// Source: protocol.md §3
pub trait Service: Send + Sync + Sized + 'static {
    /// What it is to others; its binary is `ngondo-` and the role in small letters.
    const ROLE: Role;

    /// Connects and loads; the service is not ready, and listens to nobody, before this returns.
    ///
    /// # Errors
    ///
    /// [`StartError`] with a sentence that an operator can act on.
    fn build(ctx: Arc<Context>) -> impl Future<Output = Result<Self, StartError>> + Send;

    /// Answers one command.
    fn answer(&self, call: Call) -> impl Future<Output = Answered> + Send;

    /// Does one verb of the management interface.
    fn manage(&self, call: ManageCall) -> impl Future<Output = Managed> + Send {
        drop(call);
        async { Managed::unknown() }
    }

    /// Works in the background until `ctx.stop` is cancelled.
    fn run(self: Arc<Self>, ctx: Arc<Context>) -> impl Future<Output = ()> + Send {
        drop(ctx);
        async {}
    }

    /// Puts what others are asked into a listener's stream, as server-sent events, until he has
    /// gone: a PPPX does, where its `/activity` is asked for `of=all`; `query` are the filters.
    fn follow(&self, query: &str, into: &mpsc::Sender<Bytes>) {
        let _ = (query, into);
    }

    /// Learns that the address map has changed, for example that CRYPTO has moved.
    fn map_changed(&self, _map: &AddressMap) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Writes what must not be lost, after the last answer has left.
    fn drained(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// One command that arrived.
#[derive(Debug, Clone)]
pub struct Call {
    /// The command, parsed.
    pub request: Request,
    /// What identifies it everywhere: the document's bridge where PPPX set one, else a new one.
    pub bridge: Bridge,
    /// Whom a toki proved: at PPPX the sender, at a server whom PPPX asks for.
    pub principal: Option<PrincipalName>,
    /// Who asks: what PPPX said, or at PPPX the keyed hash of the address.
    pub client: Option<Client>,
    /// The address at the other end of the connection.
    pub peer: Peer,
    /// When it arrived, Unix milliseconds.
    pub arrived_ms: i64,
    /// When an answer is of no use any more.
    pub deadline: Instant,
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// An answer, and what the report says of it.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// What only the report learns.
    pub note: Note,
}

/// What the report row of a request says beside its answer.
#[derive(Debug, Default)]
pub struct Note {
    /// The true cause where the answer does not tell it, for example `UNKNOWN_BOX`.
    pub cause: Option<&'static str>,
    /// The box that it was about.
    pub device: Option<DeviceId>,
    /// What is kept in the same commit as the row (AAR's counters).
    pub mark: Option<report::Mark>,
    /// The instance that answered, for PPPX.
    pub upstream: Option<Instance>,
    /// How many servers were asked, for PPPX.
    pub attempts: u8,
}

/// One call of `POST /v1/<noun>/<verb>`.
///
/// Source: protocol.md §7
#[derive(Debug, Clone)]
pub struct ManageCall {
    /// `boxes`, `vouchers`, …
    pub noun: String,
    /// `list`, `sell`, …
    pub verb: String,
    /// The query string without its `?`, empty where there is none.
    pub query: String,
    /// The request's media type, empty where there is none.
    pub content_type: String,
    /// JSON or NDJSON, 16 MiB at most.
    pub body: Bytes,
    /// What identifies the request everywhere.
    pub bridge: Bridge,
    /// Who asks.
    pub client: Option<Client>,
    /// The name that the toki proved.
    pub principal: Option<PrincipalName>,
    /// What that one may do.
    pub rights: Rights,
    /// The address at the other end of the connection.
    pub peer: Peer,
    /// When it arrived, Unix milliseconds.
    pub arrived_ms: i64,
    /// When an answer is of no use any more.
    pub deadline: Instant,
}

/// What a management verb answered.
#[derive(Debug)]
pub struct Managed {
    /// The HTTP status.
    pub status: u16,
    /// The result word, for the report.
    pub outcome: Outcome,
    /// What is sent.
    pub body: ManagedBody,
    /// What only the report learns.
    pub note: Note,
}

/// The body of a management answer.
#[derive(Debug)]
pub enum ManagedBody {
    /// One JSON document.
    Json(Value),
    /// One JSON object a line.
    Lines(Bytes),
    /// A problem document (RFC 9457) with the result word.
    Problem {
        /// One sentence for people, in English.
        detail: String,
        /// Seconds until it is worth trying again.
        retry_s: Option<u32>,
    },
    /// Another server's answer, passed on as it came.
    Passed {
        /// Its media type.
        content_type: String,
        /// Its body.
        body: Bytes,
        /// Its `Retry-After`.
        retry_s: Option<u32>,
    },
}

// === impl Call ===

impl Call {
    /// The command's verb.
    pub fn verb(&self) -> Verb {
        self.request.verb()
    }
}

// === impl Answered ===

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Self { answer, note: Note::default() }
    }
}

impl Answered {
    /// A refusal with a reason that names what is wrong.
    pub fn refused(verb: Verb, outcome: Outcome, reason: &'static str) -> Self {
        Answer::from(Refused::new(Some(verb), outcome).because(reason)).into()
    }

    /// "Not now": with the seconds after which to ask again, drawn by the chassis.
    pub fn busy(verb: Verb, reason: &'static str) -> Self {
        let busy = Refused::new(Some(verb), Outcome::Busy).because(reason);
        Answer::from(busy.retry(crate::random::retry_s())).into()
    }
}

// === impl Managed ===

impl Managed {
    /// A JSON document with status 200; `outcome` goes to the report.
    pub fn json(outcome: Outcome, value: Value) -> Self {
        Self { status: 200, outcome, body: ManagedBody::Json(value), note: Note::default() }
    }

    /// Lines of JSON with status 200.
    pub fn lines(outcome: Outcome, lines: Bytes) -> Self {
        Self { status: 200, outcome, body: ManagedBody::Lines(lines), note: Note::default() }
    }

    /// A problem document; its status is the outcome's, or 409 for a refusal of section 4.
    pub fn problem(outcome: Outcome, detail: impl Into<String>) -> Self {
        let status = match outcome.http_status() {
            200 => 409,
            status => status,
        };
        let retry_s =
            matches!(outcome, Outcome::Busy | Outcome::SlowDown).then(crate::random::retry_s);
        let body = ManagedBody::Problem { detail: detail.into(), retry_s };
        Self { status, outcome, body, note: Note::default() }
    }

    /// No such verb here.
    pub fn unknown() -> Self {
        let mut problem = Self::problem(Outcome::Malformed, "no such verb");
        problem.status = 404;
        problem
    }

    /// The same, with what the report says of it.
    #[must_use]
    pub fn with_note(mut self, note: Note) -> Self {
        self.note = note;
        self
    }
}
