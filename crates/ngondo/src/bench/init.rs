//! P7: what an LB needs for an INIT with many REPORT rows stored, against one with few.
//!
//! Two back offices on loopback that differ in their REPORT databases alone. What PPPX sends to the
//! LB of each is sent in turn, over a connection that is kept, with a toki.

use std::fs;
use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use chassis::Clock;
use client::{Ask, Client, Endpoint, Method, Retry, Timeouts};
use protocol::{
    Answer, Bridge, Command, Init, Instance, MapAnswer, PeerAddr, PrincipalName, Request, Response,
    Role, Time,
};
use uuid::Uuid;

use super::measure::{Better, Compare, Measure};
use crate::door::head;
use crate::error::{Failure, failed};
use crate::site::{House, Pace, Place, Ports, Site};
use crate::text::cause;

/// Rounds that count, of each kind.
const ROUNDS: usize = 101;
/// INITs of one round, one after the other.
const REQUESTS: u32 = 50;
/// Rows of the reference.
const FEW: u64 = 10_000;
/// Where a 4G key would be: nobody asks one.
const KEY: &str = "127.0.0.2:80";
/// The largest answer that is read.
const ANSWER_LIMIT: usize = 64 * 1024;
/// How long one INIT is waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// A back office, and how PPPX asks its LB.
struct Office {
    house: House,
    client: Client,
    lb: Endpoint,
    init: Init,
    /// Whom PPPX names: the module itself.
    principal: PrincipalName,
    clock: Clock,
    /// Where all of it is; it goes with this.
    _folder: tempfile::TempDir,
}

/// Starts both back offices in temporary folders, fills their REPORT databases, and asks their LBs.
///
/// # Errors
///
/// A database cannot be filled, or a back office does not start. A wrong answer is counted, not
/// returned.
pub async fn init(rows: u64) -> Result<Measure, Failure> {
    let clock = Clock::default();
    let few = Box::pin(Office::open(FEW, &clock)).await?;
    let many = match Box::pin(Office::open(rows, &clock)).await {
        Ok(many) => many,
        Err(failure) => {
            Box::pin(few.house.stop()).await;
            return Err(failure);
        }
    };
    let measure = measure(&many, &few, rows).await;
    Box::pin(few.house.stop()).await;
    Box::pin(many.house.stop()).await;
    Ok(measure)
}

async fn measure(many: &Office, few: &Office, rows: u64) -> Measure {
    let (mut ours, mut reference, mut errors) = (Vec::new(), Vec::new(), 0);
    for round in 0..=ROUNDS {
        let [with_many, with_few] = [many.round().await, few.round().await];
        // The first opens the connections and the sessions.
        if 0 < round {
            ours.push(with_many.0);
            reference.push(with_few.0);
            errors += with_many.1 + with_few.1;
        }
    }
    Measure {
        id: "P7".to_owned(),
        name: format!("LB: INIT with {rows} REPORT rows stored"),
        unit: "µs".to_owned(),
        better: Better::Less,
        compare: Compare::Ratio,
        reference: format!("with {FEW}"),
        bar: 1.5,
        aim: 1.1,
        errors,
        ours_rounds: ours,
        reference_rounds: reference,
    }
}

// === impl Office ===

impl Office {
    async fn open(rows: u64, clock: &Clock) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|error| broken(&error))?;
        let ports = Ports::free().map_err(|error| broken(&error))?;
        let nobody: PeerAddr = KEY.parse().map_err(|error| broken(&error))?;
        let pace = Pace { drain_s: 0, ..Pace::default() };
        let site = Box::pin(Site::lay(folder.path(), ports, nobody, pace)).await?;
        fill(&site, rows, clock).await?;
        let pppx = instance(&site, Role::Pppx)?;
        let aar = instance(&site, Role::Aar)?;
        let keys = site.keys(pppx.as_str(), clock)?;
        let house = Box::pin(House::start(&site, clock)).await?;
        Ok(Self {
            house,
            client: Client::with_keys(Timeouts::default(), keys),
            lb: site.endpoint(Role::Lb, Place::First),
            principal: aar.as_str().parse().map_err(|error| broken(&error))?,
            init: Init {
                role: Some(Role::Aar),
                instance: Some(aar),
                addr: Some(site.addr(Role::Aar, Place::First)),
                ..Init::default()
            },
            clock: clock.clone(),
            _folder: folder,
        })
    }

    /// The mean time of one INIT in microseconds, and how many had a wrong answer.
    async fn round(&self) -> (f64, u64) {
        let began = Instant::now();
        let mut errors = 0;
        for _ in 0..REQUESTS {
            errors += u64::from(!self.ask().await);
        }
        (began.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS), errors)
    }

    /// Asks once; says whether a whole map came.
    async fn ask(&self) -> bool {
        let mut body = String::new();
        let time = Time::from_unix_ms(self.clock.now_ms());
        let request = Request { head: head(time), command: Command::Init(self.init.clone()) };
        let bridge = Bridge::from_uuid(Uuid::now_v7());
        request.star(bridge, Some(self.principal), None).print(&mut body);
        let ask = Ask {
            method: Method::POST,
            path: "/".to_owned(),
            content_type: axum::http::HeaderValue::from_static("application/xml"),
            headers: Vec::new(),
            body: Bytes::from(body),
            deadline: tokio::time::Instant::now() + PATIENCE,
            retry: Retry::Safe,
            answer_limit: ANSWER_LIMIT,
        };
        let Ok(got) = self.client.ask_one(&self.lb, &ask).await else { return false };
        let answer = Response::parse(&got.body).map(|response| response.answer);
        matches!(answer, Ok(Answer::Init(init)) if matches!(init.map, MapAnswer::Full(_)))
    }
}

/// Fills the first REPORT database and copies it: both hold the same rows.
async fn fill(site: &Site, rows: u64, clock: &Clock) -> Result<(), Failure> {
    let report = site.report()?;
    let servers = site.fleet().instances;
    report::fill(&report.first, &servers, rows, clock.now_us())
        .await
        .map_err(|error| broken(&error))?;
    let [first, second] = [&report.first, &report.second].map(|url| url.sqlite_path());
    let (Some(first), Some(second)) = (first, second) else { return Ok(()) };
    let (first, second) = (Path::new(first), Path::new(second));
    fs::copy(first, second).map(drop).map_err(|error| broken(&error))
}

fn instance(site: &Site, role: Role) -> Result<Instance, Failure> {
    let name = site.endpoint(role, Place::First).name;
    name.ok_or_else(|| broken(&std::io::Error::other("an instance without a name")))
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Failure {
    failed!("bench-broken", cause = cause::any(error))
}
