//! Which version of the tables this program knows.

use std::path::Path;

use sqlx::{SqlitePool, migrate::Migrator};

use crate::StoreError;

/// The registry's migrations, built in.
static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/registry/sqlite");

const HAS_SCHEMA: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations')";
const APPLIED: &str = "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";

/// Applies what is missing. Doing it twice changes nothing.
pub(crate) async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let done = MIGRATOR.run(pool).await;
    done.map_err(|source| StoreError::Migrate { path: path.to_owned(), source })
}

/// Refuses any schema but this build's own.
pub(crate) async fn check(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Open { path: path.to_owned(), source };
    if !sqlx::query_scalar(HAS_SCHEMA).fetch_one(pool).await.map_err(failed)? {
        return Err(StoreError::NoSchema { path: path.to_owned() });
    }
    let applied: Vec<(i64, bool, Vec<u8>)> =
        sqlx::query_as(APPLIED).fetch_all(pool).await.map_err(failed)?;
    compare(&applied, path)
}

fn compare(applied: &[(i64, bool, Vec<u8>)], path: &Path) -> Result<(), StoreError> {
    for (version, success, checksum) in applied {
        let same =
            MIGRATOR.iter().any(|known| known.version == *version && *known.checksum == **checksum);
        if !same || !success {
            return Err(StoreError::UnknownSchema { path: path.to_owned(), version: *version });
        }
    }
    let missing = MIGRATOR
        .iter()
        .find(|known| !applied.iter().any(|(version, ..)| *version == known.version));
    match missing {
        None => Ok(()),
        Some(known) => Err(StoreError::OldSchema { path: path.to_owned(), version: known.version }),
    }
}

#[cfg(test)]
mod tests;
