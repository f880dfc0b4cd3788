//! The verbs on the two REPORT databases.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{Bridge, DbUrl, DeviceId, Instance};

#[derive(Debug, Subcommand)]
pub(crate) enum ReportsVerb {
    Search {
        #[command(flatten)]
        bases: Bases,
        #[arg(long, value_name = "INSTANCE")]
        server: Option<Instance>,
        #[arg(long, value_name = "COMMAND")]
        cmd: Option<String>,
        #[arg(long, value_name = "RESULT")]
        result: Option<String>,
        #[arg(id = "box", long = "box", value_name = "BOX")]
        device: Option<DeviceId>,
        #[arg(long, value_name = "TIME")]
        from: Option<protocol::Time>,
        #[arg(long, value_name = "TIME")]
        to: Option<protocol::Time>,
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    Compare {
        #[command(flatten)]
        bases: Bases,
    },
    Trace {
        #[arg(value_name = "BRIDGE")]
        bridge: Bridge,
        #[command(flatten)]
        bases: Bases,
    },
}

/// Where the two REPORT databases are.
#[derive(Debug, Args)]
pub(crate) struct Bases {
    #[arg(long, value_name = "URL")]
    pub(crate) first: Option<DbUrl>,
    #[arg(long, value_name = "URL")]
    pub(crate) second: Option<DbUrl>,
    #[arg(long, value_name = "FILE")]
    pub(crate) ini: Option<PathBuf>,
}
