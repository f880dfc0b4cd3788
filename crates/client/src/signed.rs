//! One request with its toki: signed, sent, and its answer proved before it is used.
//!
//! A refusal that the callee sealed costs one trip more: the same request is signed anew and sent
//! on. That is no failure of the server, and is not counted as an attempt.
//!
//! Source: toki.md §6 (Refusals)

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use http::{HeaderMap, HeaderName};
use hyper::body::Incoming;
use toki::{Advice, Caller, Refusal, Signed, Ticket};

use crate::ask::{Ask, Endpoint, Failure};
use crate::keys::Keys;
use crate::open::STREAM;
use crate::wire::{self, Wire};

/// So often one request is signed anew. A wrong clock and a restart are mended by one refusal
/// together; another may fall into the time in which the callee restarts.
const ANEW: usize = 2;

/// The header that holds a toki.
pub(crate) const TOKI: HeaderName = HeaderName::from_static("oscartoki");
const KEY: HeaderName = HeaderName::from_static("oscartokikey");
const ERROR: HeaderName = HeaderName::from_static("oscartoki-error");

/// An answer whose head came; of a stream, the body is still to come.
pub(crate) struct Answer {
    pub(crate) parts: Parts,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Whole(Bytes),
    Stream(Incoming),
}

/// The principal's end of toki, for one request.
struct Signer<'a> {
    caller: Arc<Caller>,
    keys: &'a Keys,
    sent: Sent<'a>,
}

/// What a seal covers of a request; the same each time that it is signed.
struct Sent<'a> {
    ask: &'a Ask,
    authority: &'a str,
    body: [u8; 32],
    cmd: std::borrow::Cow<'a, str>,
}

/// What an answer means for the request.
enum Told {
    Answer,
    Anew,
}

/// Sends a request, under a toki where there are keys and the endpoint has a name.
pub(crate) async fn send(
    (wire, keys): (&Wire, Option<&Keys>),
    endpoint: &Endpoint,
    ask: &Ask,
) -> Result<Answer, Failure> {
    let Some((keys, name)) = keys.zip(endpoint.name) else {
        let (parts, body) = wire.send(endpoint, ask, None).await?.into_parts();
        let body = body_of(&parts, body, ask.answer_limit).await?;
        return Ok(Answer { parts, body });
    };
    let caller = keys.caller(&name).ok_or(Failure::NoKey(name))?;
    let end = Signer { caller, keys, sent: Sent::of(endpoint, ask) };
    let mut anew = 0;
    loop {
        let signed = end.sign();
        let sent = wire.send(endpoint, ask, Some(&signed.header)).await?;
        let (parts, body) = sent.into_parts();
        let body = body_of(&parts, body, ask.answer_limit).await?;
        match end.judge(&signed.ticket, &parts, &body)? {
            Told::Answer => return Ok(Answer { parts, body }),
            Told::Anew if anew < ANEW => anew += 1,
            Told::Anew => return Err(Failure::Refused(word(&parts.headers))),
        }
    }
}

/// Reads a body whole, unless it is a stream, which has no end.
async fn body_of(parts: &Parts, body: Incoming, limit: usize) -> Result<Body, Failure> {
    let streams = parts.status == 200 && content_type(&parts.headers).starts_with(STREAM);
    if streams { Ok(Body::Stream(body)) } else { wire::whole(body, limit).await.map(Body::Whole) }
}

// === impl Signer ===

impl Signer<'_> {
    fn sign(&self) -> Signed {
        let mut rng = crypto::random::system();
        self.caller.sign(&self.sent.covered(), self.keys.now_ms(), &mut rng)
    }

    /// Says whether an answer is the callee's, or asks to sign anew.
    fn judge(&self, ticket: &Ticket, parts: &Parts, body: &Body) -> Result<Told, Failure> {
        let now_ms = self.keys.now_ms();
        if let Some(error) = wire::text(&parts.headers, &ERROR) {
            return match self.caller.refused(ticket, error, now_ms) {
                Advice::Resend(_) => Ok(Told::Anew),
                Advice::Refused(refusal) => Err(Failure::Refused(Some(refusal))),
                Advice::Unproven => Err(unproven(&parts.headers)),
            };
        }
        let none: &[u8] = &[];
        let bytes = match body {
            Body::Whole(bytes) => bytes.as_ref(),
            Body::Stream(_) => none,
        };
        let answer = toki::Answer {
            status: parts.status.as_u16(),
            content_type: content_type(&parts.headers),
            body: crypto::sha256(bytes),
        };
        let header = |name| wire::text(&parts.headers, name).unwrap_or_default();
        let headers = (header(&TOKI), header(&KEY));
        let verified = self.caller.verify(ticket, headers, &answer, now_ms);
        verified.map(|()| Told::Answer).map_err(|_| Failure::Unproven)
    }
}

// === impl Sent ===

impl<'a> Sent<'a> {
    fn of(endpoint: &'a Endpoint, ask: &'a Ask) -> Self {
        let cmd = toki::canon::command(
            &ask.path,
            ask.header("ngondo-principal"),
            ask.header("ngondo-client"),
        );
        Self { ask, authority: endpoint.addr.as_str(), body: crypto::sha256(&ask.body), cmd }
    }

    fn covered(&self) -> toki::Request<'_> {
        toki::Request {
            method: self.ask.method.as_str(),
            target: &self.ask.path,
            authority: self.authority,
            content_type: self.ask.content_type.to_str().unwrap_or_default(),
            body: self.body,
            cmd: &self.cmd,
            bridge: self.ask.header("ngondo-bridge"),
            deadline: self.ask.header("ngondo-deadline-ms"),
            exporter: None,
        }
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    wire::text(headers, &CONTENT_TYPE).unwrap_or_default()
}

/// A refusal that nothing proves: its word is told to people, and changes nothing.
fn unproven(headers: &HeaderMap) -> Failure {
    match word(headers) {
        Some(refusal) => Failure::Refused(Some(refusal)),
        None => Failure::Unproven,
    }
}

fn word(headers: &HeaderMap) -> Option<Refusal> {
    let error = wire::text(headers, &ERROR)?.parse::<toki::header::ErrorHeader>().ok()?;
    Some(error.refusal)
}
