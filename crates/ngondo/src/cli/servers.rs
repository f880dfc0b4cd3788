//! The verbs on servers, and what `status` shows.

use clap::{Args, Subcommand};
use protocol::{Instance, Label};

#[derive(Debug, Subcommand)]
pub(crate) enum ServersVerb {
    List,
    Drain(TakeArgs),
    Maintenance(TakeArgs),
    Ready {
        #[arg(value_name = "SERVER")]
        server: Instance,
        #[arg(long, value_name = "TEXT")]
        reason: Option<Label>,
    },
    Why {
        #[arg(value_name = "SERVER")]
        server: Option<Instance>,
    },
    Thaw,
}

/// Which server is taken out.
#[derive(Debug, Args)]
pub(crate) struct TakeArgs {
    #[arg(value_name = "SERVER")]
    pub(crate) server: Instance,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<Label>,
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[arg(long)]
    pub(crate) once: bool,
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) every: u64,
}
