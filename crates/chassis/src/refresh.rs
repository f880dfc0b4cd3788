//! The periodic INIT: asks where the others are, and lives on the last good answer when nobody
//! tells.
//!
//! Source: protocol.md §3 (INIT)

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use client::{Ask, AskError, Endpoint, Retry};
use config::{Persisted, Verdict};
use protocol::{
    AddressMap, Answer, App, Command, Epoch, Head, Init, MapAnswer, Pair, Request, Response, Role,
    Time,
};
use tokio::time::Instant;

use crate::context::{Context, Known};
use crate::headers::BRIDGE;
use crate::meter::Meter;
use crate::random;

/// From the asking to the answer.
///
/// Source: protocol.md §1
const DEADLINE: Duration = Duration::from_secs(3);
/// An R-INIT with every element at its longest is under 8 KiB.
const ANSWER_LIMIT: usize = 16 * 1024;
/// An LB that says zero seconds would have every module ask without a pause.
const SHORTEST_TTL: Duration = Duration::from_secs(1);
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_mins(1);

/// Why one INIT brought no map.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error("nobody answered")]
    Ask(#[from] AskError),
    #[error("the answer is no R-INIT: {0}")]
    Malformed(String),
    #[error("the answer is {0}")]
    Refused(&'static str),
    #[error(
        "both addresses of {role} are others in the map of epoch {epoch}, and nobody answers there"
    )]
    Moved { role: Role, epoch: Epoch },
}

