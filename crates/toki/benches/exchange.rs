//! P11 without its sockets: what toki adds to one exchange at both ends together.
//!
//! `cargo bench --package toki --bench exchange -- FILE` writes the rounds to FILE for `ngondo bench report`.
//! One exchange is: sign, verify, seal the answer, verify it, and the hashes of both bodies at both ends.

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use crypto::{random, sha256};
use toki::{Answer, Callee, Caller, Request, RootFile};

/// Rounds that count.
const ROUNDS: usize = 41;
/// Exchanges of one round: some 20 ms of work.
const EXCHANGES: u32 = 2_000;
/// Bytes of a document, the request's and the answer's.
const DOCUMENT: usize = 600;
const START_MS: i64 = 1_795_190_400_123;

/// Both ends, and what they say.
struct Ends {
    callee: Callee,
    caller: Caller,
    now_ms: i64,
    asked: Vec<u8>,
    said: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut ends = Ends::new()?;
    let (mut ours, mut reference, mut errors) = (Vec::new(), Vec::new(), 0);
    for round in 0..=ROUNDS {
        let one = time(|| ends.exchange().is_none());
        let other = time(|| black_box(&ends).plain().is_none());
        errors += one.1 + other.1;
        if 0 < round {
            ours.push(one.0);
            reference.push(other.0);
        }
    }
    let report = format!(
        r#"{{"id":"P11","name":"toki: both ends of one exchange, without sockets ({DOCUMENT} bytes)","unit":"µs",
"better":"less","compare":"difference","reference":"the same without it","bar":10.0,"aim":4.0,"errors":{errors},
"ours_rounds":{ours:?},"reference_rounds":{reference:?}}}
"#
    );
    match std::env::args().skip(1).find(|arg| !arg.starts_with("--")) {
        Some(file) => std::fs::write(file, report)?,
        None => io::stdout().write_all(report.as_bytes())?,
    }
    Ok(())
}

/// The mean time of one exchange in microseconds, and how many failed.
fn time(mut failed: impl FnMut() -> bool) -> (f64, u32) {
    let began = Instant::now();
    let errors = (0..EXCHANGES).map(|_| u32::from(black_box(failed()))).sum();
    (began.elapsed().as_secs_f64() * 1e6 / f64::from(EXCHANGES), errors)
}

// === impl Ends ===

impl Ends {
    fn new() -> Result<Self, Box<dyn Error>> {
        let root = RootFile::parse(&format!("root 7 {}", "71".repeat(32)))?;
        let (from, to) = ("pppx-1".parse()?, "aar-1".parse()?);
        let keys = root.caller(&from, &[to]);
        let (number, key) = keys.callee(&to).ok_or("no key")?.current();
        let calls = Caller::new(from, to, number, key.clone());
        let callee = Callee::new(root.callee(&to), START_MS - 60_000, &mut random::system());
        let document = vec![b'x'; DOCUMENT];
        Ok(Self {
            callee,
            caller: calls,
            now_ms: START_MS,
            asked: document.clone(),
            said: document,
        })
    }

    fn request(body: [u8; 32]) -> Request<'static> {
        Request {
            method: "POST",
            target: "/",
            authority: "aar-1.example:7003",
            content_type: "application/xml",
            body,
            cmd: "",
            bridge: "0199f5a4-7d2c-7c1e-8000-000000000001",
            deadline: "1900",
            exporter: None,
        }
    }

    fn answer(body: [u8; 32]) -> Answer<'static> {
        Answer { status: 200, content_type: "application/xml; charset=utf-8", body }
    }

    /// One exchange; each end hashes for itself. A millisecond passes, so that generations roll.
    fn exchange(&mut self) -> Option<()> {
        self.now_ms += 1;
        let (now_ms, mut rng) = (self.now_ms, random::system());
        let sent = Self::request(sha256(black_box(&self.asked)));
        let signed = self.caller.sign(&sent, now_ms, &mut rng);
        let came = Self::request(sha256(black_box(&self.asked)));
        let admitted = self.callee.verify(&signed.header, &came, now_ms, &mut rng).ok()?;
        let headers = admitted.answer(&Self::answer(sha256(black_box(&self.said))), now_ms);
        let heard = Self::answer(sha256(black_box(&self.said)));
        let headers = (headers.toki.as_str(), headers.key.as_str());
        self.caller.verify(&signed.ticket, headers, &heard, now_ms).ok()
    }

    /// What there is to do without toki: to have the two documents.
    fn plain(&self) -> Option<usize> {
        let bodies = [&self.asked, &self.said].map(|it| black_box(it).len());
        bodies.iter().copied().reduce(|one, other| one + other)
    }
}
