//! The verbs on the two REPORT databases.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use protocol::{Bridge, DbUrl, DeviceId, Instance};

#[derive(Debug, Subcommand)]
pub(crate) enum ReportsVerb {
    Search {
        #[command(flatten)]
        bases: Bases,
        #[command(flatten)]
        rows: RowsArgs,
        #[command(flatten)]
        span: SpanArgs,
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    Tail {
        #[command(flatten)]
        bases: Bases,
        #[command(flatten)]
        rows: RowsArgs,
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    Export(ExportArgs),
    Compare {
        #[command(flatten)]
        bases: Bases,
        #[command(flatten)]
        span: SpanArgs,
    },
    Repair {
        #[command(flatten)]
        bases: Bases,
        #[command(flatten)]
        span: SpanArgs,
    },
    Trace(TraceArgs),
    Dead {
        #[arg(long, value_name = "FILE")]
        ini: PathBuf,
        #[arg(long)]
        retry: bool,
    },
}

/// Which request to trace.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    #[arg(value_name = "BRIDGE")]
    pub(crate) bridge: Bridge,
    #[command(flatten)]
    pub(crate) bases: Bases,
}

/// Which rows go where.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) bases: Bases,
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    #[arg(long, value_name = "csv|ndjson", default_value = "csv")]
    pub(crate) format: ExportForm,
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// For spreadsheets.
    Csv,
    /// One JSON object a line.
    Ndjson,
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

/// Which rows.
#[derive(Debug, Args)]
pub(crate) struct RowsArgs {
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) server: Option<Instance>,
    #[arg(long, value_name = "COMMAND")]
    pub(crate) cmd: Option<String>,
    #[arg(long, value_name = "RESULT")]
    pub(crate) result: Option<String>,
    #[arg(id = "box", long = "box", value_name = "BOX")]
    pub(crate) device: Option<DeviceId>,
}

/// Of which time.
#[derive(Debug, Args)]
pub(crate) struct SpanArgs {
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<protocol::Time>,
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<protocol::Time>,
}
