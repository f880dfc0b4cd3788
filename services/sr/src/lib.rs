//! Registration: a 4G key becomes a box with a key of its own.
//!
//! A CRECORD* comes in with what the key said of itself; the answer holds the box's id and, the
//! first time, its credential and activation code. [`record`] is the way through; [`identity`]
//! and [`judge`] are the rules, without any database; [`draft`] and [`kept`] seal. [`import`]
//! goes the same way with many keys, [`rekey`] makes a new key for a box that an operator names.

mod draft;
mod error;
mod identity;
mod import;
mod judge;
mod kept;
mod manage;
mod record;
mod rekey;
#[cfg(test)]
mod scene;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Answered, Call, Context, ManageCall, Managed, Note, Service, StartError, chain};
use protocol::{AddressMap, Command, Crecord, Outcome, Record, Role, Verb};
use store::Registry;

use crate::record::Ask;

/// How often full answers whose time is over are deleted, where no recording does it.
const PURGE_EVERY: Duration = Duration::from_hours(1);

/// The registration service.
#[derive(Debug)]
pub struct Sr {
    ctx: Arc<Context>,
    registry: Registry,
}

// === impl Sr ===

impl Service for Sr {
    const ROLE: Role = Role::Sr;

    async fn build(ctx: Arc<Context>) -> Result<Self, StartError> {
        let opened = Registry::open(&ctx.crypto_url().await?).await;
        let registry = opened.map_err(|error| StartError::Database(error.to_string()))?;
        Ok(Self { ctx, registry })
    }

    async fn answer(&self, call: Call) -> Answered {
        let Command::Crecord(Crecord::Record(record)) = &call.request.command else {
            return Answered::refused(Verb::Crecord, Outcome::Malformed, "macaddr: missing");
        };
        self.record(&call, record).await
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        manage::manage(&self.registry.load(), &self.ctx.keys, &call).await
    }

    async fn run(self: Arc<Self>, ctx: Arc<Context>) {
        let mut tick = tokio::time::interval(PURGE_EVERY);
        while ctx.tasks.stop().run_until_cancelled(tick.tick()).await.is_some() {
            if let Err(error) = self.purge().await {
                tracing::warn!(error = chain(&error), "old answers stay");
            }
        }
    }

    async fn map_changed(&self, map: &AddressMap) {
        self.registry.follow_map(map).await;
    }
}

impl Sr {
    async fn record(&self, call: &Call, record: &Record) -> Answered {
        let principal = call.request.head.principal;
        let (bridge, now_ms, verb) = (call.bridge, call.arrived_ms, Verb::Crecord.name());
        let ask = Ask { record, bridge, principal, now_ms, verb };
        if record.identity.imei.is_some_and(|imei| !imei.luhn_ok()) {
            tracing::warn!(bridge = %call.bridge, "the imei has a wrong Luhn digit");
        }
        let mut rng = crypto::random::system();
        let store = self.registry.load();
        match record::record(&store, &self.ctx.keys, &ask, &mut rng).await {
            Ok(recorded) => {
                let (cause, device) = (recorded.cause(), recorded.device());
                let note = Note { cause, device, ..Note::default() };
                Answered { answer: recorded.into_answer(), note }
            }
            Err(error) => error::answered(&error, call.bridge),
        }
    }

    async fn purge(&self) -> Result<(), store::StoreError> {
        let mut tx = self.registry.load().begin().await?;
        tx.purge_answers(self.ctx.clock.now_ms()).await?;
        tx.commit().await
    }
}
