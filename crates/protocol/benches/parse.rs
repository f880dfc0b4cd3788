//! P6: our parse and check of one AUTH document against quick-xml's bare event loop over the same bytes.
//!
//! `cargo bench --package protocol --bench parse -- FILE` writes the rounds to FILE for `ngondo bench report`.
//! Both are timed in turn, round by round, in one process; the first round of each warms up and is dropped.

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use protocol::{Auth, Authenticator, Command, CryptoField, Head, Request, Time};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Rounds that count.
const ROUNDS: usize = 41;
/// Documents of one round: some 10 ms of work, long against the clock's grain, short against the machine's moods.
const DOCUMENTS: u32 = 10_000;
/// Events of the document: a start, a text and an end of each of five children, start and end of the root, the end
/// of the document.
const EVENTS: usize = 5 * 3 + 2 + 1;

fn main() -> Result<(), Box<dyn Error>> {
    let document = document()?;
    let (mut ours, mut reference, mut errors) = (Vec::new(), Vec::new(), 0);
    for round in 0..=ROUNDS {
        let one = time(|| usize::from(Request::parse(black_box(document.as_bytes())).is_err()));
        let other = time(|| usize::from(events(black_box(&document)) != Some(EVENTS)));
        errors += one.1 + other.1;
        if 0 < round {
            ours.push(one.0);
            reference.push(other.0);
        }
    }
    let bytes = document.len();
    let report = format!(
        r#"{{"id":"P6","name":"parse and check one AUTH document ({bytes} bytes)","unit":"ns","better":"less",
"reference":"quick-xml's event loop over the same bytes","bar":2.0,"aim":1.3,"errors":{errors},
"ours_rounds":{ours:?},"reference_rounds":{reference:?}}}
"#
    );
    match std::env::args().skip(1).find(|arg| !arg.starts_with("--")) {
        Some(file) => std::fs::write(file, report)?,
        None => io::stdout().write_all(report.as_bytes())?,
    }
    Ok(())
}

/// The mean time of one document in nanoseconds, and how many failed.
fn time(mut one: impl FnMut() -> usize) -> (f64, usize) {
    let began = Instant::now();
    let errors = (0..DOCUMENTS).map(|_| black_box(one())).sum();
    (began.elapsed().as_secs_f64() * 1e9 / f64::from(DOCUMENTS), errors)
}

/// What any reader of XML must do at least: find every tag and text.
fn events(document: &str) -> Option<usize> {
    let mut reader = Reader::from_str(document);
    let mut count = 0;
    loop {
        count += 1;
        if black_box(reader.read_event().ok()?) == Event::Eof {
            return Some(count);
        }
    }
}

/// An AUTH as a box sends it.
fn document() -> Result<String, Box<dyn Error>> {
    let head =
        Head::new("ngondo-box".parse()?, "1.0.0".parse()?, Time::from_unix_ms(1_795_190_400_123));
    let crypto = CryptoField::Given(Authenticator::from_bytes(std::array::from_fn(octet)));
    let mut document = String::new();
    Request { head, command: Command::Auth(Auth { crypto }) }.print(&mut document);
    Ok(document)
}

/// Bytes that look drawn, so that every character of base64url occurs.
fn octet(index: usize) -> u8 {
    u8::try_from(index.wrapping_mul(151).wrapping_add(7) % 256).unwrap_or_default()
}
