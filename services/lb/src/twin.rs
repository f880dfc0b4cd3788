//! The exchange with the other LB: each asks the other for its map, and the higher epoch is both's.
//!
//! Source: protocol.md §3 (INIT)

use std::time::Duration;

use bytes::Bytes;
use client::{Ask, AskError, Endpoint, Retry};
use config::Persisted;
use http::HeaderValue;
use protocol::{
    AddressMap, Answer, Bridge, Command, Head, Init, MapAnswer, Request, Response, Role, Rulings,
    Time, Version,
};
use tokio::time::Instant;

use crate::chart::Offered;
use crate::{Lb, inventory, publish};

/// A twin on the same site answers from memory within a millisecond.
const DEADLINE: Duration = Duration::from_secs(1);
/// Before it is ready an LB waits no longer than a start may take: both may be starting.
const DEADLINE_AT_START: Duration = Duration::from_millis(300);
/// However often callers name a higher epoch, the twin is not asked more often.
const PAUSE: Duration = Duration::from_millis(100);
const ANSWER_LIMIT: usize = 16 * 1024;

/// The twin's map, and what its operators have said.
type Told = (AddressMap, Option<Box<Rulings>>);

/// Why an exchange brought no map.
#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    #[error("no answer")]
    Ask(#[from] AskError),
    #[error("not an R-INIT* with a map")]
    Answer,
}

/// Asks the twin once before anyone is answered: what it published while we were down is ours.
pub(crate) async fn ask_before_ready(lb: &Lb) {
    if let Some(twin) = twin(lb)
        && let Ok(told) = ask(lb, &twin, DEADLINE_AT_START).await
    {
        learn(lb, &told).await;
    }
}

/// Tells the twin at once what an operator said, so that whoever asks it next finds it there; one
/// that does not answer hears of it as soon as it does.
pub(crate) async fn tell(lb: &Lb) {
    if let Some(twin) = twin(lb) {
        exchange(lb, &twin, true).await;
    }
}

/// Asks the twin once an interval, and at once when there is a reason.
pub(crate) async fn run(lb: &Lb) {
    let mut answers = true;
    loop {
        if let Some(twin) = twin(lb) {
            answers = exchange(lb, &twin, answers).await;
        }
        tokio::time::sleep(PAUSE).await;
        let interval = lb.ctx.config.init_interval;
        let wait = interval.mul_f64(0.70 + 0.25 * chassis::random::fraction());
        let _woken = tokio::time::timeout(wait, lb.exchange.notified()).await;
        // What was heard may have given our map another epoch.
        publish::publish(lb).await;
    }
}

/// One exchange; says whether the twin answered, and logs when that has changed.
async fn exchange(lb: &Lb, twin: &Endpoint, answered_before: bool) -> bool {
    match ask(lb, twin, DEADLINE).await {
        Ok(told) => {
            if !answered_before {
                tracing::info!(twin = %twin.addr, "the twin answers again");
            }
            learn(lb, &told).await;
            true
        }
        Err(error) => {
            if answered_before {
                tracing::warn!(twin = %twin.addr, %error, "the twin does not answer");
            }
            false
        }
    }
}

/// Takes what the twin knows better, then compares what is left.
async fn learn(lb: &Lb, (map, rulings): &Told) {
    take(lb, map).await;
    if let Some(rulings) = rulings {
        let merged = lb.balancer().merge(rulings);
        if merged.thawed || !merged.taken.is_empty() {
            let servers: Vec<_> = merged.taken.iter().map(ToString::to_string).collect();
            tracing::info!(servers = servers.join(" "), "an operator's word at the twin");
            // It is in force; that it could not be written is in the log.
            publish::rule(lb).await.unwrap_or_default();
        }
    }
    let mut balancer = lb.balancer();
    if balancer.compare(map, lb.ctx.clock.now_ms()) {
        let differences = balancer.agreement().differences().join("; ");
        tracing::error!(
            differences,
            "the LBs have not agreed for two minutes: \
            one of them does not hear what the other does"
        );
    }
}

