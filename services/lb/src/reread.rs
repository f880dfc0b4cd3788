//! Reads the inventory again when it changes.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::chart::Edit;
use crate::{Lb, inventory, publish};

/// An operator who saves the file sees the epoch rise before looking up.
const EVERY: Duration = Duration::from_millis(100);

/// What changes when a file is written or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// Looks at the file for as long as the LB runs.
///
/// A file that is being written is let alone: it is read once it has stood for one interval.
pub(crate) async fn run(lb: &Lb) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut read = None;
    let mut seen = None;
    loop {
        tick.tick().await;
        let now = stamp(&lb.inventory).await;
        if now == seen && now != read {
            read = now;
            take(lb).await;
        }
        seen = now;
    }
}

async fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some(Stamp {
        inode: metadata.ino(),
        bytes: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
    })
}

/// Takes the file as it is; one with errors changes nothing, and is told of once.
async fn take(lb: &Lb) {
    let path = lb.inventory.clone();
    let inventory = match tokio::task::spawn_blocking(move || inventory::read(&path)).await {
        Ok(Ok(inventory)) => {
            lb.problems.send_replace(None);
            inventory
        }
        Ok(Err(problems)) => {
            tracing::error!(%problems, "the inventory has errors: the last good one stays in force");
            lb.problems.send_replace(Some(problems.to_string()));
            return;
        }
        Err(_panicked) => return,
    };
    let edit = lb.balancer().edit(inventory);
    if edit == Edit::Changed {
        tracing::info!(epoch = %lb.epoch(), "the inventory has changed");
        publish::publish(lb).await;
        lb.exchange.notify_one();
    }
}
