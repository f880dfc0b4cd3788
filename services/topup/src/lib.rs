//! Vouchers: a purchase code gives one recharge code, once, and to the same asker again the same.
//!
//! | job | where |
//! | --- | --- |
//! | TOPUP, CREDIT | [`redeem`], [`credit`] |
//! | what a box's `crypto` proves | [`prove`] |
//! | wrong codes, and who has to wait | [`wrong`] |
//! | seal, open and index the two codes | [`vault`] |
//! | what the ini says of each operator, what to dial | [`rules`], [`ussd`] |
//! | low stock, too many wrong codes | [`watch`] |
//! | what operators and shops do | [`manage`] |
//!
//! What is given is decided and kept in one transaction of `store`, committed before the answer
//! leaves; both twins share that database, so either may be asked.

#[cfg(test)]
mod any_order;
mod credit;
mod desk;
mod error;
mod manage;
mod prove;
mod redeem;
mod rules;
#[cfg(test)]
mod scene;
mod ussd;
mod vault;
mod watch;
mod wrong;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Answered, Call, Context, ManageCall, Managed, Service, StartError, chain};
use protocol::{AddressMap, Command, Outcome, Role};
use store::{Registry, StoreError};

use crate::desk::{Asker, Desk};
use crate::rules::{Rules, by_operator};

/// How often counts of wrong codes are swept that ended long ago.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// The voucher service.
#[derive(Debug)]
pub struct Topup {
    ctx: Arc<Context>,
    registry: Registry,
    desk: Desk,
}

// === impl Topup ===

impl Service for Topup {
    const ROLE: Role = Role::TopUp;

    async fn build(ctx: Arc<Context>) -> Result<Self, StartError> {
        let opened = Registry::open(&ctx.crypto_url().await?).await;
        let registry = opened.map_err(|error| StartError::Database(error.to_string()))?;
        let settings = &ctx.config.settings;
        let wrong = |section: &'static str| {
            move |operator: &str| {
                StartError::Ini(format!("[{section}] {operator}: no operator's name"))
            }
        };
        let rules = Rules {
            ussd: by_operator(settings.each::<Box<str>>("ussd"), String::from)
                .map_err(wrong("ussd"))?,
            forms: by_operator(settings.each("operators"), |form| form)
                .map_err(wrong("operators"))?,
            second_person_above: settings.get("refund", "second_person_above"),
        };
        let desk = Desk::new(&ctx.keys, rules, ctx.config.zone.clone());
        let desk = desk.map_err(|error| StartError::Keys(error.to_string()))?;
        Ok(Self { ctx, registry, desk })
    }

    async fn answer(&self, call: Call) -> Answered {
        let (store, asker) = (self.registry.load(), Asker::of(&call));
        let done = match &call.request.command {
            Command::TopUp(topup) => redeem::redeem(&self.desk, &store, topup, &asker).await,
            Command::Credit(credit) => credit::credit(&self.desk, &store, credit, &asker).await,
            Command::Init(_)
            | Command::Crecord(_)
            | Command::Activate(_)
            | Command::Auth(_)
            | Command::Provision(_) => {
                let reason = "cmd: this server answers TOPUP and CREDIT";
                return Answered::refused(call.verb(), Outcome::Malformed, reason);
            }
        };
        done.unwrap_or_else(|error| error::answered(&error, call.verb(), call.bridge))
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        manage::manage(&self.desk, &self.registry.load(), &call).await
    }

    async fn run(self: Arc<Self>, ctx: Arc<Context>) {
        let stop = ctx.tasks.stop();
        tokio::join!(
            stop.run_until_cancelled(self.sweep_forever()),
            stop.run_until_cancelled(self.watch_forever()),
        );
    }

    async fn map_changed(&self, map: &AddressMap) {
        self.registry.follow_map(map).await;
    }
}

impl Topup {
    async fn sweep_forever(&self) {
        let mut tick = tokio::time::interval(SWEEP_EVERY);
        loop {
            tick.tick().await;
            if let Err(error) = self.sweep().await {
                tracing::warn!(error = chain(&error), "old counts of wrong codes stay");
            }
            if let Err(error) = self.scrub().await {
                tracing::warn!(error = chain(&error), "codes of closed batches stay for now");
            }
        }
    }

    /// Takes the codes out of closed batches, until none has any.
    async fn scrub(&self) -> Result<(), StoreError> {
        while manage::scrub(&self.registry.load()).await? {}
        Ok(())
    }

    async fn watch_forever(&self) {
        let low: u64 = self.ctx.config.settings.get("alerts", "stock_low");
        let mut tick = tokio::time::interval(watch::EVERY);
        loop {
            tick.tick().await;
            let now_ms = self.ctx.clock.now_ms();
            watch::look(&self.registry.load(), low, self.desk.date(now_ms), now_ms).await;
        }
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let mut tx = self.registry.load().begin().await?;
        let swept = tx.sweep_attempts(self.ctx.clock.now_ms()).await?;
        tracing::debug!(swept, "counts of wrong codes");
        tx.commit().await
    }
}

// === impl Asker ===

impl Asker {
    fn of(call: &Call) -> Self {
        let head = &call.request.head;
        Self {
            app: head.app,
            version: head.version,
            principal: head.principal,
            client: call.client,
            bridge: call.bridge,
            now_ms: call.arrived_ms,
        }
    }
}
