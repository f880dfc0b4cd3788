//! The file with which a service proves who it is and checks who asks.
//!
//! Source: toki.md §2 (Keys)

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use client::Keys;
use config::Module;
use protocol::Instance;
use toki::{CalleeFile, CallerFile, PrincipalFile};

use crate::context::Context;
use crate::error::StartError;
use crate::proof::Gate;
use crate::refresh::report_chain;

/// How often a change is looked for.
const EVERY: Duration = Duration::from_secs(1);

/// What the file of a service holds.
#[derive(Debug)]
pub(crate) struct Held {
    /// With what it calls others.
    pub(crate) caller: CallerFile,
    /// With what it is called.
    pub(crate) callee: CalleeFile,
}

/// What tells one state of a file from another: its number, length and times.
type Stamp = (u64, u64, i64, i64);

/// Reads the file of a service.
pub(crate) fn read(module: &Module) -> Result<Held, StartError> {
    held(&module.toki, &module.instance).map_err(StartError::Keys)
}

/// Reads the file again whenever it has changed, until the stop. One that cannot be used changes
/// nothing.
pub(crate) async fn follow(ctx: Arc<Context>, gate: Arc<Gate>, keys: Keys) {
    let (path, instance) = (&ctx.config.toki, &ctx.config.instance);
    let mut seen = stamp(path);
    let mut every = tokio::time::interval(EVERY);
    while ctx.tasks.stop().run_until_cancelled(every.tick()).await.is_some() {
        let now = stamp(path);
        if now == seen {
            continue;
        }
        seen = now;
        match held(path, instance) {
            Ok(Held { caller, callee }) => {
                gate.callee().reload(callee);
                keys.replace(caller);
                tracing::info!(file = %path.display(), "the keys of tokis were read again");
            }
            Err(error) => tracing::error!(error, "the keys of tokis stay as they were"),
        }
    }
}

fn held(path: &Path, instance: &Instance) -> Result<Held, String> {
    let shown = path.display();
    let cure = "ngondo principals init --inventory inventory.ini --crypto URL";
    let text = config::read_secret(path, cure).map_err(|error| report_chain(&error))?;
    let file = PrincipalFile::parse(&text).map_err(|error| format!("{shown}: {error}"))?;
    let PrincipalFile { caller, callee } = file;
    let callee = callee.ok_or_else(|| {
        format!("{shown} holds no `callee` line: it is the file of a principal that is no module")
    })?;
    if callee.name() != instance {
        return Err(format!("{shown} is the file of {}, and this is {instance}", callee.name()));
    }
    Ok(Held { caller, callee })
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}
