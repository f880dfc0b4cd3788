//! What `activity` shows.

use clap::{Args, ValueEnum};
use protocol::{FormError, Instance, PrincipalName};

#[derive(Debug, Args)]
pub(crate) struct ActivityArgs {
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<PrincipalName>,
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) to: Option<Instance>,
    #[arg(long, value_name = "CMD", value_parser = word)]
    pub(crate) cmd: Option<String>,
    #[arg(long, value_name = "RESULT", value_parser = word)]
    pub(crate) result: Option<String>,
    #[arg(long, value_name = "VERDICT", value_parser = word)]
    pub(crate) toki: Option<String>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sample: Option<u32>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    #[arg(long, value_name = "auto|always|never", default_value = "auto")]
    pub(crate) color: Color,
}

/// When lines are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// In a terminal.
    Auto,
    /// Also where the output goes into a file.
    Always,
    /// Nowhere.
    Never,
}

/// Takes what may stand in a query as it is: the letters of commands, verbs, results and verdicts.
fn word(text: &str) -> Result<String, FormError> {
    let good = |it: char| it.is_ascii_alphanumeric() || "/_-*".contains(it);
    let found = text.chars().count();
    match text.chars().position(|it| !good(it)) {
        Some(at) => Err(FormError::Character { at }),
        None if (1..=64).contains(&found) => Ok(text.to_owned()),
        None => Err(FormError::Length { found, min: 1, max: 64 }),
    }
}
