//! The tool of operators, shops and benches.
//!
//! | module | does |
//! | --- | --- |
//! | [`text`] | every word, in French and English |
//! | [`mod@csv`] | the files of spreadsheets, in and out |
//! | [`site`] | writes a whole back office into a folder: keys, inis, inventory, databases |
//! | [`principals`] | the fleet's keys: roots, principals, a file for each |
//! | [`mod@bench`] | a load generator, and the table of `make bench` |
//! | [`sim`] | a simulated 4G key, a fleet of boxes |
//!
//! `verbs/` has one file a verb; [`run`] is the program.

pub mod bench;
mod cli;
pub mod csv;
pub mod door;
mod error;
pub mod journal;
mod out;
pub mod principals;
pub mod record;
mod settings;
pub mod sim;
pub mod site;
mod stop;
pub mod text;
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

pub use error::{Exit, Failure};
pub use out::{Form, Out};
use text::{Lang, Words, cause};

/// Runs one command line and says how the program ends.
pub fn run(args: &[OsString]) -> ExitCode {
    let words = Words::new(Lang::choose(cli::asked_lang(args), locale().as_deref()));
    let cli = match cli::Cli::read(args, &words) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &words),
    };
    let form = if cli.global.json { Form::Json } else { Form::Text };
    let out = Out::new(words, form);
    let done = runtime().and_then(|runtime| runtime.block_on(verbs::run(cli, &out)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.fail(&failure);
            ExitCode::from(failure.exit())
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error::failed!("no-runtime", cause = cause::any(&error)))
}

/// Shows help or version, or says what is wrong with the command line.
fn usage(error: &clap::Error, words: &Words) -> ExitCode {
    if !error.use_stderr() {
        out::show(&error.render().to_string());
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        out::complain(error.render().to_string().trim_end());
    } else {
        out::complain(&cli::explain(error, words));
    }
    ExitCode::from(Exit::Usage)
}

/// The first locale that is set and not empty, in the order of POSIX.
fn locale() -> Option<String> {
    ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(environment)
}

/// Reads the user's environment: his locale and home alone, never a setting.
#[expect(
    clippy::disallowed_methods,
    reason = "locale and home stand nowhere else; settings stay in the ini"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
