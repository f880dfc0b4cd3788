//! What every document has first.

use crate::wire::{Fields, Reason, Tag, missing};
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

/// Whether a command has its star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Star {
    /// `X*`: on the hop between PPPX and a server.
    There,
    /// `X`.
    Absent,
}

// === impl Head ===

impl Head {
    /// A head without star.
    pub const fn new(app: App, version: Version, time: Time) -> Self {
        Self { app, version, time, bridge: None, principal: None, client: None }
    }

    /// Reads the head of a document, whose command was seen to have a star or not.
    pub(crate) fn read(fields: &Fields<'_>, star: Star) -> Result<Self, Reason> {
        let given: Option<Bridge> = fields.optional(Tag::Bridge)?;
        let bridge = match star {
            Star::There => Some(given.ok_or_else(|| missing(Tag::Bridge.name()))?),
            Star::Absent => None,
        };
        Ok(Self {
            app: fields.required(Tag::App)?,
            version: fields.required(Tag::Version)?,
            time: fields.required(Tag::Time)?,
            bridge,
            principal: fields.optional(Tag::Principal)?,
            client: fields.optional(Tag::Client)?,
        })
    }
}

// === impl Star ===

impl Star {
    /// Splits a command's name from its star.
    pub(crate) fn split(command: &str) -> (&str, Self) {
        command.strip_suffix('*').map_or((command, Self::Absent), |name| (name, Self::There))
    }
}
