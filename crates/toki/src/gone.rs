//! Openings whose sessions went early: they must not pass again.

use std::collections::{BTreeSet, VecDeque};

use protocol::PrincipalName;

use crate::form::SessionId;

/// So many are remembered by name, under 1 MB; then their times have to do.
pub(crate) const GONE: usize = 8_192;
/// Twice the window of openings, and a margin: so long an opening could be replayed.
pub(crate) const OPENING_MS: i64 = 30_000;

/// An opening that was taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) id: SessionId,
    pub(crate) from: PrincipalName,
    pub(crate) opened_ms: i64,
    pub(crate) stamped_ms: i64,
}

/// The openings, in the order in which their sessions went.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    order: VecDeque<Opening>,
    ids: BTreeSet<SessionId>,
}

// === impl Gone ===

impl Gone {
    pub(crate) fn contains(&self, id: &SessionId) -> bool {
        self.ids.contains(id)
    }

    pub(crate) fn push(&mut self, opening: Opening) {
        self.ids.insert(opening.id);
        self.order.push_back(opening);
    }

    /// Forgets what could not be replayed any more.
    pub(crate) fn expire(&mut self, now_ms: i64) {
        let over = |it: &mut Opening| OPENING_MS <= now_ms.saturating_sub(it.opened_ms);
        while let Some(opening) = self.order.pop_front_if(over) {
            self.ids.remove(&opening.id);
        }
    }

    /// Takes out the oldest where there are too many.
    pub(crate) fn overflow(&mut self) -> Option<Opening> {
        let opening = self.order.pop_front_if(|_| GONE < self.ids.len())?;
        self.ids.remove(&opening.id);
        Some(opening)
    }
}
