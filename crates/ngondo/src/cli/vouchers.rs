//! The verbs on vouchers.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{Amount, Currency, Date, Label, Operator};

use super::{DecideArgs, RefundArgs, RefundsArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum VouchersVerb {
    Import {
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        #[arg(long)]
        valid_only: bool,
    },
    Generate(GenerateArgs),
    Batches {
        #[arg(long, value_name = "STATE", value_parser = ["created", "printed", "active", "frozen", "closed"])]
        state: Option<String>,
        #[command(flatten)]
        page: VoucherPage,
    },
    Print {
        #[arg(long, value_name = "N")]
        batch: u64,
        #[arg(long, value_name = "PUBLIC.pem")]
        key: PathBuf,
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    Open {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(long, value_name = "PRIVATE.pem")]
        key: PathBuf,
        #[arg(long)]
        labels: bool,
    },
    Activate {
        #[arg(long, value_name = "N")]
        batch: u64,
    },
    Close {
        #[arg(long, value_name = "N")]
        batch: u64,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    Assign(AssignArgs),
    Freeze(HoldArgs),
    Thaw(HoldArgs),
    Void(RangeArgs),
    Sell(SellArgs),
    Cancel {
        #[arg(long, value_name = "SERIAL")]
        serial: u64,
        #[arg(long, value_name = "SHOP")]
        shop: Option<Label>,
    },
    Find {
        #[arg(long, value_name = "SERIAL")]
        serial: u64,
    },
    List {
        #[arg(long, value_name = "SHOP")]
        shop: Option<Label>,
        #[arg(long, value_name = "STATE", value_parser = ["created", "sold", "redeemed", "frozen", "void"])]
        state: Option<String>,
        #[arg(long, value_name = "N")]
        batch: Option<u64>,
        #[command(flatten)]
        page: VoucherPage,
    },
    Stock {
        #[arg(long, value_name = "SHOP")]
        shop: Option<Label>,
    },
    Day {
        #[arg(long, value_name = "SHOP")]
        shop: Option<Label>,
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<Date>,
    },
    Reconcile,
    ToVerify {
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[arg(long, value_name = "PLACE")]
        after: Option<String>,
    },
    Replace(RefundArgs),
    Refund(RefundArgs),
    Refunds(RefundsArgs),
    Approve(DecideArgs),
    Decline(DecideArgs),
}

/// A page of a list.
#[derive(Debug, Args)]
pub(crate) struct VoucherPage {
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    #[arg(long, value_name = "N")]
    pub(crate) after: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    #[arg(long, value_name = "OPERATOR")]
    pub(crate) operator: Operator,
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub(crate) amount: Amount,
    #[arg(long, value_name = "XAF", default_value = "XAF")]
    pub(crate) currency: Currency,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: u32,
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) expires: Option<Date>,
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Option<Label>,
}

#[derive(Debug, Args)]
pub(crate) struct AssignArgs {
    #[arg(long, value_name = "SHOP")]
    pub(crate) shop: Option<Label>,
    #[arg(long, value_name = "SHOP")]
    pub(crate) from: Option<Label>,
    #[arg(long, value_name = "SERIAL")]
    pub(crate) first: Option<u64>,
    #[arg(long, value_name = "SERIAL", requires = "first")]
    pub(crate) last: Option<u64>,
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) limit: Option<Amount>,
    #[arg(long, value_name = "XAF", default_value = "XAF")]
    pub(crate) currency: Currency,
}

#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    #[arg(long, value_name = "N", conflicts_with_all = ["first", "last"], required_unless_present = "first")]
    pub(crate) batch: Option<u64>,
    #[arg(long, value_name = "SERIAL")]
    pub(crate) first: Option<u64>,
    #[arg(long, value_name = "SERIAL", requires = "first")]
    pub(crate) last: Option<u64>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RangeArgs {
    #[arg(long, value_name = "SERIAL")]
    pub(crate) first: u64,
    #[arg(long, value_name = "SERIAL")]
    pub(crate) last: Option<u64>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct SellArgs {
    #[arg(long, value_name = "OPERATOR", required_unless_present = "serial")]
    pub(crate) operator: Option<Operator>,
    #[arg(
        long,
        value_name = "AMOUNT",
        allow_negative_numbers = true,
        required_unless_present = "serial"
    )]
    pub(crate) amount: Option<Amount>,
    #[arg(long, value_name = "XAF", default_value = "XAF")]
    pub(crate) currency: Currency,
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) count: u32,
    #[arg(long, value_name = "SERIAL", conflicts_with_all = ["operator", "amount", "expires"])]
    pub(crate) serial: Option<u64>,
    #[arg(long, value_name = "SHOP")]
    pub(crate) shop: Option<Label>,
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) expires: Option<Date>,
}
