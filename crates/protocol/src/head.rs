//! What every document has first.

use crate::{App, Bridge, Client, PrincipalName, Time, Version};

/// What every document has first.
///
/// Source: protocol.md §2
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The sending application.
    pub app: App,
    /// Its version.
    pub version: Version,
    /// When it was sent.
    pub time: Time,
    /// The bridge; there exactly where the command has its star.
    pub bridge: Option<Bridge>,
    /// The name that the toki proved.
    pub principal: Option<PrincipalName>,
    /// Who asks.
    pub client: Option<Client>,
}

// === impl Head ===

impl Head {
    /// A head without star.
    pub const fn new(app: App, version: Version, time: Time) -> Self {
        Self { app, version, time, bridge: None, principal: None, client: None }
    }
}
