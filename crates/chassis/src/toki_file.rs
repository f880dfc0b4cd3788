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

/// What makes the files of all instances, and made again those that are missing.
const CURE: &str = "ngondo principals init --inventory inventory.ini --crypto URL";

/// What the file of a service holds.
#[derive(Debug)]
pub(crate) struct Held {
    /// With what it calls others.
    pub(crate) caller: CallerFile,
    /// With what it is called.
    pub(crate) callee: CalleeFile,
    /// The file as it was before it was read: what changes from then on is read again.
    pub(crate) seen: Option<Stamp>,
}

/// What tells one state of a file from another: its number, length and mode, and when any of it
/// changed last, its owner too: `chmod` and `chown` are what mends a file that could not be read.
pub(crate) type Stamp = (u64, u64, u32, i64, i64);

/// A file, and its state when it was last looked at.
struct Watched<'a> {
    path: &'a Path,
    seen: Option<Stamp>,
}

/// Reads the file of a service.
pub(crate) fn read(module: &Module) -> Result<Held, StartError> {
    held(&module.toki, &module.instance).map_err(StartError::Keys)
}

/// Reads the file again whenever it has changed, and so the key of old clients, until the stop. One
/// that cannot be used changes nothing.
pub(crate) async fn follow(
    ctx: Arc<Context>,
    gate: Arc<Gate>,
    (keys, seen): (Keys, Option<Stamp>),
) {
    let (path, instance) = (&ctx.config.toki, &ctx.config.instance);
    let mut own = Watched { path, seen };
    let mut old = gate.legacy().map(|legacy| (legacy, Watched::now(legacy.file())));
    let mut every = tokio::time::interval(EVERY);
    while ctx.tasks.stop().run_until_cancelled(every.tick()).await.is_some() {
        if own.has_changed() {
            match held(path, instance) {
                Ok(Held { caller, callee, .. }) => {
                    gate.callee().reload(callee);
                    keys.replace(caller);
                    tracing::info!(file = %path.display(), "the keys of tokis were read again");
                }
                Err(error) => tracing::error!(error, "the keys of tokis stay as they were"),
            }
        }
        if let Some((legacy, file)) = &mut old
            && file.has_changed()
        {
            let path = file.path.display();
            match legacy.read_again() {
                Ok(()) => tracing::info!(file = %path, "the key of old clients was read again"),
                Err(error) => tracing::error!(%error, "the key of old clients stays as it was"),
            }
        }
    }
}

fn held(path: &Path, instance: &Instance) -> Result<Held, String> {
    let seen = stamp(path);
    let shown = path.display();
    let text = config::read_secret(path, CURE).map_err(|error| report_chain(&error))?;
    let put = format!("put {instance}.toki there, which `{CURE}` makes");
    let file = PrincipalFile::parse(&text).map_err(|error| format!("{shown}: {error}; {put}"))?;
    let PrincipalFile { caller, callee } = file;
    let callee = callee.ok_or_else(|| {
        format!("{shown} is the file of a principal that is no module: no `callee` line; {put}")
    })?;
    if callee.name() != instance {
        let of = callee.name();
        return Err(format!("{shown} is the file of {of}, and this is {instance}; {put}"));
    }
    Ok(Held { caller, callee, seen })
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mode(), found.ctime(), found.ctime_nsec()))
}

// === impl Watched ===

impl<'a> Watched<'a> {
    fn now(path: &'a Path) -> Self {
        Self { path, seen: stamp(path) }
    }

    /// Whether it is another than when it was last looked at.
    fn has_changed(&mut self) -> bool {
        let now = stamp(self.path);
        std::mem::replace(&mut self.seen, now) != now
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_has_changed_when_it_was_written_moved_in_or_given_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["my.toki", "new"].map(|name| folder.path().join(name));
        let mut watched = Watched::now(&path);
        assert!(!watched.has_changed(), "it is not there");
        write(&path, "a").unwrap();
        assert!(watched.has_changed());
        assert!(!watched.has_changed());
        for mode in [0o640, 0o600] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(watched.has_changed(), "{mode:o}");
        }
        write(&other, "b").unwrap();
        set_permissions(&other, Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(watched.has_changed());
        assert!(!watched.has_changed());
    }
}
