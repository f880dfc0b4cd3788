//! When memory reads CRYPTO: five times a second, and before anybody is refused for what it does not
//! know.
//!
//! A box that was just recorded, activated or given another key is known to the server that did it
//! at once. Its next request may go to the twin: that one reads what changed before it refuses.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::Store;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Away;
use crate::error::Error;
use crate::sync::{Cursor, Sync};

/// How often memory reads what changed: a change of state acts everywhere within a second.
pub(crate) const PULL_EVERY: Duration = Duration::from_millis(200);

/// How long a request waits for what CRYPTO says: a hundred times what a reading takes, and little
/// of the time that an AUTH has.
const PATIENCE: Duration = Duration::from_millis(250);

/// The readings of CRYPTO, one after the other.
#[derive(Debug)]
pub(crate) struct Reading {
    state: Mutex<State>,
    /// Whether CRYPTO moved, so that all is to be read anew.
    moved: AtomicBool,
    /// Whether the last reading failed: nobody waits for the next one then.
    away: AtomicBool,
}

#[derive(Debug)]
struct State {
    cursor: Cursor,
    /// When the last whole reading began.
    began: Option<Instant>,
    away: Away,
}

// === impl Reading ===

impl Reading {
    /// Goes on where the load at the start ended.
    pub(crate) fn from(cursor: Cursor) -> Self {
        let state = State { cursor, began: None, away: Away::default() };
        Self {
            state: Mutex::new(state),
            moved: AtomicBool::new(false),
            away: AtomicBool::new(false),
        }
    }

    /// CRYPTO is another one from now on.
    pub(crate) fn moved(&self) {
        self.moved.store(true, Ordering::Release);
    }

    /// Reads what changed until this moment, unless another reading has since.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: what was not read is read the next time.
    pub(crate) async fn pull(&self, sync: &Sync<'_>, store: &Store) {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if state.began.is_some_and(|began| began >= asked) {
            return;
        }
        if self.moved.swap(false, Ordering::AcqRel) {
            sync.fleet.forget_changes();
            state.cursor = Cursor::START;
        }
        let began = Instant::now();
        let read: Result<(), Error> = sync.pull(store, &mut state.cursor).await;
        self.away.store(read.is_err(), Ordering::Release);
        if read.is_ok() {
            state.began = Some(began);
        }
        state.away.tell(read, "read");
    }

    /// The same for a request that is about to be refused: many that come together wait for one
    /// reading, and none for long.
    pub(crate) async fn catch_up(&self, sync: &Sync<'_>, store: &Store) {
        if !self.away.load(Ordering::Acquire) {
            // Too late, it is judged by what is known.
            let _late = tokio::time::timeout(PATIENCE, self.pull(sync, store)).await;
        }
    }
}
