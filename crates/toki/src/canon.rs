//! What a seal covers, written in one way alone.
//!
//! # Format
//! Each field is its length in bytes in decimal, `:`, the bytes, LF. A field that is absent is
//! there with no bytes.
//!
//! Source: toki.md §5 (What a seal covers)

use std::borrow::Cow;
use std::ops::Deref;

use protocol::Instance;

use crate::form::{Nonce, Seal};
use crate::header::{AnswerHeader, RequestHeader};
use crate::print::{self, Base64, Digits};
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
pub fn request(request: &Request<'_>, callee: &Instance, header: &RequestHeader) -> Canon {
    let mut canon = Canon::new("oscartoki/1 req");
    canon.text(request.method);
    canon.text(request.target);
    canon.text(request.authority);
    canon.text(request.content_type);
    canon.hash(&request.body);
    canon.text(request.cmd);
    canon.text(request.bridge);
    canon.text(request.deadline);
    canon.text(header.from.as_str());
    canon.text(callee.as_str());
    canon.number(header.key.get().into());
    canon.bytes(header.session.bytes());
    canon.number(header.generation.into());
    canon.number(header.n);
    canon.time(header.time_ms);
    canon.maybe(header.last.as_ref(), |canon, it| canon.number(it.n));
    canon.maybe(header.last.as_ref(), |canon, it| canon.bytes(it.proof.bytes()));
    canon.maybe(header.share.as_ref(), |canon, it| canon.bytes(it.bytes()));
    canon.maybe(header.boot.as_ref(), |canon, it| canon.bytes(it.bytes()));
    canon.text(if header.exporter { "1" } else { "" });
    let exporter = request.exporter.as_ref().filter(|_| header.exporter);
    canon.maybe(exporter, Canon::hash);
    canon
}

/// Writes what the seal of an answer covers; `asked` is the seal of the request.
pub fn answer(answer: &Answer<'_>, asked: &Seal, header: &AnswerHeader) -> Canon {
    let mut canon = Canon::new("oscartoki/1 rsp");
    canon.number(answer.status.into());
    canon.text(answer.content_type);
    canon.hash(&answer.body);
    canon.bytes(asked.bytes());
    canon.time(header.time_ms);
    canon.bytes(header.session.bytes());
    canon.number(header.generation.into());
    canon.number(header.n);
    canon.maybe(header.share.as_ref(), |canon, it| canon.bytes(it.bytes()));
    canon.maybe(header.roll.as_ref(), |canon, it| canon.bytes(it.bytes()));
    canon
}

/// Writes what the seal of a refusal covers; `asked` is SHA-256 of the refused header.
pub fn refusal(refusal: Refusal, time_ms: i64, boot: Option<Nonce>, asked: &[u8; 32]) -> Canon {
    let mut canon = Canon::new("oscartoki/1 err");
    canon.text(refusal.as_str());
    canon.time(time_ms);
    canon.maybe(boot.as_ref(), |canon, it| canon.bytes(it.bytes()));
    canon.hash(asked);
    canon
}

/// So many bytes have room without the heap: what is longer has a long path or type.
const SHORT: usize = 640;

/// A text that a seal covers.
pub struct Canon {
    short: [u8; SHORT],
    len: usize,
    /// All of it, where it is too long.
    long: Vec<u8>,
}

// === impl Canon ===

impl Deref for Canon {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.long.is_empty() {
            self.short.get(..self.len).unwrap_or_default()
        } else {
            &self.long
        }
    }
}

impl Canon {
    fn new(label: &str) -> Self {
        let mut canon = Self { short: [0; SHORT], len: 0, long: Vec::new() };
        canon.text(label);
        canon
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        match self.short.get_mut(self.len..end) {
            Some(place) if self.long.is_empty() => {
                place.copy_from_slice(bytes);
                self.len = end;
            }
            _ => self.push_long(bytes),
        }
    }

    #[cold]
    fn push_long(&mut self, bytes: &[u8]) {
        if self.long.is_empty() {
            self.long.extend_from_slice(self.short.get(..self.len).unwrap_or_default());
        }
        self.long.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.field(text.as_bytes());
    }

    fn field(&mut self, field: &[u8]) {
        match u8::try_from(field.len()) {
            Ok(len @ ..10) => self.push(&[b'0' + len, b':']),
            Ok(len @ ..100) => self.push(&[b'0' + len / 10, b'0' + len % 10, b':']),
            _ => {
                self.push(Digits::of(length(field)).as_bytes());
                self.push(b":");
            }
        }
        self.push(field);
        self.push(b"\n");
    }

    fn number(&mut self, number: u64) {
        self.field(Digits::of(number).as_bytes());
    }

    /// A time that travels is never negative.
    fn time(&mut self, time_ms: i64) {
        self.number(time_ms.try_into().unwrap_or_default());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.field(Base64::of(bytes).as_bytes());
    }

    fn hash(&mut self, hash: &[u8; 32]) {
        self.field(&print::hex(hash));
    }

    fn maybe<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        match value {
            Some(value) => write(self, value),
            None => self.field(&[]),
        }
    }
}

fn length(field: &[u8]) -> u64 {
    field.len().try_into().unwrap_or(u64::MAX)
}