/// Takes the twin's map where it is newer, and writes it into the own inventory.
async fn take(lb: &Lb, map: &AddressMap) {
    let offered = lb.balancer().offered(map);
    let epoch = lb.epoch();
    match offered {
        Offered::Nothing => return,
        Offered::Taken => {
            tracing::info!(%epoch, "the twin's map is newer: it is ours now");
            lb.exchange.notify_one();
        }
        Offered::GaveWay => {
            tracing::error!(%epoch, "both LBs were changed under one epoch: the twin's map stays");
            lb.exchange.notify_one();
        }
        Offered::Kept => {
            tracing::error!(%epoch, "both LBs were changed under one epoch: ours stays");
            return;
        }
        Offered::Refused => {
            tracing::error!(epoch = %map.epoch, "the twin's epoch is over a million ahead: refused");
            return;
        }
    }
    if patch(lb).await {
        publish::publish(lb).await;
    }
}

/// Writes the map that is in force into the inventory, so that it is what the operator sees.
async fn patch(lb: &Lb) -> bool {
    let (path, map) = (lb.inventory.clone(), lb.balancer().chart().content().clone());
    match tokio::task::spawn_blocking(move || inventory::patch(&path, &map)).await {
        Ok(Ok(Persisted::Written | Persisted::Unchanged)) => true,
        Ok(Ok(Persisted::InMemory(why))) => {
            let file = lb.inventory.display();
            tracing::warn!(%file, %why, "the twin's map is in memory alone");
            false
        }
        Ok(Err(error)) => {
            let file = lb.inventory.display();
            tracing::error!(%file, %error, "the twin's map is in memory alone");
            false
        }
        Err(_panicked) => false,
    }
}

/// The other LB, where the map names one.
fn twin(lb: &Lb) -> Option<Endpoint> {
    let me = lb.ctx.config.instance;
    let balancer = lb.balancer();
    let pair = &balancer.chart().content().lb;
    pair.present().find(|server| server.name != Some(me)).map(Endpoint::from)
}

async fn ask(lb: &Lb, twin: &Endpoint, deadline: Duration) -> Result<Told, ExchangeError> {
    let mut document = String::new();
    request(lb).print(&mut document);
    let ask = Ask {
        method: client::Method::POST,
        path: "/".to_owned(),
        content_type: HeaderValue::from_static("application/xml; charset=utf-8"),
        headers: Vec::new(),
        body: Bytes::from(document),
        deadline: Instant::now() + deadline,
        retry: Retry::Safe,
        answer_limit: ANSWER_LIMIT,
    };
    let got = lb.ctx.client.ask_one(twin, &ask).await?;
    match Response::parse(&got.body).map(|response| response.answer) {
        Ok(Answer::Init(answer)) => match answer.map {
            MapAnswer::Full(map) => Ok((map, answer.rulings)),
            MapAnswer::Unchanged { .. } => Err(ExchangeError::Answer),
        },
        Ok(_) | Err(_) => Err(ExchangeError::Answer),
    }
}

fn request(lb: &Lb) -> Request {
    let config = &lb.ctx.config;
    let init = Init {
        role: Some(Role::Lb),
        instance: Some(config.instance),
        addr: config.addr.clone(),
        epoch: Some(lb.epoch()),
        brief: false,
        rulings: Some(Box::new(lb.balancer().fleet().rulings().clone())),
    };
    let time = Time::from_unix_ms(lb.ctx.clock.now_ms());
    let head = Head::new(config.name, version(), time);
    let bridge = Bridge::from_uuid(uuid::Uuid::now_v7());
    Request { head, command: Command::Init(init) }.star(bridge, None, None)
}

#[expect(clippy::expect_used, reason = "a package's version has the form of the element")]
fn version() -> Version {
    chassis::VERSION.parse().expect("digits and points")
}
