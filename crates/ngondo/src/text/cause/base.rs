//! What databases and servers say.

use chassis::StartError;
use report::{DbError, OpenError};
use store::StoreError;

use super::{Said, any, chain};
use crate::said;

/// Says why a REPORT database cannot be used.
pub(crate) fn database(error: &DbError) -> Said {
    let raw = chain(error);
    match error {
        DbError::Engine(_) => said!("base-engine"),
        DbError::Open { .. } => said!("base-open", raw = raw),
        DbError::NoSchema(_) => said!("base-no-schema"),
        DbError::Older { .. } => said!("base-older", raw = raw),
        DbError::Newer { .. } => said!("base-newer", raw = raw),
        DbError::Migrate { .. } => said!("base-migrate", raw = raw),
        DbError::Query { .. } => said!("base-query", raw = raw),
        DbError::Timeout(_) => said!("base-timeout", raw = raw),
        DbError::Value { .. } => said!("base-value", raw = raw),
    }
}

/// Says why the CRYPTO database cannot be used.
pub(crate) fn registry(error: &StoreError) -> Said {
    let raw = chain(error);
    match error {
        StoreError::Scheme { .. } => said!("base-engine"),
        StoreError::Open { .. } => said!("base-open", raw = raw),
        StoreError::Create { .. } => any(error),
        StoreError::NoSchema { .. } => said!("base-no-schema"),
        StoreError::OldSchema { .. } => said!("base-older", raw = raw),
        StoreError::UnknownSchema { .. } => said!("base-newer", raw = raw),
        StoreError::Migrate { .. } => said!("base-migrate", raw = raw),
        StoreError::Unavailable { .. } => said!("base-timeout", raw = raw),
        StoreError::Taken { .. } | StoreError::Statement { .. } | StoreError::Affected { .. } => {
            said!("base-query", raw = raw)
        }
        StoreError::Inconsistent { .. } => said!("base-value", raw = raw),
    }
}

/// Says why a server did not start.
pub(crate) fn start(error: &StartError) -> Said {
    match error {
        StartError::Ini(problems) => said!("start-ini", raw = problems.as_str()),
        StartError::Listen { addr, section, source } => {
            let cause = super::io(source);
            said!("start-listen", addr = addr.to_string(), section = *section, cause = cause)
        }
        StartError::Keys(raw) => said!("start-keys", raw = raw.as_str()),
        StartError::Spool { folder, source } => {
            said!("start-spool", folder = folder.display().to_string(), cause = spool(source))
        }
        StartError::Database(raw) => said!("start-database", raw = raw.as_str()),
        StartError::Runtime(source) => super::io(source),
        StartError::Stopped => said!("start-stopped"),
    }
}

fn spool(error: &OpenError) -> Said {
    match error {
        OpenError::Folder { .. } | OpenError::SetAside { .. } => any(error),
        OpenError::InUse { .. } => said!("spool-in-use"),
        OpenError::NotASpool { .. } => said!("spool-not-one", raw = chain(error)),
        OpenError::Foreign { owner, .. } => said!("spool-foreign", owner = owner.as_str()),
        OpenError::Newer { .. } => said!("base-newer", raw = chain(error)),
        OpenError::Database { .. } => said!("base-open", raw = chain(error)),
    }
}
