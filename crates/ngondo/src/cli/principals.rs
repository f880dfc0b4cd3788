//! The verbs on principals.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::{DbUrl, Kind, PrincipalName, Right};

/// The kinds, in the words of the wire.
const KINDS: [&str; 5] = ["module", "operator", "shop", "app", "developer"];

#[derive(Debug, Subcommand)]
pub(crate) enum PrincipalsVerb {
    Init(InitArgs),
    Add(AddArgs),
    List {
        #[arg(long, value_name = "KIND", value_parser = KINDS)]
        kind: Option<String>,
    },
    Revoke {
        #[arg(value_name = "NAME")]
        name: PrincipalName,
    },
    Rotate {
        #[arg(value_name = "NAME")]
        name: PrincipalName,
        #[command(flatten)]
        fleet: Fleet,
    },
}

/// Where the keys of a fleet are.
#[derive(Debug, Args)]
pub(crate) struct Fleet {
    #[arg(long, value_name = "FILE", default_value = "toki.root")]
    pub(crate) root: PathBuf,
    #[arg(long, value_name = "DIR", default_value = "toki")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: PathBuf,
    #[arg(long, value_name = "URL")]
    pub(crate) crypto: DbUrl,
    #[arg(long, value_name = "NAME", default_value = "admin")]
    pub(crate) admin: PrincipalName,
    #[command(flatten)]
    pub(crate) fleet: Fleet,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    #[arg(value_name = "NAME")]
    pub(crate) name: PrincipalName,
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Kind,
    #[arg(long, value_name = "RIGHT")]
    pub(crate) right: Vec<Right>,
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fleet: Fleet,
}
