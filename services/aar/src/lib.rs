//! Activation and authentication: whether a box may surf.
//!
//! [`fleet`] holds every box in memory, so that an AUTH costs no query and works while CRYPTO is
//! away; [`judge`] is its rule. [`sync`] keeps memory and CRYPTO of one mind. [`activate`] and
//! [`manage`] change boxes, in CRYPTO first and in memory at once.
//!
//! [`principals`] reads who may do what, for this service and for all that ask it.
//!
//! A counter that was taken is in memory at once, in the local spool before the answer leaves
//! ([`mark`]), and in CRYPTO within half a second, from where the twin reads it.

mod activate;
mod auth;
mod desk;
mod entry;
mod error;
mod filter;
mod find;
mod fleet;
mod judge;
mod manage;
mod mark;
mod principals;
mod reading;
#[cfg(test)]
mod scene;
mod sync;
mod tally;
mod transition;
mod vault;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Answered, Call, Context, ManageCall, Managed, Service, StartError, chain};
use crypto::random;
use protocol::{
    Activate, AddressMap, Auth, Bridge, Command, CryptoField, Head, Outcome, Rights, Role, Verb,
    matrix,
};
use store::Registry;

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::fleet::Fleet;
use crate::judge::Terms;
use crate::principals::Reader;
use crate::reading::{PULL_EVERY, Reading};
use crate::sync::{Cursor, Sync};

/// How often the last AUTHs go to CRYPTO in one batch: with the twin's reading, within a second.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// How often days that are long past are forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// For how long the usage of a day is kept: 400 days, so that a month compares with last year's.
const USAGE_KEPT_MS: i64 = 400 * 86_400_000;

/// Rows of usage that are forgotten in one transaction: some 20 ms in which others wait.
const FORGOTTEN_AT_ONCE: u32 = 2_000;

/// The activation and authentication service.
#[derive(Debug)]
pub struct Aar {
    ctx: Arc<Context>,
    registry: Registry,
    fleet: Fleet,
    terms: Terms,
    principals: Reader,
    reading: Reading,
}

// === impl Aar ===

impl Service for Aar {
    const ROLE: Role = Role::Aar;

    async fn build(ctx: Arc<Context>) -> Result<Self, StartError> {
        let opened = Registry::open(&ctx.crypto_url().await?).await;
        let registry = opened.map_err(|error| StartError::Database(error.to_string()))?;
        let loaded = Self::load(ctx, registry).await;
        loaded.map_err(|error| StartError::Database(error.to_string()))
    }

    async fn answer(&self, call: Call) -> Answered {
        let head = &call.request.head;
        match &call.request.command {
            Command::Auth(auth) => self.auth(head, auth, call.arrived_ms).await,
            Command::Activate(ask) => self.activate(&call, head, ask).await,
            _ => Answered::refused(call.verb(), Outcome::Malformed, "cmd: not for this server"),
        }
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        if matrix::verb(&call.noun, &call.verb).is_some_and(|deed| deed.reads) {
            // What the twin was told a moment ago is in the list too.
            self.catch_up().await;
        }
        let managed = manage::manage(&self.desk(call.arrived_ms, call.bridge), &call).await;
        if call.noun == "principals"
            && let Err(error) = self.pull_principals().await
        {
            tracing::warn!(error = chain(&error), "what changed of principals acts a little later");
        }
        managed
    }

    async fn run(self: Arc<Self>, ctx: Arc<Context>) {
        let stop = ctx.tasks.stop();
        tokio::join!(
            stop.run_until_cancelled(self.pull_forever()),
            stop.run_until_cancelled(self.pull_principals_forever()),
            stop.run_until_cancelled(self.flush_forever()),
            stop.run_until_cancelled(self.settle_forever()),
            stop.run_until_cancelled(self.forget_forever()),
        );
    }

    async fn map_changed(&self, map: &AddressMap) {
        if self.registry.follow_map(map).await {
            self.reading.moved();
            self.principals.forget().await;
        }
    }

    async fn drained(&self) {
        if let Err(error) = self.flush().await {
            tracing::warn!(error = chain(&error), "the spool keeps what CRYPTO did not take");
        }
        if let Err(error) = self.settle().await {
            tracing::warn!(error = chain(&error), "first AUTHs are settled after the next ones");
        }
    }
}

impl Aar {
    /// Loads every box, and the counters of CRYPTO and of the spool: the greater wins.
    async fn load(ctx: Arc<Context>, registry: Registry) -> Result<Self, Error> {
        let seconds = |key| -> u32 {
            let duration: Duration = ctx.config.settings.get("auth", key);
            u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
        };
        let terms = Terms { lease_s: seconds("lease"), spread_s: seconds("spread") };
        let fleet = Fleet::new(&mut random::system());
        let (principals, reading) = (Reader::new(), Reading::from(Cursor::START));
        let mut aar = Self { ctx, registry, fleet, terms, principals, reading };
        let mut cursor = Cursor::START;
        aar.sync().pull(&aar.registry.load(), &mut cursor).await?;
        aar.sync().recall(&aar.ctx.spool.marks().await?);
        aar.reading = Reading::from(cursor);
        aar.pull_principals().await?;
        tracing::info!(boxes = aar.fleet.len(), "loaded");
        Ok(aar)
    }

