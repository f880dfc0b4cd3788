//! The simulators.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{Fw, Iccid, Imei, Imsi, MacAddr, Model, Serial};

#[derive(Debug, Subcommand)]
pub(crate) enum SimVerb {
    Key(KeyArgs),
    Fleet(FleetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.2:8080")]
    pub(crate) listen: SocketAddr,
    #[arg(long, value_name = "MAC")]
    pub(crate) macaddr: Option<MacAddr>,
    #[arg(long, value_name = "IMEI")]
    pub(crate) imei: Option<Imei>,
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: Option<Serial>,
    #[arg(long, value_name = "IMSI")]
    pub(crate) imsi: Option<Imsi>,
    #[arg(long, value_name = "ICCID")]
    pub(crate) iccid: Option<Iccid>,
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<Model>,
    #[arg(long, value_name = "FW")]
    pub(crate) fw: Option<Fw>,
    #[arg(long)]
    pub(crate) rsa: bool,
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) cut_answers: u8,
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct FleetArgs {
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) boxes: u32,
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) spread: u32,
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) rounds: u32,
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u32,
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) within: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}
