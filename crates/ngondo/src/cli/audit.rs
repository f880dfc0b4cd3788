//! The verbs on the audit log and on alerts.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{DbUrl, Time};
use store::AuditMark;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    List {
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
        #[arg(long, value_name = "NOUN/VERB")]
        verb: Option<String>,
        #[arg(long, value_name = "SUBJECT")]
        subject: Option<String>,
        #[arg(long, value_name = "TIME")]
        from: Option<Time>,
        #[arg(long, value_name = "TIME")]
        to: Option<Time>,
        #[command(flatten)]
        page: Page,
    },
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) since: Option<AuditMark>,
    #[arg(long, conflicts_with = "since")]
    pub(crate) anew: bool,
    #[arg(long, value_name = "URL", requires = "keys")]
    pub(crate) registry: Option<DbUrl>,
    #[arg(long, value_name = "FILE", requires = "registry")]
    pub(crate) keys: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertsVerb {
    List {
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        page: Page,
    },
    Ack {
        #[arg(value_name = "NUMBER")]
        number: u32,
    },
}

/// One page of a list that is numbered, newest first.
#[derive(Debug, Args)]
pub(crate) struct Page {
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    #[arg(long, value_name = "NUMBER")]
    pub(crate) after: Option<u32>,
}
