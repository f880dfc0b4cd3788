//! One request from its first byte to its last: what is reported of it, and how it is answered.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use protocol::{
    Answer, App, Bridge, Client, Head, Outcome, Refused, Response as Document, Time, Verb, Version,
};
use report::{Lane, Row};
use tokio::time::Instant;

use crate::activity::Event;
use crate::admit::Crowd;
use crate::headers::SHED;
use crate::proof::Proved;
use crate::random;
use crate::server::Server;
use crate::service::{Note, Peer, Service};

const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");

/// A request that is being served.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// What identifies it everywhere.
    pub(crate) bridge: Bridge,
    /// Whether it came as `X*`: then the answer is `R-X*`.
    pub(crate) starred: bool,
    /// Who asks.
    pub(crate) client: Option<Client>,
    /// Who sends it, as far as that is proved.
    pub(crate) proved: Proved,
    /// The other end of the connection.
    pub(crate) peer: Peer,
    /// The command's name, or the management verb's.
    pub(crate) cmd: Cow<'static, str>,
    /// The sender's name and version, where they were understood.
    pub(crate) sender: Option<(App, Version)>,
    /// How surely its row must be on the disk before the answer.
    pub(crate) lane: Lane,
    /// When it arrived, Unix microseconds.
    pub(crate) at_us: i64,
    /// The same on the monotonic clock.
    pub(crate) arrived: Instant,
    /// How long it waited for its body and a place.
    pub(crate) queued: Duration,
    /// How full the server was when it entered; none where it did not.
    pub(crate) crowd: Option<Crowd>,
    /// Bytes of its body.
    pub(crate) bytes_in: usize,
}

/// An answer on its way out.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) note: Note,
    /// Where it is not the outcome's own.
    pub(crate) status: Option<StatusCode>,
    /// Nothing was done: the twin may have room.
    pub(crate) shed: bool,
}

/// An answer and its text.
struct Printed {
    answer: Answer,
    text: String,
}

// === impl Exchange ===

impl Exchange {
    /// Begins with what is known before the body was read.
    pub(crate) fn begin<S: Service>(server: &Server<S>, peer: Peer) -> Self {
        let at_us = server.ctx.clock.now_us();
        Self {
            bridge: random::bridge(at_us.div_euclid(1000)),
            starred: false,
            client: None,
            proved: Proved::Nobody,
            peer,
            cmd: Cow::Borrowed("-"),
            sender: None,
            lane: Lane::Chatter,
            at_us,
            arrived: Instant::now(),
            queued: Duration::ZERO,
            crowd: None,
            bytes_in: 0,
        }
    }

    /// Records the request, then answers it with a document.
    ///
    /// The row is in the spool before the answer leaves; where that cannot be, the answer is
    /// `BUSY`: what was done is found again by its bridge or request when the client retries. A
    /// PPPX asks the twin at once, which has a disk of its own.
    pub(crate) async fn finish<S: Service>(self, server: &Server<S>, reply: Reply) -> Response {
        let Reply { answer, mut note, mut status, mut shed } = reply;
        let outcome = answer.outcome();
        let mut printed = self.print(server, answer);
        let mark = note.mark.take();
        let mut result = note.cause.unwrap_or_else(|| outcome.as_str());
        let row = self.row(server, outcome, &note, printed.text.len());
        if let Err(error) = server.record(row, self.lane, mark).await {
            tracing::error!(bridge = %self.bridge, %error, "the spool takes no row: BUSY");
            let busy = unrecorded(printed.answer.verb());
            (status, shed) = (None, true);
            result = Outcome::Busy.as_str();
            printed = self.print(server, busy);
        }
        self.tell(server, result);
        self.respond(server, printed, (status, shed))
    }

    /// Tells whoever watches.
    pub(crate) fn tell<S: Service>(&self, server: &Server<S>, result: &'static str) {
        let verdict = self.proved.verdict();
        server.meter.judged(verdict);
        server.feed.tell(|| Event {
            at_us: self.at_us,
            from: self.proved.claimed(),
            to: server.instance,
            cmd: self.cmd.clone(),
            bridge: self.bridge,
            toki: verdict,
            result,
            us: micros(self.arrived.elapsed()),
        });
    }

    fn print<S>(&self, server: &Server<S>, answer: Answer) -> Printed {
        let head = Head {
            app: server.app,
            version: server.version,
            time: Time::from_unix_ms(server.ctx.clock.now_ms()),
            bridge: self.starred.then_some(self.bridge),
            principal: None,
            client: None,
        };
        let mut text = String::with_capacity(512);
        let document = Document { head, answer };
        document.print(&mut text);
        Printed { answer: document.answer, text }
    }

    fn respond<S: Service>(
        &self,
        server: &Server<S>,
        printed: Printed,
        (status, shed): (Option<StatusCode>, bool),
    ) -> Response {
        let Printed { answer, text } = printed;
        let outcome = answer.outcome();
        let status = status.unwrap_or_else(|| status_of(outcome));
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, XML);
        let now_ms = server.ctx.clock.now_ms();
        self.proved.seal(&mut headers, (status.as_u16(), text.as_bytes(), now_ms));
        if let Some(retry_s) = answer.retry_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
        }
        if shed {
            headers.insert(SHED, HeaderValue::from_static("1"));
        }
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        server.meter.served(self.cmd.clone(), outcome, self.arrived.elapsed());
        server.sign(&mut response, self.bridge.as_str());
        response
    }

    /// The report row of this request.
    pub(crate) fn row<S: Service>(
        &self,
        server: &Server<S>,
        outcome: Outcome,
        note: &Note,
        bytes_out: usize,
    ) -> Row {
        let elapsed = self.arrived.elapsed();
        let crowd = self.crowd.unwrap_or_else(|| server.admission.crowd());
        Row {
            id: random::uuid(self.at_us.div_euclid(1000)),
            bridge: self.bridge,
            at_us: self.at_us,
            server: server.instance,
            role: S::ROLE,
            app: self.sender.map(|(app, _version)| app),
            version: self.sender.map(|(_app, version)| version),
            cmd: self.cmd.clone(),
            result: note.cause.unwrap_or_else(|| outcome.as_str()).into(),
            client: self.client,
            device: note.device,
            queue_us: micros(self.queued),
            service_us: micros(elapsed.saturating_sub(self.queued)),
            inflight: count(crowd.inflight),
            limit: count(crowd.limit),
            bytes_in: count(self.bytes_in),
            bytes_out: count(bytes_out),
            upstream: note.upstream,
            attempts: i64::from(note.attempts),
            toki: Some(self.proved.verdict().into()),
            cpu_permille: Some(server.meter.cpu_permille()),
        }
    }
}

// === impl Reply ===

impl Reply {
    pub(crate) fn refused(refused: Refused) -> Self {
        Self { answer: Answer::Refused(refused), note: Note::default(), status: None, shed: false }
    }
}

/// The status that a result has wherever it arises.
pub(crate) fn status_of(outcome: Outcome) -> StatusCode {
    StatusCode::from_u16(outcome.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub(crate) fn unrecorded(verb: Option<Verb>) -> Answer {
    Refused::new(verb, Outcome::Busy)
        .because("the request could not be recorded; send it again")
        .retry(random::retry_s())
        .into()
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
