//! One file a verb.

mod activity;
mod alerts;
mod audit;
mod bench;
mod boxes;
pub(crate) mod check_config;
mod demo;
mod fields;
pub(crate) mod keys;
pub(crate) mod migrate;
mod numbered;
mod principals;
mod record;
mod refunds;
mod reports;
mod send;
mod servers;
mod sim;
mod status;
mod topup;
mod up;
mod vouchers;
mod vouchers_import;

use chassis::Clock;

use crate::cli::{Cli, Global, Verb};
use crate::door::Door;
use crate::error::Failure;
use crate::journal::Journal;
use crate::out::Out;
use crate::settings::Settings;

/// What every verb works with.
pub(crate) struct Run<'a> {
    pub(crate) out: &'a Out,
    global: &'a Global,
    pub(crate) clock: Clock,
}

// === impl Run ===

impl Run<'_> {
    /// The settings of `ngondo.ini`, under what the command line says.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        Settings::find(self.global)
    }

    /// The way to PPPX: as the user's principal, where the settings name its file.
    pub(crate) fn door(&self) -> Result<Door, Failure> {
        let Settings { pppx, toki, .. } = self.settings()?;
        let clock = self.clock.clone();
        let Some(file) = toki else {
            return Ok(Door::new(pppx.map(|it| it.map(|it| it.addr)), clock));
        };
        Ok(Door::signed(pppx, crate::principals::keys(&file, &clock)?, clock))
    }

    /// Where begun requests are kept.
    pub(crate) fn journal(&self) -> Result<Journal, Failure> {
        Journal::open(&self.settings()?.journal)
    }
}

/// Does what the command line says.
pub(crate) async fn run(cli: Cli, out: &Out) -> Result<(), Failure> {
    let run = Run { out, global: &cli.global, clock: Clock::default() };
    match cli.verb {
        Verb::Demo(args) => demo::run(&run, args).await,
        Verb::Up(args) => Box::pin(up::run(&run, args)).await,
        Verb::Keys(verb) => keys::run(&run, verb),
        Verb::CheckConfig(args) => check_config::run(&run, &args),
        Verb::Migrate(args) => migrate::run(&run, args).await,
        Verb::Record(args) => record::run(&run, args).await,
        Verb::Boxes(verb) => boxes::run(&run, verb).await,
        Verb::Vouchers(verb) => vouchers::run(&run, verb).await,
        Verb::Topup(args) => topup::run(&run, args).await,
        Verb::Principals(verb) => principals::run(&run, verb).await,
        Verb::Activity(args) => activity::run(&run, args).await,
        Verb::Status(args) => status::run(&run, args).await,
        Verb::Servers(verb) => servers::run(&run, verb).await,
        Verb::Alerts(verb) => alerts::run(&run, verb).await,
        Verb::Audit(verb) => audit::run(&run, verb).await,
        Verb::Reports(verb) => reports::run(&run, verb).await,
        Verb::Trace(args) => reports::trace(&run, &args).await,
        Verb::Send(args) => send::run(&run, args).await,
        Verb::Sim(verb) => sim::run(&run, verb).await,
        Verb::Bench(verb) => bench::run(&run, verb).await,
    }
}

/// The keys of the catalogue that are put together at run time.
#[cfg(test)]
pub(crate) fn made_keys() -> Vec<String> {
    let results = protocol::Outcome::ALL.iter().filter(|it| it.is_refusal());
    let results = results.map(|outcome| format!("result-{outcome}"));
    let fields = fields::KNOWN.iter().map(|name| format!("field-{name}"));
    let causes = crate::text::cause::made_keys();
    results
        .chain(fields)
        .chain(causes)
        .chain(["status-unlisted", "status-future"].map(str::to_owned))
        .collect()
}
