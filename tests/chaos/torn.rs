//! The power fails while a server writes: the end of its spool is half there, or not what was
//! written.
//!
//! The last batch is one request that nobody was answered. Its bytes are torn off, or damaged, at
//! places spread over all of them; the crate `report` does it at every byte without a process.

use std::fs;
use std::path::{Path, PathBuf};

use client::{Endpoint, Got};
use ngondo::door::Door;
use ngondo::sim::SimDevice;
use ngondo::site::{Place, Site};
use protocol::{Bridge, DbUrl, Outcome, Pair, Request, Response, Role};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::time::{Duration, interval, timeout};
use uuid::Uuid;

use super::load::LIMIT;
use super::rows::{self, Locked};
use super::{Broken, Length};
use crate::{Programs, door_of, enrol};

/// Requests that were answered before the last one.
const ANSWERED: usize = 20;
/// The files of a spool that are looked at: chatter is the lane of AUTH.
const LOG: &str = "chatter.db-wal";
const FILE: &str = "chatter.db";

/// What a torn spool is held against.
struct Torn {
    programs: Programs,
    urls: Pair<DbUrl>,
    /// The folder before and after the last request.
    before: PathBuf,
    after: PathBuf,
    answered: Vec<Bridge>,
    last: Bridge,
}

/// Asks one AAR as a PPPX does.
pub(super) struct Hop {
    door: Door,
    to: Endpoint,
    device: SimDevice,
    rng: StdRng,
}

/// R4: a spool whose end was torn or damaged opens again, and has all that was acknowledged before.
pub(super) async fn spool(length: Length) -> Broken {
    let mut broken = Broken::default();
    let mut torn = Torn::make().await;
    let (was, is) = (read(&torn.before.join(LOG)), read(&torn.after.join(LOG)));
    let batch = batch(&was, &is);
    let bytes = batch.end - batch.start;
    broken.hold(0 < bytes, "the last request left nothing in the log");
    let tries = if length.long { 48 } else { 6 };
    broken.note(format_args!("{tries} places in the {bytes} bytes of the last batch"));
    let (mut whole, mut gone, mut told) = (0, 0, 0);
    for number in 0..tries {
        let at = batch.start + bytes * number / tries;
        let mut log = is.clone();
        if number % 2 == 0 {
            // What was there before, from here on.
            log.truncate(at);
            log.extend(was.iter().skip(at));
        } else if let Some(byte) = log.get_mut(at) {
            *byte ^= 0x5a;
        }
        let (lost, kept, said) = torn.open(&log).await;
        broken.times += 1;
        broken.sent += u64::try_from(ANSWERED).unwrap_or_default();
        broken.answered += u64::try_from(ANSWERED - lost.len()).unwrap_or_default();
        broken.failed += u64::try_from(lost.len()).unwrap_or_default();
        broken.hold(
            lost.is_empty(),
            format_args!("at byte {at} {} acknowledged rows are gone", lost.len()),
        );
        (whole, gone, told) =
            (whole + u64::from(kept), gone + u64::from(!kept), told + u64::from(said));
        if !kept && number % 2 == 1 {
            broken.hold(said, format_args!("at byte {at} the log does not say how much is gone"));
        }
    }
    broken.note(format_args!(
        "the last row was whole {whole} times, gone {gone} times; the log told of it {told} times"
    ));
    broken
}

// === impl Torn ===

impl Torn {
    /// Answers requests while neither database takes a row, then kills the server.
    async fn make() -> Self {
        let mut programs = Programs::start().await;
        let mut hop = Hop::to(&programs, Place::First).await;
        let urls = programs.site.report().expect("two databases");
        rows::settled(&programs.site, &std::collections::BTreeSet::new()).await;
        let locks = [Locked::take(&urls.first).await, Locked::take(&urls.second).await];
        let mut answered = Vec::new();
        for _ in 0..ANSWERED {
            answered.push(hop.ask().await.1);
        }
        let folder = programs.site.folder(Role::Aar, Place::First).join("state/spool");
        let [before, after] = ["before", "after"].map(|name| programs.site.dir().join(name));
        // Where the file was cleaned up in between, the two are not comparable: once more.
        let last = loop {
            copy(&folder, &before);
            let last = hop.ask().await.1;
            copy(&folder, &after);
            if read(&before.join(FILE)) == read(&after.join(FILE)) {
                break last;
            }
            answered.push(last);
        };
        programs.kill(Role::Aar, Place::First);
        for lock in locks {
            lock.give().await;
        }
        programs.terminate_all().await;
        Self { programs, urls, before, after, answered, last }
    }