    /// Judges an AUTH from memory; before a box is refused for what memory says, CRYPTO is asked.
    async fn auth(&self, head: &Head, auth: &Auth, now_ms: i64) -> Answered {
        if let Some(answered) = auth::at_once(&self.fleet, head, auth, self.terms, now_ms) {
            return answered;
        }
        self.catch_up().await;
        auth::answer(&self.fleet, head, auth, self.terms, now_ms)
    }

    async fn catch_up(&self) {
        self.reading.catch_up(&self.sync(), &self.registry.load()).await;
    }

    async fn activate(&self, call: &Call, head: &Head, ask: &Activate) -> Answered {
        if matches!(ask.crypto, CryptoField::Given(_)) {
            // The box proves itself by its key, which memory has.
            self.catch_up().await;
        }
        let asker = Asker { principal: head.principal, client: call.client, rights: Rights::NONE };
        let desk = self.desk(call.arrived_ms, call.bridge);
        match activate::activate(&desk, head, ask, asker).await {
            Ok(activated) => activated.answered(),
            Err(error) => error::answered(&error, Verb::Activate, call.bridge),
        }
    }

    fn desk(&self, now_ms: i64, bridge: Bridge) -> Desk<'_> {
        Desk {
            store: self.registry.load(),
            fleet: &self.fleet,
            keys: &self.ctx.keys,
            zone: &self.ctx.config.zone,
            now_ms,
            bridge,
        }
    }

    fn sync(&self) -> Sync<'_> {
        Sync { fleet: &self.fleet, keys: &self.ctx.keys, zone: &self.ctx.config.zone }
    }

    /// Reads what others changed, until dropped.
    async fn pull_forever(&self) {
        let mut tick = tokio::time::interval(PULL_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.reading.pull(&self.sync(), &self.registry.load()).await;
        }
    }

    /// Reads who may do what, until dropped; by itself, so that a revocation need not wait for ten
    /// thousand boxes.
    async fn pull_principals_forever(&self) {
        let mut away = Away::default();
        let mut tick = tokio::time::interval(PULL_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            away.tell(self.pull_principals().await, "read principals");
        }
    }

    /// Writes what was heard here, until dropped.
    async fn flush_forever(&self) {
        let mut away = Away::default();
        let mut tick = tokio::time::interval(FLUSH_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            away.tell(self.flush().await, "write");
        }
    }

    /// Settles first AUTHs, until dropped; by itself, so that the counters need not wait for it.
    async fn settle_forever(&self) {
        let mut away = Away::default();
        let mut tick = tokio::time::interval(FLUSH_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            away.tell(self.settle().await, "settle");
        }
    }

    async fn pull_principals(&self) -> Result<(), Error> {
        let (store, now_ms) = (self.registry.load(), self.ctx.clock.now_ms());
        self.principals.pull(&store, &self.ctx.principals, now_ms).await
    }

    /// Forgets what is long past, until dropped.
    async fn forget_forever(&self) {
        let mut away = Away::default();
        let mut tick = tokio::time::interval(FORGET_EVERY);
        loop {
            tick.tick().await;
            away.tell(self.forget().await, "forget");
        }
    }

    async fn flush(&self) -> Result<(), Error> {
        self.sync().flush(&self.registry.load()).await
    }

    async fn settle(&self) -> Result<(), Error> {
        let (store, now_ms) = (self.registry.load(), self.ctx.clock.now_ms());
        self.sync().tell(&store, now_ms).await?;
        self.sync().settle(&store, &mut random::system(), now_ms).await
    }

    /// Forgets days that are long past, a part at a time.
    async fn forget(&self) -> Result<(), Error> {
        let before = self.ctx.clock.now_ms().saturating_sub(USAGE_KEPT_MS);
        let Some(before) = tally::day_of(before, &self.ctx.config.zone) else { return Ok(()) };
        loop {
            let mut tx = self.registry.load().begin().await?;
            let forgotten = tx.purge_usage(before, FORGOTTEN_AT_ONCE).await?;
            tx.commit().await?;
            if forgotten == 0 {
                return Ok(());
            }
        }
    }
}

/// Whether CRYPTO is away: said once when it goes, and once when it is back.
#[derive(Debug, Default)]
struct Away(bool);

impl Away {
    fn tell(&mut self, done: Result<(), Error>, act: &'static str) {
        match done {
            Ok(()) if self.0 => tracing::info!(act, "CRYPTO is back"),
            Ok(()) => {}
            Err(error) if !self.0 => {
                tracing::warn!(act, error = chain(&error), "CRYPTO is away; AUTH goes on");
                self.0 = true;
                return;
            }
            Err(_) => return,
        }
        self.0 = false;
    }
}
