//! What the demonstration shows: a key becomes a box, surfs, is topped up, and all is recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use crypto::BoxKey;
use protocol::{
    Activate, Answer, Bridge, Command, DbUrl, Outcome, Pair, PeerAddr, PurchaseCode, RequestId,
    Response, TopUp, TopUpAnswer,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use report::Span;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Run, Stage};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::journal::Journal;
use crate::record::{Recorded, Recorder, Step};
use crate::said;
use crate::sim::key::SimKey;
use crate::sim::{SimDevice, Verdict};
use crate::site::{self, Site};
use crate::text::cause;
use crate::verbs::reports;

/// How long rows may take to stand in both databases.
const SHIPPED: Duration = Duration::from_secs(30);
/// How often the databases are looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// Who takes part: each comes to PPPX by a way of its own.
struct Cast {
    /// Registers keys, imports vouchers.
    operator: Door,
    /// Sells.
    shop: Door,
    /// The box, and whoever buys: they have no name.
    anyone: Door,
}

/// Tells the whole story.
pub(super) async fn tell(
    stage: &mut Stage<'_>,
    run: &Run<'_>,
    site: &Site,
    key: &SimKey,
) -> Result<(), Failure> {
    let cast = Cast::of(run, site)?;
    turn_away(stage, &cast.operator.unsigned()).await?;
    let recorded = record(stage, run, site, &cast.operator, &super::peer(key)?).await?;
    activate(stage, &cast.anyone, &recorded).await?;
    let device = key.device().ok_or_else(|| failed!("bad-credential", cause = "-"))?;
    authenticate(stage, &cast.anyone, device).await?;
    import(stage, &cast.operator).await?;
    let code = sell(stage, &cast.shop).await?;
    top_up(stage, &cast.anyone, code).await?;
    look_up(stage, site, &cast).await
}

/// Somebody without a key asks for what needs one.
async fn turn_away(stage: &mut Stage<'_>, stranger: &Door) -> Result<(), Failure> {
    let told = stranger.lines("/v1/boxes/list", "{}".to_owned()).await;
    let got = told.err().and_then(|failure| failure.outcome()).unwrap_or(Outcome::Ok);
    expect("boxes/list", Outcome::Unauthenticated, got)?;
    stage.taken(&said!("demo-stranger", result = got.as_str()));
    Ok(())
}

async fn record(
    stage: &mut Stage<'_>,
    run: &Run<'_>,
    site: &Site,
    door: &Door,
    key_addr: &PeerAddr,
) -> Result<Recorded, Failure> {
    let key_door = Door::to_key(run.clock.clone());
    let journal = Journal::open(&site.dir().join("journal"))?;
    let recorder = Recorder { door, key_door: &key_door, journal: &journal };
    let mut taken = |step: &Step| match step {
        Step::Asked(identity) => {
            stage.taken(&said!("demo-asked", macaddr = identity.macaddr.to_string()));
        }
        Step::Recorded { device, .. } => {
            stage.taken(&said!("demo-recorded", device = device.to_string()));
        }
        Step::Provisioned { .. } => stage.taken(&said!("demo-provisioned")),
    };
    recorder.record(key_addr, "demo".parse().ok(), &mut taken).await
}

async fn activate(stage: &mut Stage<'_>, door: &Door, recorded: &Recorded) -> Result<(), Failure> {
    let (device, code) = (Some(recorded.device), recorded.activation);
    let activate = Activate { device, code, ..Activate::default() };
    let answer = door.command(Command::Activate(activate)).await?;
    expect("ACTIVATE", Outcome::Ok, answer.outcome())?;
    stage.taken(&said!("demo-activated"));
    Ok(())
}

/// One AUTH that is believed on both sides, and one under another key.
async fn authenticate(
    stage: &mut Stage<'_>,
    door: &Door,
    mut device: SimDevice,
) -> Result<(), Failure> {
    let mut rng = StdRng::seed_from_u64(rand::random());
    let (answer, verdict) = ask(door, &mut device, &mut rng).await?;
    let Verdict::Surf { lease_s } = verdict else {
        return Err(unexpected("AUTH", "OK", answer.outcome().as_str()));
    };
    stage.taken(&said!("demo-auth", lease = u64::from(lease_s)));
    let forged_key = BoxKey::random(&mut rng);
    let now_ms = door.clock().now_ms();
    let mut forged = SimDevice::new(device.device(), device.macaddr(), forged_key, now_ms);
    let (answer, _) = ask(door, &mut forged, &mut rng).await?;
    expect("AUTH", Outcome::BadCrypto, answer.outcome())?;
    stage.taken(&said!("demo-auth-forged", result = answer.outcome().as_str()));
    Ok(())
}

async fn ask(
    door: &Door,
    device: &mut SimDevice,
    rng: &mut StdRng,
) -> Result<(Answer, Verdict), Failure> {
    let attempt = device.attempt(rng, door.clock().now_ms());
    let got = door.document(attempt.document.clone().into_bytes().into()).await?;
    let Response { answer, .. } = crate::door::read(&got)?;
    let verdict = device.judge(&attempt, &answer, door.clock().now_ms());
    Ok((answer, verdict))
}

