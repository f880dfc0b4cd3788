//! `migrate`: creates or updates CRYPTO and REPORT.

use std::collections::BTreeSet;

use protocol::DbUrl;
use serde_json::json;

use super::Run;
use super::check_config;
use crate::cli::MigrateArgs;
use crate::error::{Failure, bad_config, failed, misused};
use crate::said;
use crate::text::cause;

/// Migrates what the command line or the inis name, each database once.
pub(super) async fn run(run: &Run<'_>, args: MigrateArgs) -> Result<(), Failure> {
    let mut registries: BTreeSet<_> = args.registry.into_iter().collect();
    let mut reports: BTreeSet<_> = args.report.into_iter().collect();
    for file in &args.ini {
        let module = check_config::load(file).map_err(|problems| {
            bad_config!("config-unusable", cause = cause::problems(&problems))
        })?;
        registries.extend(module.map.crypto.first);
        reports.extend(module.map.report.into_iter().flatten());
    }
    if registries.is_empty() && reports.is_empty() {
        return Err(misused!("migrate-nothing"));
    }
    for url in &registries {
        registry(url).await?;
        done(run, url);
    }
    for url in &reports {
        report(url).await?;
        done(run, url);
    }
    Ok(())
}

fn done(run: &Run<'_>, url: &DbUrl) {
    run.out.say(&said!("migrated", url = url.as_str()));
    run.out.json(&json!({ "url": url.as_str(), "result": "OK" }));
}

/// Migrates a CRYPTO database.
pub(crate) async fn registry(url: &DbUrl) -> Result<(), Failure> {
    match store::Store::migrate(url).await {
        Ok(store) => {
            store.close().await;
            Ok(())
        }
        Err(error) => {
            Err(failed!("not-migrated", url = url.as_str(), cause = cause::registry(&error)))
        }
    }
}

/// Migrates a REPORT database.
pub(crate) async fn report(url: &DbUrl) -> Result<(), Failure> {
    let migrated = report::ReportDb::migrate(url).await;
    migrated.map_err(|error| {
        failed!("not-migrated", url = url.as_str(), cause = cause::database(&error))
    })
}