    /// Starts the server on a damaged log: which rows are gone, whether the last one is there, and
    /// whether the log says that something is gone.
    async fn open(&mut self, log: &[u8]) -> (Vec<Bridge>, bool, bool) {
        let site = self.programs.site.clone();
        let folder = site.folder(Role::Aar, Place::First).join("state/spool");
        copy(&self.after, &folder);
        fs::write(folder.join(LOG), log).expect("a damaged log");
        for url in [&self.urls.first, &self.urls.second] {
            forget(url).await;
        }
        let said = site.folder(Role::Aar, Place::First).join("log");
        let heard = read(&said).len();
        self.programs.spawn(Role::Aar, Place::First);
        self.programs.ready(Role::Aar, Place::First).await;
        let (lost, kept) =
            timeout(LIMIT, self.shipped(&site)).await.unwrap_or((self.answered.clone(), false));
        self.programs.kill(Role::Aar, Place::First);
        let said = String::from_utf8_lossy(&read(&said)[heard..]).into_owned();
        (lost, kept, said.contains("not whole and is gone"))
    }

    /// Waits until the spool is empty, then looks what came of it.
    async fn shipped(&self, site: &Site) -> (Vec<Bridge>, bool) {
        let mut tick = interval(Duration::from_millis(20));
        // A request of now comes after all that the spool had.
        let mut hop = Hop::to_known(&self.programs, Place::First);
        let probe = hop.strange().await;
        loop {
            tick.tick().await;
            let there = |bridge: Bridge| async move {
                let of = format!("server = 'aar-1' and bridge = '{bridge}'");
                let urls = site.report().expect("two databases");
                let both =
                    [rows::count(&urls.first, &of).await, rows::count(&urls.second, &of).await];
                both.into_iter().all(|rows| rows == 1)
            };
            if !there(probe).await {
                continue;
            }
            let mut lost = Vec::new();
            for bridge in &self.answered {
                if !there(*bridge).await {
                    lost.push(*bridge);
                }
            }
            return (lost, there(self.last).await);
        }
    }
}

// === impl Hop ===

impl Hop {
    /// Registers a box, and asks an AAR for it until that knows it.
    pub(super) async fn to(programs: &Programs, place: Place) -> Self {
        let device = enrol(&programs.door, 77).await;
        let mut hop = Self { device, ..Self::to_known(programs, place) };
        let mut tick = interval(Duration::from_millis(20));
        while hop.ask().await.0 != Some(Outcome::Ok) {
            tick.tick().await;
        }
        hop
    }

    /// The same with a box that nobody registered.
    pub(super) fn to_known(programs: &Programs, place: Place) -> Self {
        let door = door_of(&programs.site, "pppx-1", programs.door.clock());
        let to = programs.site.endpoint(Role::Aar, place);
        let mut rng = StdRng::seed_from_u64(78);
        let key = crypto::BoxKey::random(&mut rng);
        let macaddr = protocol::MacAddr::from_octets([0, 1, 2, 3, 4, 5]).expect("an address");
        let device = protocol::DeviceId::from_bytes([7; 16]);
        let device = SimDevice::new(device, macaddr, key, door.clock().now_ms());
        Self { door, to, device, rng }
    }

    /// One AUTH: its result, where there is an answer, and its bridge.
    pub(super) async fn ask(&mut self) -> (Option<Outcome>, Bridge) {
        let now_ms = self.door.clock().now_ms();
        let document = self.device.attempt(&mut self.rng, now_ms).document;
        let bridge = Bridge::from_uuid(Uuid::new_v4());
        let mut text = String::new();
        let request = Request::parse(document.as_bytes()).expect("an AUTH");
        request.star(bridge, None, None).print(&mut text);
        let got: Option<Got> = self.door.document_to(&self.to, text.into()).await.ok();
        let response = got.and_then(|got| Response::parse(&got.body).ok());
        (response.map(|response| response.answer.outcome()), bridge)
    }

    /// One AUTH that is refused, and has its row all the same.
    async fn strange(&mut self) -> Bridge {
        let (outcome, bridge) = self.ask().await;
        assert_eq!(outcome, Some(Outcome::BadCrypto));
        bridge
    }
}

/// Where two logs differ.
fn batch(was: &[u8], is: &[u8]) -> std::ops::Range<usize> {
    let same = |at: &usize| was.get(*at) == is.get(*at);
    let start = (0..is.len()).find(|at| !same(at)).unwrap_or(is.len());
    let end = (start..is.len()).rev().find(|at| !same(at)).map_or(start, |last| last + 1);
    start..end
}

/// Makes a REPORT database forget what one server shipped, and how far it was.
async fn forget(url: &DbUrl) {
    rows::forget(url, "aar-1").await;
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

/// Makes a folder as another one: its files, without the index that SQLite makes anew.
fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).expect("an old copy");
    }
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("a file");
        let name = entry.file_name();
        if entry.path().is_file() && !name.to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), to.join(name)).expect("a copy");
        }
    }
}
