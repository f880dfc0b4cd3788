//! What the handlers of one service share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderValue;
use axum::response::Response;
use protocol::{App, Instance, Version};

use crate::admit::Admission;
use crate::context::Context;
use crate::headers::{BRIDGE, STATE};
use crate::meter::Meter;

/// What the handlers of one service share.
#[derive(Debug)]
pub(crate) struct Server<S> {
    pub(crate) service: Arc<S>,
    pub(crate) ctx: Arc<Context>,
    pub(crate) app: App,
    pub(crate) version: Version,
    pub(crate) instance: Instance,
    pub(crate) admission: Admission,
    pub(crate) draining: AtomicBool,
    pub(crate) meter: Arc<Meter>,
}

// === impl Server ===

impl<S> Server<S> {
    /// Adds what every answer carries: the bridge, and word that this server is leaving.
    pub(crate) fn sign(&self, response: &mut Response, bridge: &str) {
        let headers = response.headers_mut();
        if let Ok(bridge) = HeaderValue::from_str(bridge) {
            headers.insert(BRIDGE, bridge);
        }
        if self.draining.load(Ordering::Acquire) {
            headers.insert(STATE, HeaderValue::from_static("drain"));
        }
    }
}
