//! Bad documents: the corpus of the parsers' fuzz functions and its seeded damage, sent to the
//! real servers.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chassis::Tasks;
use client::Endpoint;
use ngondo::door::Door;
use ngondo::site::{Place, Site, seats};
use protocol::{Response, Role};
use tokio::time::timeout;

use super::load::{Knows, LIMIT};
use super::scene::Scene;
use super::{Broken, Length, scene};
use crate::door_of;
use crate::mutate::{Seed, mutate};
use crate::{PACE, Programs};

/// At work at once.
const AT_ONCE: u64 = 8;
/// What a server may have more of at the end than after the first tenth, in KiB: less than one byte
/// in ten of what it was sent.
const GROWTH_KIB: u64 = 32 * 1024;

/// The most bytes of a document.
///
/// Source: protocol.md §2
const DOCUMENT_LIMIT: usize = 16 * 1024;

/// One that sends bad documents, to whom it sends them.
struct Sender {
    doors: Vec<(Arc<Door>, Endpoint)>,
    corpus: Arc<Vec<Vec<u8>>>,
    seed: Seed,
}

/// R9: whatever is sent, an XML answer comes; nothing panics, hangs or grows.
pub(super) async fn documents(length: Length) -> Broken {
    let mut broken = Broken::default();
    let mut scene = Scene::start(length, PACE).await;
    let documents: u64 = if length.long { 10_000 } else { 600 };
    let corpus = Arc::new(corpus());
    broken.note(format_args!("{} documents of the corpus, then their seeded damage", corpus.len()));
    let load = scene.load(Knows::One);
    // The first tenth lets pools and caches fill.
    let early = bombard(&scene.programs, &corpus, (0, documents / 10)).await;
    let before = resident_kib(&scene.programs);
    let late = bombard(&scene.programs, &corpus, (documents / 10, documents)).await;
    let after = resident_kib(&scene.programs);
    broken.times = documents;
    for wrong in early.into_iter().chain(late) {
        broken.hold(false, wrong);
    }
    let growth = |((seat, before), (_, after)): (&(String, u64), &(String, u64))| {
        (seat.clone(), after.saturating_sub(*before))
    };
    let grown: Vec<_> = before.iter().zip(&after).map(growth).collect();
    for (seat, kib) in &grown {
        broken.hold(*kib < GROWTH_KIB, format_args!("{seat} grew by {kib} KiB"));
    }
    let most = grown.iter().map(|(_, kib)| *kib).max().unwrap_or_default();
    broken.note(format_args!("resident memory grew by {most} KiB at most"));
    let said = scene::panics(&scene.programs.site);
    broken.hold(said.is_empty(), format_args!("{said:?}"));
    let counts = load.stop().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed();
    broken
}

/// Sends so many documents; says what was not answered as it should be.
async fn bombard(
    programs: &Programs,
    corpus: &Arc<Vec<Vec<u8>>>,
    (from, to): (u64, u64),
) -> Vec<String> {
    let tasks = Tasks::default();
    let senders: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let sender = Sender {
                doors: doors(programs),
                corpus: Arc::clone(corpus),
                seed: Seed::new(from * AT_ONCE + number),
            };
            let share = (to - from) / AT_ONCE + u64::from(number < (to - from) % AT_ONCE);
            tasks.spawn(sender.send(share))
        })
        .collect();
    let mut wrong = Vec::new();
    for sender in senders {
        wrong.extend(sender.await.expect("a sender"));
    }
    tasks.finish().await;
    wrong
}

/// Both PPPX for anybody and for the operator; each server behind them for a PPPX, and for nobody.
fn doors(programs: &Programs) -> Vec<(Arc<Door>, Endpoint)> {
    let site = &programs.site;
    let pppx = Arc::new(door_of(site, "pppx-1", programs.door.clock()));
    let door = |role: Role| match role {
        Role::Pppx => [Arc::clone(&programs.anyone), Arc::clone(&programs.door)],
        _ => [Arc::clone(&pppx), Arc::clone(&programs.anyone)],
    };
    let both = |(role, place)| door(role).map(|door| (door, site.endpoint(role, place)));
    seats().flat_map(both).collect()
}

// === impl Sender ===

impl Sender {
    async fn send(mut self, documents: u64) -> Vec<String> {
        let mut wrong = Vec::new();
        for number in 0..documents {
            // PPPX is what others reach: every second one goes there.
            let (at_door, behind): (Vec<_>, Vec<_>) = self
                .doors
                .iter()
                .partition(|(_, to)| to.name.is_some_and(|it| it.as_str().starts_with("pppx")));
            let some = if number % 2 == 0 { at_door } else { behind };
            let (door, to) = self.seed.pick(&some);
            let (mut door, to) = (Arc::clone(door), to.clone());
            let document = mutate(&mut self.seed, &self.corpus);
            if DOCUMENT_LIMIT < document.len() {
                // What is not read to its end proves nobody, so its refusal is not sealed.
                door = Arc::new(door.unsigned());
            }
            if let Some(why) = one(&door, &to, document.clone()).await {
                wrong.push(format!("{}: {why}: {}", to.addr, String::from_utf8_lossy(&document)));
            }
        }
        wrong
    }
}

/// Sends one document; why its answer is none, where it is not.
async fn one(door: &Door, to: &Endpoint, document: Vec<u8>) -> Option<String> {
    match timeout(LIMIT, door.document_to(to, Bytes::from(document))).await {
        Err(_) => Some("hangs".to_owned()),
        Ok(Err(failure)) => Some(format!("no answer: {}", failure.key())),
        Ok(Ok(got)) if got.status == 500 => Some("an internal fault".to_owned()),
        Ok(Ok(got)) => Response::parse(&got.body).err().map(|it| format!("no document: {it}")),
    }
}

/// The corpus of the documents, and that of the cryptos within an AUTH.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let of = |name: &str| {
        let entries = fs::read_dir(folder.join(name)).expect("a corpus");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
        paths.sort();
        paths.into_iter().map(|path| fs::read(path).expect("a document"))
    };
    let auth = |crypto: Vec<u8>| {
        let crypto = String::from_utf8_lossy(&crypto).trim().to_owned();
        let head = "<xml><app>box</app><version>1</version><cmd>AUTH</cmd><time>1795190400</time>";
        format!("{head}<crypto>{crypto}</crypto></xml>").into_bytes()
    };
    of("request").chain(of("response")).chain(of("authenticator").map(auth)).collect()
}

/// What memory each server has, by its folder.
fn resident_kib(programs: &Programs) -> Vec<(String, u64)> {
    seats().map(|seat| (name(&programs.site, seat), of_process(programs, seat))).collect()
}

fn name(site: &Site, (role, place): (Role, Place)) -> String {
    site.folder(role, place)
        .file_name()
        .map(|it| it.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn of_process(programs: &Programs, (role, place): (Role, Place)) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", programs.pid(role, place)));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
