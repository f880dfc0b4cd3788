//! Whose turn it is to write, over all processes that share the file.
//!
//! SQLite has one writer at a time, and whoever finds the file taken looks again after up to 100 ms:
//! under two busy servers one of them hardly ever writes. A lock of the system's beside the file
//! wakes who waits at once, and is free as soon as its process is gone.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Error as Sql;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, oneshot};

/// Threads that wait for a lock on behalf of somebody who gave up: a writer of another process that
/// hangs costs so many, not one a request.
const THREADS: usize = 8;

/// The queue of this process, and the lock that it shares with others.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    file: Arc<File>,
    queue: Arc<Mutex<()>>,
    threads: Arc<Semaphore>,
}

/// The right to write, until dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    // In this order: the next of this process must find the lock free.
    _lock: Locked,
    _queue: OwnedMutexGuard<()>,
}

/// The lock, held until dropped.
#[derive(Debug)]
struct Locked(Arc<File>);

// === impl Turns ===

impl Turns {
    /// Opens the lock beside a database file.
    pub(crate) fn at(database: &Path) -> io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-turn");
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let threads = Arc::new(Semaphore::new(THREADS));
        Ok(Self { file: Arc::new(file), queue: Arc::default(), threads })
    }

    /// Waits for the turn, so long at most in this process's queue and once more for other
    /// processes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue; a lock that comes too late is given
    /// back.
    pub(crate) async fn take(&self, longest: Duration) -> Result<Turn, Sql> {
        let late = |_elapsed| Sql::PoolTimedOut;
        let queue = Arc::clone(&self.queue).lock_owned();
        let queue = tokio::time::timeout(longest, queue).await.map_err(late)?;
        let locked = match self.file.try_lock() {
            Ok(()) => Locked(Arc::clone(&self.file)),
            Err(_taken) => tokio::time::timeout(longest, self.wait()).await.map_err(late)??,
        };
        Ok(Turn { _lock: locked, _queue: queue })
    }

    /// Waits on a thread of its own until nobody holds the lock.
    async fn wait(&self) -> Result<Locked, Sql> {
        let place = Arc::clone(&self.threads).try_acquire_owned();
        let place = place.map_err(|_all_taken| Sql::PoolTimedOut)?;
        let (give, given) = oneshot::channel();
        let file = Arc::clone(&self.file);
        let _waiting = tokio::task::spawn_blocking(move || {
            let locked = file.lock().map(|()| Locked(file));
            // Nobody waits for it any more where this fails: it is dropped, and free.
            let _late = give.send(locked);
            drop(place);
        });
        Ok(given.await.map_err(|_ended| Sql::WorkerCrashed)??)
    }
}

// === impl Locked ===

impl Drop for Locked {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::error!(%error, "the lock beside CRYPTO is not given back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn one_writes_at_a_time_whichever_process_he_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crypto.db");
        // Two of them share nothing but the file: as two processes do.
        let (here, there) = (Turns::at(&path).unwrap(), Turns::at(&path).unwrap());
        let turn = here.take(LONG).await.unwrap();
        let short = Duration::from_millis(10);
        assert!(there.take(short).await.is_err(), "another process waits");
        assert!(here.take(short).await.is_err(), "another task too");
        drop(turn);
        drop(there.take(LONG).await.unwrap());
        drop(here.take(LONG).await.unwrap());
    }

    #[tokio::test]
    async fn a_lock_that_comes_too_late_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crypto.db");
        let (here, there) = (Turns::at(&path).unwrap(), Turns::at(&path).unwrap());
        let turn = here.take(LONG).await.unwrap();
        for _ in 0..2 * THREADS {
            assert!(there.take(Duration::from_millis(1)).await.is_err());
        }
        drop(turn);
        for _ in 0..10 {
            drop(here.take(LONG).await.unwrap());
        }
        let _all_given_back = there.threads.acquire_many(8).await.unwrap();
        drop(there.take(LONG).await.unwrap());
    }
}