async fn import(stage: &mut Stage<'_>, door: &Door) -> Result<(), Failure> {
    let mut rng = rand::rng();
    let mut body = format!("{}\n", json!({ "request": Uuid::new_v4().to_string() }));
    for _ in 0..3 {
        let code = format!("{:014}", rng.random_range(0..100_000_000_000_000_u64));
        let line = json!({
            "operator": "MTN", "amount": "5000", "currency": "XAF", "code": code,
            "expires": "2099-12-31",
        });
        body.push_str(&line.to_string());
        body.push('\n');
    }
    let answers = door.lines("/v1/vouchers/import", body).await?;
    let good = answers.iter().filter(|it| it.get("result").is_some_and(|word| word == "OK"));
    let good = good.count();
    if good != 3 {
        return Err(unexpected("vouchers/import", "3", &good.to_string()));
    }
    stage.taken(&said!("demo-imported", count = good));
    Ok(())
}

async fn sell(stage: &mut Stage<'_>, door: &Door) -> Result<PurchaseCode, Failure> {
    let sale = json!({
        "request": Uuid::new_v4().to_string(), "operator": "MTN", "amount": "5000",
        "currency": "XAF",
    });
    let answer = door.manage("/v1/vouchers/sell", &sale).await?;
    let code = answer.pointer("/vouchers/0/code").and_then(serde_json::Value::as_str);
    let code = code.and_then(|code| code.parse::<PurchaseCode>().ok());
    let code = code.ok_or_else(|| unexpected("vouchers/sell", "OK", &answer.to_string()))?;
    stage.taken(&said!("demo-sold", code = code.grouped()));
    Ok(code)
}

/// A TOPUP, and the same one again.
async fn top_up(stage: &mut Stage<'_>, door: &Door, code: PurchaseCode) -> Result<(), Failure> {
    let request = Some(RequestId::from_uuid(Uuid::new_v4()));
    let topup = TopUp { request, ..TopUp::new(code) };
    let first = give(door, &topup).await?;
    let code2 = first.code2.map(|it| it.digits().to_owned()).unwrap_or_default();
    let ussd = first.ussd.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
    stage.taken(&said!("demo-topped-up", code = code2, ussd = ussd));
    let again = give(door, &topup).await?;
    if again != first {
        return Err(unexpected("TOPUP", "the same answer", "another"));
    }
    stage.taken(&said!("demo-topped-up-again"));
    Ok(())
}

async fn give(door: &Door, topup: &TopUp) -> Result<TopUpAnswer, Failure> {
    match door.command(Command::TopUp(topup.clone())).await? {
        Answer::TopUp(answer) if answer.outcome == Outcome::Ok => Ok(*answer),
        answer => Err(unexpected("TOPUP", "OK", answer.outcome().as_str())),
    }
}

/// Each request stands once per server in each REPORT database, and both are equal.
async fn look_up(stage: &mut Stage<'_>, site: &Site, cast: &Cast) -> Result<(), Failure> {
    let urls = site.report()?;
    let doors = [&cast.operator, &cast.shop, &cast.anyone];
    let bridges: Vec<_> = doors.into_iter().flat_map(Door::trail).collect();
    let rows = Pair::new(
        stands_once(&urls.first, &bridges).await?,
        stands_once(&urls.second, &bridges).await?,
    );
    stage.taken(&said!(
        "demo-rows",
        requests = bridges.len(),
        first = rows.first,
        second = rows.second,
    ));
    let span = Span { from_us: None, until_us: Some(cast.operator.clock().now_us()) };
    let until = Instant::now() + SHIPPED;
    loop {
        let comparison = reports::comparison(&urls.first, &urls.second, span).await?;
        if comparison.is_equal() && 0 < comparison.rows.first {
            stage.taken(&said!("demo-equal", rows = comparison.rows.first));
            return Ok(());
        }
        if until < Instant::now() {
            let rows = comparison.rows;
            return Err(failed!("reports-differ", first = rows.first, second = rows.second));
        }
        sleep(PAUSE).await;
    }
}

// === impl Cast ===

impl Cast {
    fn of(run: &Run<'_>, site: &Site) -> Result<Self, Failure> {
        let signed = |name: &str| {
            let keys = site.keys(name, &run.clock)?;
            Ok(Door::signed(site.doors(), keys, run.clock.clone()))
        };
        let operator = signed(site::ADMIN)?;
        Ok(Self { shop: signed(site::SHOP)?, anyone: operator.unsigned(), operator })
    }
}

/// Waits until each request stands with PPPX and its server, and counts the rows.
async fn stands_once(url: &DbUrl, bridges: &[Bridge]) -> Result<usize, Failure> {
    let db = reports::open(url).await?;
    let until = Instant::now() + SHIPPED;
    let mut count = 0;
    for bridge in bridges {
        let servers = loop {
            let rows = db.trace(bridge).await;
            let rows = rows.map_err(|error| {
                let cause = cause::database(&error);
                failed!("report-unreadable", url = url.as_str(), cause = cause)
            })?;
            let mut servers = BTreeMap::new();
            for row in rows {
                *servers.entry(row.server).or_insert(0_usize) += 1;
            }
            if 2 <= servers.len() || until < Instant::now() {
                break servers;
            }
            sleep(PAUSE).await;
        };
        if servers.len() < 2 || servers.values().any(|times| *times != 1) {
            return Err(unexpected("REPORT", "one row a server", bridge.as_str()));
        }
        count += servers.len();
    }
    db.close().await;
    Ok(count)
}

fn expect(what: &str, wanted: Outcome, got: Outcome) -> Result<(), Failure> {
    if got == wanted { Ok(()) } else { Err(unexpected(what, wanted.as_str(), got.as_str())) }
}

fn unexpected(what: &str, wanted: &str, got: &str) -> Failure {
    failed!("demo-unexpected", what = what, wanted = wanted, got = got)
}
