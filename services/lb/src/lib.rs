//! The balancer: knows every server, answers INIT.
//!
//! What it knows is one [`Balancer`] behind a lock that is held for the length
//! of one answer: the inventory, the epoch of its content, the heartbeats, and how each server
//! fares. Loops keep it true: [`reread`] reads the inventory when it changes, [`twin`] exchanges
//! maps with the other LB, [`reports`] reads REPORT, [`probe`] asks each server whether it is
//! there, and [`pulse`] judges once a second. None of them makes an INIT wait.

mod agreement;
mod balancer;
mod beats;
mod chart;
mod fields;
mod fleet;
mod inventory;
mod list;
mod notice;
mod probe;
mod publish;
mod pulse;
mod reports;
mod reread;
mod rule;
mod ruled;
#[cfg(test)]
mod sim;
mod state;
mod turn;
mod twin;
mod why;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chassis::{Answered, Call, Context, ManageCall, Managed, Service, StartError};
use protocol::{Answer, Command, Epoch, Outcome, Role, ServerState};
use tokio::sync::{Notify, watch};

use balancer::{Balancer, Notice};
use chart::{Chart, Origin};
use ruled::RulingsFile;
use state::StateFile;

/// The balancer.
#[derive(Debug)]
pub struct Lb {
    ctx: Arc<Context>,
    balancer: Mutex<Balancer>,
    inventory: PathBuf,
    state: StateFile,
    rulings: RulingsFile,
    /// There is something to tell the twin, or to learn from it.
    exchange: Notify,
    /// What is wrong with the inventory as it lies on the disk.
    problems: watch::Sender<Option<String>>,
}

impl Service for Lb {
    const ROLE: Role = Role::Lb;

    async fn build(ctx: Arc<Context>) -> Result<Self, StartError> {
        let path = inventory::path(&ctx.config);
        let inventory =
            inventory::read(&path).map_err(|problems| StartError::Ini(problems.to_string()))?;
        let state = StateFile::new(&ctx.config.state);
        let map = inventory.map(Epoch::default());
        let chart = match state.load() {
            Some(saved) => saved.chart(&map),
            None => Chart::without_file(&map, &ctx.config.map),
        };
        let ask_first = chart.origin() != Origin::Settled;
        let ttl_s = u32::try_from(ctx.config.init_interval.as_secs()).unwrap_or(u32::MAX);
        let rulings = RulingsFile::new(&ctx.config.state);
        let who = (ctx.config.instance, ttl_s);
        let balancer = Mutex::new(Balancer::new(who, chart, inventory, rulings.load()));
        let (exchange, problems) = (Notify::new(), watch::Sender::default());
        let lb = Self { ctx, balancer, inventory: path, state, rulings, exchange, problems };
        if ask_first {
            twin::ask_before_ready(&lb).await;
        }
        publish::publish(&lb).await;
        Ok(lb)
    }

    async fn answer(&self, call: Call) -> Answered {
        let Command::Init(init) = &call.request.command else {
            return Answered::refused(
                call.verb(),
                Outcome::Malformed,
                "cmd: LB answers INIT* alone",
            );
        };
        let (answer, notices) = self.balancer().init(init, self.ctx.clock.now_ms());
        for notice in &notices {
            notice::tell(notice, call.bridge);
        }
        if notices.iter().any(notice::calls_for_exchange) {
            self.exchange.notify_one();
        }
        if notices.iter().any(|it| matches!(it, Notice::Ruled { .. })) {
            // It is in force; that it could not be written is in the log.
            publish::rule(self).await.unwrap_or_default();
        }
        Answer::Init(Box::new(answer)).into()
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        match (call.noun.as_str(), call.verb.as_str()) {
            ("servers", "list") => list::list(self, &call),
            ("servers", "why") => why::why(self, &call),
            ("servers", "drain") => rule::rule(self, &call, ServerState::Drain).await,
            ("servers", "maintenance") => rule::rule(self, &call, ServerState::Maintenance).await,
            ("servers", "ready") => rule::rule(self, &call, ServerState::Ready).await,
            ("servers", "thaw") => rule::thaw(self, &call).await,
            _ => Managed::unknown(),
        }
    }

    async fn run(self: Arc<Self>, ctx: Arc<Context>) {
        let loops = Box::pin(async {
            tokio::join!(
                reread::run(&self),
                twin::run(&self),
                reports::run(&self),
                probe::run(&self),
                pulse::run(&self)
            )
        });
        let _stopped = ctx.tasks.stop().run_until_cancelled(loops).await;
    }
}

impl Lb {
    /// The epoch of the map that it answers with.
    pub fn epoch(&self) -> Epoch {
        self.balancer().chart().epoch()
    }

    /// What is wrong with the inventory as it lies on the disk: while there is something, the last
    /// good one is in force.
    pub fn problems(&self) -> watch::Receiver<Option<String>> {
        self.problems.subscribe()
    }

    fn balancer(&self) -> MutexGuard<'_, Balancer> {
        self.balancer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
