//! Whole back offices for the tests, on real sockets and real files.
//!
//! [`Stack`] runs all servers in this process: quick, with a clock that a test can move.
//! [`Programs`] starts the binaries, which can be killed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever is wrong with a scene ends the test"
)]

pub mod chaos;
mod http;
#[path = "fuzz/src/mutate.rs"]
pub mod mutate;
mod programs;
mod signer;

use std::sync::Arc;

use chassis::Clock;
use ngondo::door::Door;
use ngondo::sim::{self, SimDevice};
use ngondo::site::{self, House, Pace, Ports, Site};
use protocol::{Answer, AuthAnswer, Command, Outcome, PeerAddr, PurchaseCode};
use rand::SeedableRng;
use rand::rngs::StdRng;
use report::ReportDb;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use http::{Http, numbers, post, post_raw};
pub use programs::{Programs, binary};
pub use signer::{Raw, Sealed, Signer, bytes, file_of, root_of};

/// How the sites of the tests behave: an INIT every two seconds, and no farewell.
pub const PACE: Pace = Pace { init_s: 2, drain_s: 0 };

/// A back office in this process.
pub struct Stack {
    /// Its folder and addresses.
    pub site: Site,
    /// The clock of all its servers.
    pub clock: Clock,
    /// Its servers.
    pub house: House,
    /// The way in of an operator with all rights, through both PPPX.
    pub door: Arc<Door>,
    /// The way in of a box or a customer, who have no name.
    pub anyone: Arc<Door>,
    folder: TempDir,
}

// === impl Stack ===

impl Stack {
    /// Starts both twins of every server on free ports, with empty databases.
    ///
    /// # Panics
    ///
    /// Where one does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = lay(&folder, PACE).await;
        let clock = Clock::default();
        let house = Box::pin(House::start(&site, &clock)).await.expect("a back office");
        let door = Arc::new(operator(&site, &clock));
        let anyone = Arc::new(door.unsigned());
        Self { site, clock, house, door, anyone, folder }
    }

    /// The way in of a principal of the site.
    ///
    /// # Panics
    ///
    /// Where it has no file.
    pub fn door_of(&self, name: &str) -> Door {
        door_of(&self.site, name, &self.clock)
    }

    /// Registers and activates a box.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    pub async fn enrol(&self, seed: u64) -> SimDevice {
        enrol(&self.door, seed).await
    }

    /// Stops all servers, which ship what is in their spools, and opens both REPORT databases.
    ///
    /// # Panics
    ///
    /// Where a database does not open.
    pub async fn stop(self) -> Reports {
        let Self { site, house, folder, .. } = self;
        Box::pin(house.stop()).await;
        Reports::open(&site, folder).await
    }
}

/// The two REPORT databases of a back office that has stopped.
#[derive(Debug)]
pub struct Reports {
    /// The first and the second.
    pub both: [ReportDb; 2],
    _folder: TempDir,
}

// === impl Reports ===

impl Reports {
    pub(crate) async fn open(site: &Site, folder: TempDir) -> Self {
        let urls = site.report().expect("the folder's name stands in a URL");
        let both = [
            ReportDb::open(&urls.first).await.expect("REPORT first"),
            ReportDb::open(&urls.second).await.expect("REPORT second"),
        ];
        Self { both, _folder: folder }
    }

    /// Holds that both are equal, and says how many rows each has.
    ///
    /// # Panics
    ///
    /// Where they differ.
    pub async fn rows_of_equals(&self) -> u64 {
        let [first, second] = &self.both;
        let whole = report::Span { from_us: None, until_us: None };
        let comparison = first.compare(second, whole).await.expect("a comparison");
        assert!(comparison.is_equal(), "REPORT differs: {:?}", comparison.differences);
        comparison.rows.first
    }
}

/// Lays a back office with free ports into a folder.
///
/// # Panics
///
/// Where it cannot be written.
pub async fn lay(folder: &TempDir, pace: Pace) -> Site {
    let key: PeerAddr = "127.0.0.2:80".parse().expect("an address");
    let ports = Ports::free().expect("free ports");
    Site::lay(folder.path(), ports, key, pace).await.expect("a site")
}

/// The way of a principal into a site, through both PPPX.
///
/// # Panics
///
/// Where it has no file.
pub fn door_of(site: &Site, name: &str, clock: &Clock) -> Door {
    let keys = site.keys(name, clock).expect("a principal's file");
    Door::signed(site.doors(), keys, clock.clone())
}

/// The way of the operator with all rights.
///
/// # Panics
///
/// Where the site is not whole.
pub fn operator(site: &Site, clock: &Clock) -> Door {
    door_of(site, site::ADMIN, clock)
}

/// Registers and activates a box.
///
/// # Panics
///
/// Where it is refused.
pub async fn enrol(door: &Door, seed: u64) -> SimDevice {
    let identity = sim::made_identity(&mut StdRng::seed_from_u64(seed));
    sim::enrol(door, identity).await.expect("a registration")
}

/// One AUTH of a box, sent to PPPX and judged by the box.
///
/// # Panics
///
/// Where the answer is no document.
pub async fn auth(door: &Door, device: &mut SimDevice, seed: u64) -> (sim::Verdict, Answer) {
    let now_ms = door.clock().now_ms();
    let attempt = device.attempt(&mut StdRng::seed_from_u64(seed), now_ms);
    let got = door.document(attempt.document.clone().into()).await.expect("an answer");
    let response = protocol::Response::parse(&got.body).expect("a document");
    (device.judge(&attempt, &response.answer, now_ms), response.answer)
}

/// Imports recharge codes of 5000 XAF, and sells as many purchase codes.
///
/// # Panics
///
/// Where one is refused.
pub async fn sell(door: &Door, count: usize) -> Vec<PurchaseCode> {
    let mut lines = json!({ "request": uuid::Uuid::new_v4() }).to_string();
    for number in 0..count {
        let code = format!("{:014}", 10_000_000_000_000 + number);
        let line = json!({ "operator": "MTN", "amount": "5000", "currency": "XAF", "code": code });
        lines.push('\n');
        lines.push_str(&line.to_string());
    }
    let verdicts = door.lines("/v1/vouchers/import", lines).await.expect("an import");
    let bad: Vec<_> =
        verdicts.iter().filter(|it| it["result"].is_string() && it["result"] != "OK").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let mut codes = Vec::new();
    while codes.len() < count {
        let some = (count - codes.len()).min(100);
        let order = json!({
            "request": uuid::Uuid::new_v4(),
            "operator": "MTN", "amount": "5000", "currency": "XAF", "count": some,
        });
        let sold = door.manage("/v1/vouchers/sell", &order).await.expect("a sale");
        let vouchers = sold["vouchers"].as_array().cloned().unwrap_or_default();
        assert_eq!(vouchers.len(), some, "{sold}");
        codes.extend(vouchers.iter().map(|it: &Value| -> PurchaseCode {
            it["code"].as_str().expect("a code").parse().expect("a purchase code")
        }));
    }
    codes
}

/// The result of an AUTH that is no more than one.
pub fn refusal(outcome: Outcome) -> Answer {
    Answer::Auth(AuthAnswer::new(outcome))
}

/// A command, as the tool sends it.
///
/// # Panics
///
/// Where nobody answers with a document.
pub async fn command(door: &Door, command: Command) -> Answer {
    door.command(command).await.expect("an answer")
}
