//! What the command line may say: verbs and their arguments.
//!
//! No word of help stands here: [`localise()`] takes all of them from the catalogue.

mod activity;
mod audit;
mod bench;
mod boxes;
mod localise;
mod named;
mod principals;
mod refunds;
mod reports;
mod servers;
mod sim;
mod usage;
mod vouchers;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use protocol::{Iccid, Label, Msisdn, PeerAddr, PurchaseCode, RequestId, Role};

use crate::text::{Lang, Words};

pub(crate) use activity::{ActivityArgs, Color};
pub(crate) use audit::{AlertsVerb, AuditVerb, Page, VerifyArgs};
pub(crate) use bench::{BenchAuthArgs, BenchVerb};
pub(crate) use boxes::{
    BoxesVerb, ChangeArgs, ChosenArgs, FilterArgs, FindArgs, ImportArgs, RekeyArgs, TagArgs,
    UntilArgs, UsageArgs,
};
pub(crate) use localise::localise;
pub(crate) use named::Named;
pub(crate) use principals::{AddArgs, Fleet, InitArgs, PrincipalsVerb};
pub(crate) use refunds::{DecideArgs, RefundArgs, RefundsArgs};
pub(crate) use reports::{
    Bases, ExportArgs, ExportForm, ReportsVerb, RowsArgs, SpanArgs, TraceArgs,
};
pub(crate) use servers::{ServersVerb, StatusArgs, TakeArgs};
pub(crate) use sim::{FleetArgs, KeyArgs, SimVerb};
pub(crate) use usage::explain;
pub(crate) use vouchers::{
    AssignArgs, GenerateArgs, HoldArgs, SellArgs, VoucherPage, VouchersVerb,
};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "ngondo", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "[NAME@]HOST:PORT")]
    pub(crate) pppx: Vec<Named>,
    #[arg(long, global = true, value_name = "fr|en")]
    pub(crate) lang: Option<Lang>,
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// One job of the tool.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Demo(DemoArgs),
    Up(UpArgs),
    #[command(subcommand)]
    Keys(KeysVerb),
    CheckConfig(CheckConfigArgs),
    Migrate(MigrateArgs),
    Record(RecordArgs),
    #[command(subcommand)]
    Boxes(BoxesVerb),
    #[command(subcommand)]
    Vouchers(VouchersVerb),
    Topup(TopupArgs),
    #[command(subcommand)]
    Principals(PrincipalsVerb),
    Activity(ActivityArgs),
    Status(StatusArgs),
    #[command(subcommand)]
    Servers(ServersVerb),
    #[command(subcommand)]
    Alerts(AlertsVerb),
    #[command(subcommand)]
    Audit(AuditVerb),
    #[command(subcommand)]
    Reports(ReportsVerb),
    Trace(TraceArgs),
    Send(SendArgs),
    #[command(subcommand)]
    Sim(SimVerb),
    #[command(subcommand)]
    Bench(BenchVerb),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[arg(long)]
    pub(crate) exit: bool,
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    #[arg(long, value_name = "DIR", default_value = "./var")]
    pub(crate) dir: PathBuf,
    #[arg(long)]
    pub(crate) free_ports: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    Init {
        #[arg(long, value_name = "FILE", default_value = "master.keys")]
        file: PathBuf,
    },
    List {
        #[arg(long, value_name = "FILE", default_value = "master.keys")]
        file: PathBuf,
    },
    Export {
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[arg(long, value_name = "FILE", default_value = "master.keys")]
        master: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CheckConfigArgs {
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[arg(long, value_name = "URL")]
    pub(crate) registry: Option<protocol::DbUrl>,
    #[arg(long, value_name = "URL")]
    pub(crate) report: Vec<protocol::DbUrl>,
    #[arg(long, value_name = "FILE")]
    pub(crate) ini: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    #[arg(long, value_name = "DRIVER", default_value = "ngondo", value_parser = ["ngondo"])]
    pub(crate) driver: String,
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Option<Label>,
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) key: Option<PeerAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct TopupArgs {
    #[arg(value_name = "CODE")]
    pub(crate) code: PurchaseCode,
    #[arg(long, value_name = "UUID")]
    pub(crate) request: Option<RequestId>,
    #[arg(long, value_name = "+237...")]
    pub(crate) msisdn: Option<Msisdn>,
    #[arg(long, value_name = "ICCID")]
    pub(crate) iccid: Option<Iccid>,
}

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "[NAME@]HOST:PORT")]
    pub(crate) to: Option<Named>,
}

// === impl Cli ===

impl Cli {
    /// Reads the command line, with help and errors in the language of `words`.
    pub(crate) fn read(args: &[OsString], words: &Words) -> Result<Self, clap::Error> {
        let command = localise(Self::command(), words);
        let matches = command.try_get_matches_from(args)?;
        Self::from_arg_matches(&matches)
    }
}

/// A role in any case: `aar` as people write it, `AAR` as the wire does.
fn role(text: &str) -> Result<Role, protocol::FormError> {
    text.to_uppercase().parse()
}

/// Finds `--lang` before the command line is read, since its errors need a language too.
pub(crate) fn asked_lang(args: &[OsString]) -> Option<Lang> {
    let mut args = args.iter().filter_map(|arg| arg.to_str());
    while let Some(arg) = args.next() {
        if arg == "--lang" {
            return args.next()?.parse().ok();
        }
        if let Some(lang) = arg.strip_prefix("--lang=") {
            return lang.parse().ok();
        }
    }
    None
}
