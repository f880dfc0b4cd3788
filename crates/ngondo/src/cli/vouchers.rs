//! The verbs on vouchers.

use std::path::PathBuf;

use clap::Subcommand;
use protocol::{Amount, Currency, Operator};

#[derive(Debug, Subcommand)]
pub(crate) enum VouchersVerb {
    Import {
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        #[arg(long)]
        valid_only: bool,
    },
    Sell {
        #[arg(long, value_name = "OPERATOR")]
        operator: Operator,
        #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
        amount: Amount,
        #[arg(long, value_name = "XAF", default_value = "XAF")]
        currency: Currency,
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
        count: u32,
    },
    Find {
        #[arg(long, value_name = "SERIAL")]
        serial: u64,
    },
    Stock,
}
