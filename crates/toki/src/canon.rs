//! What a seal covers, written in one way alone.
//!
//! # Format
//! Each field is its length in bytes in decimal, `:`, the bytes, LF. A field that is absent is
//! there with no bytes.
//!
//! Source: toki.md §5 (What a seal covers)

use std::borrow::Cow;

use protocol::Instance;

use crate::form::{Nonce, Seal};
use crate::header::{AnswerHeader, RequestHeader};
use crate::refusal::Refusal;

/// What of a request is covered, beside its toki.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `POST`.
    pub method: &'a str,
    /// Path and query as sent.
    pub target: &'a str,
    /// The host and port that were asked.
    pub authority: &'a str,
    /// The `content-type` header, or nothing.
    pub content_type: &'a str,
    /// SHA-256 of the body.
    pub body: [u8; 32],
    /// The command, or `noun/verb`.
    pub cmd: &'a str,
    /// The bridge, or nothing where none is there yet.
    pub bridge: &'a str,
    /// The `ngondo-deadline-ms` header, or nothing.
    pub deadline: &'a str,
    /// What TLS exports for this connection, where it is bound to one.
    pub exporter: Option<[u8; 32]>,
}

/// What of an answer is covered, beside its toki.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The `content-type` header, or nothing.
    pub content_type: &'a str,
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

/// What stands as `cmd` in the seal of an HTTP request: `noun/verb` of `/v1/`, else nothing, for a
/// document says its command itself.
///
/// `target` is path and query. `principal` and `client` are the headers by which PPPX tells a server
/// who asks, empty where they are absent: whoever changes them on the way breaks the seal.
///
/// # Format
/// `noun/verb`, ` principal=NAME`, ` client=KIND:HASH`.
pub fn command<'a>(target: &'a str, principal: &str, client: &str) -> Cow<'a, str> {
    let path = target.split('?').next().unwrap_or_default();
    let Some(verb) = path.strip_prefix("/v1/") else { return Cow::Borrowed("") };
    let mut cmd = Cow::Borrowed(verb);
    for (name, value) in [(" principal=", principal), (" client=", client)] {
        if !value.is_empty() {
            cmd += name;
            cmd.to_mut().push_str(value);
        }
    }
    cmd
}

/// Writes what the seal of a request covers; `callee` is the instance that it is for.
pub fn request(request: &Request<'_>, callee: &Instance, header: &RequestHeader) -> Vec<u8> {
    let mut canon = Canon::new("oscartoki/1 req");
    canon.text(request.method);
    canon.text(request.target);
    canon.text(request.authority);
    canon.text(request.content_type);
    canon.text(&hex::encode(request.body));
    canon.text(request.cmd);
    canon.text(request.bridge);
    canon.text(request.deadline);
    canon.text(header.from.as_str());
    canon.text(callee.as_str());
    canon.show(Some(header.key));
    canon.show(Some(header.session));
    canon.show(Some(header.generation));
    canon.show(Some(header.n));
    canon.show(Some(header.time_ms));
    canon.show(header.last.map(|it| it.n));
    canon.show(header.last.map(|it| it.proof));
    canon.show(header.share);
    canon.show(header.boot);
    canon.show(header.exporter.then_some(1));
    let exporter = request.exporter.filter(|_| header.exporter);
    canon.show(exporter.map(hex::encode));
    canon.0
}

/// Writes what the seal of an answer covers; `asked` is the seal of the request.
pub fn answer(answer: &Answer<'_>, asked: &Seal, header: &AnswerHeader) -> Vec<u8> {
    let mut canon = Canon::new("oscartoki/1 rsp");
    canon.show(Some(answer.status));
    canon.text(answer.content_type);
    canon.text(&hex::encode(answer.body));
    canon.show(Some(asked));
    canon.show(Some(header.time_ms));
    canon.show(Some(header.session));
    canon.show(Some(header.generation));
    canon.show(Some(header.n));
    canon.show(header.share);
    canon.show(header.roll);
    canon.0
}

/// Writes what the seal of a refusal covers; `asked` is SHA-256 of the refused header.
pub fn refusal(refusal: Refusal, time_ms: i64, boot: Option<Nonce>, asked: &[u8; 32]) -> Vec<u8> {
    let mut canon = Canon::new("oscartoki/1 err");
    canon.text(refusal.as_str());
    canon.show(Some(time_ms));
    canon.show(boot);
    canon.text(&hex::encode(asked));
    canon.0
}

struct Canon(Vec<u8>);

// === impl Canon ===

impl Canon {
    fn new(label: &str) -> Self {
        let mut canon = Self(Vec::with_capacity(640));
        canon.text(label);
        canon
    }

    fn text(&mut self, text: &str) {
        for part in [text.len().to_string().as_bytes(), b":", text.as_bytes(), b"\n"] {
            self.0.extend_from_slice(part);
        }
    }

    fn show(&mut self, value: Option<impl ToString>) {
        self.text(&value.map(|it| it.to_string()).unwrap_or_default());
    }
}
