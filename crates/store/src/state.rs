//! What a box may be.

use std::{fmt, str::FromStr};

/// What a box may be.
///
/// Source: protocol.md §3 (ACTIVATE)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Recorded, not yet sold.
    Registered,
    /// In use.
    Active,
    /// Shut for now.
    Suspended,
    /// Out of use.
    Retired,
    /// Reported stolen.
    Stolen,
}

/// A word that names no state.
#[derive(Debug, thiserror::Error)]
#[error("not one of registered, active, suspended, retired, stolen")]
pub struct UnknownState;

// === impl State ===

impl State {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Registered, Self::Active, Self::Suspended, Self::Retired, Self::Stolen];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
            Self::Stolen => "stolen",
        }
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
