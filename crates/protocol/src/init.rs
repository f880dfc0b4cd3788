//! INIT: a module says who it is and is told where the others are.

use crate::{AddressMap, Bridge, Epoch, Instance, Outcome, PeerAddr, Role};

/// What a module says of itself.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Init {
    /// What it does.
    pub role: Option<Role>,
    /// Its name.
    pub instance: Option<Instance>,
    /// Where it can be reached.
    pub addr: Option<PeerAddr>,
    /// The epoch of the map that it runs on.
    pub epoch: Option<Epoch>,
    /// Whether epoch and ttl are enough where its map is the current one.
    pub brief: bool,
}

/// What LB answers; always `OK`, a refusal is an [`Answer::Refused`](crate::Answer::Refused).
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitAnswer {
    /// The bridge of an R-INIT, which keeps it without a star.
    pub bridge: Option<Bridge>,
    /// The map, or that it has not changed.
    pub map: MapAnswer,
}

/// A whole map, or that the one that was named is still good.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "an InitAnswer is boxed in its Answer")]
pub enum MapAnswer {
    /// The whole map.
    Full(AddressMap),
    /// The answer to `brief`: the epoch that was named is current.
    Unchanged {
        /// The current epoch.
        epoch: Epoch,
        /// Seconds until the next INIT is due.
        ttl_s: Option<u32>,
        /// The LB that answered.
        from: Option<Instance>,
    },
}

// === impl InitAnswer ===

impl InitAnswer {
    /// The result, which an R-INIT does not write.
    pub const fn outcome(&self) -> Outcome {
        Outcome::Ok
    }
}

impl From<MapAnswer> for InitAnswer {
    fn from(map: MapAnswer) -> Self {
        Self { bridge: None, map }
    }
}

// === impl MapAnswer ===

impl MapAnswer {
    /// The epoch of the answer.
    pub const fn epoch(&self) -> Epoch {
        match self {
            Self::Full(map) => map.epoch,
            Self::Unchanged { epoch, .. } => *epoch,
        }
    }

    /// Seconds until the next INIT is due.
    pub const fn ttl_s(&self) -> Option<u32> {
        match self {
            Self::Full(map) => map.ttl_s,
            Self::Unchanged { ttl_s, .. } => *ttl_s,
        }
    }
}
