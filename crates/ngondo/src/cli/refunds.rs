//! Replacing a voucher, or giving the money back.

use clap::Args;

use super::Page;

#[derive(Debug, Args)]
pub(crate) struct RefundArgs {
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: u64,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    #[arg(value_name = "NUMBER")]
    pub(crate) number: u64,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RefundsArgs {
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) page: Page,
}
