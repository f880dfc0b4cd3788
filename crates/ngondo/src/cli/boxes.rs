//! The verbs on boxes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{
    ActivationCode, Date, DeviceId, DeviceTag, FormError, Iccid, Imei, MacAddr, Msisdn, PeerAddr,
    Serial, Subscriber,
};

/// The states of a box.
const STATES: [&str; 5] = ["registered", "active", "suspended", "retired", "stolen"];

#[derive(Debug, Subcommand)]
pub(crate) enum BoxesVerb {
    List {
        #[command(flatten)]
        filter: FilterArgs,
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[arg(long, value_name = "BOX")]
        after: Option<DeviceId>,
    },
    Show {
        #[command(flatten)]
        which: Which,
    },
    Find(FindArgs),
    Import(ImportArgs),
    Export {
        #[command(flatten)]
        filter: FilterArgs,
        #[arg(long, value_name = "FILE.csv")]
        file: PathBuf,
    },
    Activate {
        #[command(flatten)]
        chosen: ChosenArgs,
        #[arg(long, value_name = "CODE")]
        code: Option<ActivationCode>,
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Option<Date>,
        #[arg(long, value_name = "NAME")]
        subscriber: Option<Subscriber>,
        #[arg(long, value_name = "+237...")]
        msisdn: Option<Msisdn>,
    },
    Suspend(ChangeArgs),
    Resume(ChangeArgs),
    Retire(ChangeArgs),
    Stolen(ChangeArgs),
    Until(UntilArgs),
    Tag(TagArgs),
    Tags,
    Delete(ChangeArgs),
    Replace {
        #[command(flatten)]
        which: Which,
        #[arg(long, value_name = "BOX")]
        by: DeviceId,
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    Rekey(RekeyArgs),
    History {
        #[command(flatten)]
        which: Which,
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[arg(long, value_name = "UUID")]
        after: Option<String>,
    },
    Usage(UsageArgs),
}

/// Which box is meant: its id.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    #[arg(id = "box", value_name = "BOX")]
    pub(crate) device: DeviceId,
}

/// Which boxes are meant, by what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct FilterArgs {
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    pub(crate) state: Option<String>,
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<DeviceTag>,
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<DeviceTag>,
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) ends_by: Option<Date>,
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) silent_days: Option<u32>,
}

/// Which boxes are to be changed: named, listed in a file, or by what they are.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChosenArgs {
    #[arg(id = "box", value_name = "BOX")]
    pub(crate) devices: Vec<DeviceId>,
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct FindArgs {
    #[arg(value_name = "TEXT")]
    pub(crate) any: Option<String>,
    #[arg(long, value_name = "MAC")]
    pub(crate) macaddr: Option<MacAddr>,
    #[arg(long, value_name = "IMEI")]
    pub(crate) imei: Option<Imei>,
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: Option<Serial>,
    #[arg(long, value_name = "ICCID")]
    pub(crate) iccid: Option<Iccid>,
    #[arg(long, value_name = "+237...")]
    pub(crate) msisdn: Option<Msisdn>,
    #[arg(long, value_name = "LAST4", value_parser = last4)]
    pub(crate) last4: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    pub(crate) chosen: ChosenArgs,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UntilArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "endless")]
    pub(crate) date: Option<Date>,
    #[arg(long, conflicts_with = "date")]
    pub(crate) endless: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[arg(long, value_name = "TAG")]
    pub(crate) add: Vec<DeviceTag>,
    #[arg(long, value_name = "TAG")]
    pub(crate) remove: Vec<DeviceTag>,
    #[arg(long, value_name = "GROUP")]
    pub(crate) into: Option<DeviceTag>,
    #[arg(long, conflicts_with = "into")]
    pub(crate) ungroup: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[arg(value_name = "FILE.csv")]
    pub(crate) file: PathBuf,
    #[arg(long)]
    pub(crate) check: bool,
    #[arg(long)]
    pub(crate) valid_only: bool,
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) out: Option<PathBuf>,
    #[arg(long, requires = "out")]
    pub(crate) credentials: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RekeyArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) key: Option<PeerAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct UsageArgs {
    #[arg(id = "box", value_name = "BOX", required_unless_present = "day")]
    pub(crate) device: Option<DeviceId>,
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "box")]
    pub(crate) day: Option<Date>,
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    #[arg(long, value_name = "BOX|DAY")]
    pub(crate) after: Option<String>,
}

/// Takes four characters, as many as the servers look for.
fn last4(text: &str) -> Result<String, FormError> {
    match text.chars().count() {
        4 => Ok(text.to_owned()),
        found => Err(FormError::Length { found, min: 4, max: 4 }),
    }
}
