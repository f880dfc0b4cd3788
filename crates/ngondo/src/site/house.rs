//! A whole back office in one process, on real sockets.

use std::sync::Arc;
use std::time::Duration;

use aar::Aar;
use chassis::{Clock, Context, Running, Service};
use lb::Lb;
use pppx::Pppx;
use protocol::Pair;
use sr::Sr;
use topup::Topup;

use super::{Place, Site};
use crate::error::{Failure, failed};
use crate::text::cause;

/// All servers have their first list of principals within a moment of the last one's start.
const LIST: Duration = Duration::from_secs(5);

/// The servers of a site that run in this process; a place is empty where one was stopped.
pub struct House {
    /// The load balancers.
    pub lb: Pair<Option<Running<Lb>>>,
    /// The proxies.
    pub pppx: Pair<Option<Running<Pppx>>>,
    /// Activation and authentication.
    pub aar: Pair<Option<Running<Aar>>>,
    /// Registration.
    pub sr: Pair<Option<Running<Sr>>>,
    /// Vouchers and recharge.
    pub topup: Pair<Option<Running<Topup>>>,
}

// === impl House ===

impl House {
    /// Starts both twins of every server; all are ready, and know who may do what, when this
    /// returns.
    ///
    /// # Errors
    ///
    /// The first that did not start; those that did are stopped again.
    pub async fn start(site: &Site, clock: &Clock) -> Result<Self, Failure> {
        let mut house = Self {
            lb: Pair::new(None, None),
            pppx: Pair::new(None, None),
            aar: Pair::new(None, None),
            sr: Pair::new(None, None),
            topup: Pair::new(None, None),
        };
        match house.fill(site, clock).await {
            Ok(()) => {
                house.know_principals().await;
                Ok(house)
            }
            Err(failure) => {
                house.stop().await;
                Err(failure)
            }
        }
    }

    async fn fill(&mut self, site: &Site, clock: &Clock) -> Result<(), Failure> {
        both(&mut self.lb, site, clock).await?;
        both(&mut self.pppx, site, clock).await?;
        both(&mut self.aar, site, clock).await?;
        both(&mut self.sr, site, clock).await?;
        both(&mut self.topup, site, clock).await
    }

    /// What the parts of each server share.
    pub fn contexts(&self) -> Vec<Arc<Context>> {
        let mut all = Vec::new();
        all.extend(of(&self.lb));
        all.extend(of(&self.pppx));
        all.extend(of(&self.aar));
        all.extend(of(&self.sr));
        all.extend(of(&self.topup));
        all
    }

    /// Waits until each server has a list; without one it tells people to ask later.
    async fn know_principals(&self) {
        let known = async {
            for ctx in self.contexts() {
                ctx.know_principals().await;
            }
        };
        if tokio::time::timeout(LIST, known).await.is_err() {
            tracing::warn!("a server has no list of principals yet");
        }
    }

    /// Drains every server: those at the door first, those that they ask last.
    pub async fn stop(self) {
        leave(self.pppx).await;
        tokio::join!(leave(self.aar), leave(self.sr), leave(self.topup));
        leave(self.lb).await;
    }
}

fn of<S>(pair: &Pair<Option<Running<S>>>) -> impl Iterator<Item = Arc<Context>> {
    pair.present().map(|running| Arc::clone(&running.ctx))
}

async fn both<S: Service>(
    pair: &mut Pair<Option<Running<S>>>,
    site: &Site,
    clock: &Clock,
) -> Result<(), Failure> {
    pair.first = Some(start(site, Place::First, clock).await?);
    pair.second = Some(start(site, Place::Second, clock).await?);
    Ok(())
}

/// Starts one server of a site in this process; it is ready when this returns.
///
/// # Errors
///
/// Its ini is bad, or it did not start.
pub async fn start<S: Service>(
    site: &Site,
    place: Place,
    clock: &Clock,
) -> Result<Running<S>, Failure> {
    let module = site.module(S::ROLE, place)?;
    let instance = module.instance;
    chassis::start::<S>(module, clock.clone()).await.map_err(|error| {
        failed!("server-not-started", instance = instance.as_str(), cause = cause::start(&error))
    })
}

async fn leave<S: Service>(pair: Pair<Option<Running<S>>>) {
    let stop = async |running: Option<Running<S>>| {
        if let Some(running) = running {
            running.stop().await;
        }
    };
    tokio::join!(stop(pair.first), stop(pair.second));
}

#[cfg(test)]
mod tests;
