//! What the handlers of one service share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderValue, header};
use axum::response::Response;
use protocol::{App, Instance, Version};
use report::{AppendError, Lane, Mark, Row};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::activity::Feed;
use crate::admit::Admission;
use crate::context::Context;
use crate::headers::{BRIDGE, STATE};
use crate::meter::Meter;
use crate::proof::Gate;
use crate::sockets::Sockets;

/// What the handlers of one service share.
#[derive(Debug)]
pub(crate) struct Server<S> {
    pub(crate) service: Arc<S>,
    pub(crate) ctx: Arc<Context>,
    pub(crate) app: App,
    pub(crate) version: Version,
    pub(crate) instance: Instance,
    pub(crate) admission: Admission,
    /// The connections that came in.
    pub(crate) sockets: Sockets,
    /// Whether it says that it is leaving.
    pub(crate) draining: AtomicBool,
    /// Whether it ends each connection with its next answer.
    pub(crate) closing: AtomicBool,
    /// Whether the spool did not take the last row that money hangs on.
    pub(crate) unrecorded: AtomicBool,
    pub(crate) meter: Arc<Meter>,
    /// What judges tokis.
    pub(crate) gate: Arc<Gate>,
    /// What happens, for whoever listens.
    pub(crate) feed: Feed,
    /// Places for large bodies on their way in.
    pub(crate) large: Semaphore,
    /// Cancelled when it begins to leave: what would never end ends then.
    pub(crate) leaving: CancellationToken,
}

// === impl Server ===

impl<S> Server<S> {
    /// Keeps a row in the spool, and remembers whether it could.
    pub(crate) async fn record(
        &self,
        row: Row,
        lane: Lane,
        mark: Option<Mark>,
    ) -> Result<(), AppendError> {
        let kept = self.ctx.spool.append(row, lane, mark).await;
        if lane == Lane::Money {
            self.unrecorded.store(kept.is_err(), Ordering::Release);
        }
        kept
    }

    /// Whether work of this lane could not be recorded a moment ago: it is not begun then. The row
    /// of its refusal tries the spool again.
    pub(crate) fn may_not_begin(&self, lane: Lane) -> bool {
        lane == Lane::Money && self.unrecorded.load(Ordering::Acquire)
    }

    /// How many sessions each principal has open.
    pub(crate) fn sessions(&self) -> BTreeMap<String, usize> {
        let open = self.gate.callee().sessions();
        open.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
    }

    /// Adds what every answer carries: the bridge, and word that this server is leaving.
    pub(crate) fn sign(&self, response: &mut Response, bridge: &str) {
        let headers = response.headers_mut();
        if let Ok(bridge) = HeaderValue::from_str(bridge) {
            headers.insert(BRIDGE, bridge);
        }
        if self.draining.load(Ordering::Acquire) {
            headers.insert(STATE, HeaderValue::from_static("drain"));
            if self.closing.load(Ordering::Acquire) {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
        }
    }
}
