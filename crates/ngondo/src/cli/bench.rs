//! What measures.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum BenchVerb {
    Auth(BenchAuthArgs),
    Toki {
        #[arg(long, value_name = "FILE", default_value = "target/bench/toki-hop.json")]
        out: PathBuf,
    },
    Pages {
        #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
        boxes: u32,
        #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
        vouchers: u32,
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    Storm {
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..=200_000))]
        boxes: u32,
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    Overload {
        #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60))]
        duration: u32,
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    Init {
        #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
        rows: u64,
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    Report {
        #[arg(long, value_name = "DIR", default_value = "target/bench")]
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BenchAuthArgs {
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) connections: u32,
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) duration: u32,
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) boxes: u32,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}
