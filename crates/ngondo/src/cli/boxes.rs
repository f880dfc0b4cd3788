//! The verbs on boxes.

use clap::{Args, Subcommand};
use protocol::{
    ActivationCode, Date, DeviceId, FormError, Imei, MacAddr, Msisdn, Serial, Subscriber,
};

/// The states of a box.
const STATES: [&str; 5] = ["registered", "active", "suspended", "retired", "stolen"];

#[derive(Debug, Subcommand)]
pub(crate) enum BoxesVerb {
    List {
        #[arg(long, value_name = "STATE", value_parser = STATES)]
        state: Option<String>,
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
    Activate {
        #[command(flatten)]
        which: Which,
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
}

/// Which box is meant: its id.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    #[arg(id = "box", value_name = "BOX")]
    pub(crate) device: DeviceId,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct FindArgs {
    #[arg(long, value_name = "MAC")]
    pub(crate) macaddr: Option<MacAddr>,
    #[arg(long, value_name = "IMEI")]
    pub(crate) imei: Option<Imei>,
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: Option<Serial>,
    #[arg(long, value_name = "LAST4", value_parser = last4)]
    pub(crate) last4: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// Takes four characters, as many as the servers look for.
fn last4(text: &str) -> Result<String, FormError> {
    match text.chars().count() {
        4 => Ok(text.to_owned()),
        found => Err(FormError::Length { found, min: 4, max: 4 }),
    }
}