/// Asks for the map at once and then periodically, until the stop.
///
/// An LB asks its twin in its own way and does not run this.
pub(crate) async fn run(ctx: Arc<Context>, app: App, meter: Arc<Meter>) {
    let mut failures = 0;
    loop {
        let map = match ask(&ctx, app).await {
            Ok(map) => ctx.reached(map).await,
            Err(error) => Err(error),
        };
        let wait = match map {
            Ok(map) => {
                failures = 0;
                let wait = map.ttl_s.map_or(ctx.config.init_interval, |ttl_s| {
                    Duration::from_secs(u64::from(ttl_s)).max(SHORTEST_TTL)
                });
                ctx.adopt(map).await;
                meter.refreshed("ok");
                wait.mul_f64(0.70 + 0.25 * random::fraction())
            }
            Err(error) => {
                failures += 1;
                meter.refreshed("failed");
                tracing::warn!(%error, failures, "INIT failed: the last good map stays in force");
                backoff(failures).mul_f64(random::fraction())
            }
        };
        if ctx.tasks.stop().run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}

fn backoff(failures: u32) -> Duration {
    FIRST_BACKOFF.saturating_mul(1 << failures.min(16)).min(LONGEST_BACKOFF)
}

async fn ask(ctx: &Arc<Context>, app: App) -> Result<AddressMap, RefreshError> {
    let known = ctx.map.load();
    let request = init(ctx, app, &known.map);
    let bridge = request.head.bridge;
    let mut text = String::new();
    request.print(&mut text);
    let role = if bridge.is_some() { Role::Lb } else { Role::Pppx };
    let headers = bridge
        .and_then(|bridge| HeaderValue::from_str(bridge.as_str()).ok())
        .map(|bridge| (BRIDGE, bridge));
    let ask = Ask {
        method: client::Method::POST,
        path: "/".to_owned(),
        content_type: HeaderValue::from_static("application/xml"),
        headers: headers.into_iter().collect(),
        body: Bytes::from(text),
        deadline: Instant::now() + DEADLINE,
        retry: Retry::Safe,
        answer_limit: ANSWER_LIMIT,
    };
    let pair = known.endpoints(role);
    let got = ctx.client.ask(pair, &ask).await?;
    if role == Role::Lb {
        beat(ctx, pair.present().find(|lb| lb.addr != got.addr), ask);
    }
    let response = Response::parse(&got.body)
        .map_err(|malformed| RefreshError::Malformed(malformed.reason.into_owned()))?;
    match response.answer {
        Answer::Init(answer) => match answer.map {
            MapAnswer::Full(map) => Ok(map),
            MapAnswer::Unchanged { .. } => {
                Err(RefreshError::Malformed("it holds no addresses".to_owned()))
            }
        },
        answer => Err(RefreshError::Refused(answer.outcome().as_str())),
    }
}

/// The other LB hears a PPPX too: INIT* is the heartbeat, and silence would be taken for death.
fn beat(ctx: &Arc<Context>, other: Option<&Endpoint>, ask: Ask) {
    if let Some(other) = other.cloned() {
        let ctx = Arc::clone(ctx);
        let tasks = ctx.tasks.clone();
        let _beat = tasks.spawn(async move {
            if let Err(error) = ctx.client.ask_one(&other, &ask).await {
                tracing::debug!(lb = %other.addr, %error, "the other LB does not answer");
            }
        });
    }
}

/// PPPX asks LB itself, as on the hop; all others ask PPPX.
fn init(ctx: &Context, app: App, map: &AddressMap) -> Request {
    let now_ms = ctx.clock.now_ms();
    let role = ctx.config.role;
    Request {
        head: Head {
            app,
            version: crate::version(),
            time: Time::from_unix_ms(now_ms),
            bridge: (role == Role::Pppx).then(|| random::bridge(now_ms)),
            principal: None,
            client: None,
        },
        command: Command::Init(Init {
            role: Some(role),
            instance: Some(ctx.config.instance),
            addr: ctx.config.addr.clone(),
            epoch: Some(map.epoch),
            brief: false,
            rulings: None,
        }),
    }
}

// === impl Context ===

impl Context {
    /// A map that is safe to be put into force: where both servers of a role have moved, one of
    /// them answers. Whoever would take it unseen might never hear of a better one.
    async fn reached(&self, incoming: AddressMap) -> Result<AddressMap, RefreshError> {
        let known = self.map.load();
        let there = Known::from(self.config.with_pins(incoming));
        // Nobody is asked for the sake of a map that is not taken anyway.
        if config::reconcile(&known.map, &there.map) != Verdict::Adopt {
            return Ok(there.map);
        }
        for role in config::moved(&known.map, &there.map) {
            if !self.answers(there.endpoints(role)).await {
                refused("moved");
                return Err(RefreshError::Moved { role, epoch: there.map.epoch });
            }
        }
        Ok(there.map)
    }

    /// Whether one of a pair answers, or is none that this module asks: it has no key for it.
    async fn answers(&self, pair: &Pair<Option<Endpoint>>) -> bool {
        for endpoint in pair.present() {
            if matches!(self.client.answers(endpoint).await, Ok(()) | Err(AskError::NoKey(_))) {
                return true;
            }
        }
        false
    }

    /// Takes a map that an LB gave: refuses an older one, writes the ini where an address changed,
    /// and puts it into force.
    ///
    /// What the ini pins stays as the ini has it.
    pub async fn adopt(self: &Arc<Self>, incoming: AddressMap) {
        let _turn = self.map.turn().await;
        let known = self.map.load();
        let incoming = self.config.with_pins(incoming);
        if let Err(fault) = self.config.check_map(&incoming) {
            refused("fault");
            tracing::error!(%fault, epoch = %incoming.epoch, "an address map was refused");
            return;
        }
        match config::reconcile(&known.map, &incoming) {
            Verdict::Same => self.map.replace(incoming),
            Verdict::Adopt => {
                self.persist(&incoming).await;
                tracing::info!(epoch = %incoming.epoch, "a new address map is in force");
                self.map.replace(incoming);
            }
            Verdict::Older => {
                refused("older");
                tracing::warn!(epoch = %incoming.epoch, ours = %known.map.epoch,
                    "an older address map was refused");
            }
            Verdict::Conflict => {
                refused("conflict");
                tracing::warn!(epoch = %incoming.epoch,
                    "another address map of the same epoch was refused: do the LBs agree?");
            }
            Verdict::Missing(role) => {
                refused("missing");
                tracing::error!(epoch = %incoming.epoch, %role,
                    "an address map without any server of a role was refused: the last good one \
                     stays in force");
            }
            Verdict::Jump => {
                refused("jump");
                tracing::error!(epoch = %incoming.epoch, ours = %known.map.epoch,
                    "an address map whose epoch is over a million ahead was refused");
            }
        }
    }

    async fn persist(self: &Arc<Self>, map: &AddressMap) {
        let ctx = Arc::clone(self);
        let map = map.clone();
        let received = Time::from_unix_ms(self.clock.now_ms());
        let written = tokio::task::spawn_blocking(move || ctx.config.persist(&map, received)).await;
        match written {
            Ok(Ok(Persisted::Written | Persisted::Unchanged)) => {}
            Ok(Ok(Persisted::InMemory(why))) => {
                tracing::warn!(error = %report_chain(&why), "the address map stays in memory");
            }
            Ok(Err(error)) => {
                tracing::warn!(error = %report_chain(&error),
                    "the address map stays in memory: the ini cannot be written");
            }
            Err(_panicked) => tracing::error!("writing the ini failed"),
        }
    }
}

/// Counts a map that was not taken.
fn refused(why: &'static str) {
    metrics::counter!("ngondo_map_refused_total", "why" => why).increment(1);
}

/// An error and its causes in one line.
pub(crate) fn report_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
