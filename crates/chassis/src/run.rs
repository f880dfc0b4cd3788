//! The whole `main` of a service's binary.

use std::path::PathBuf;
use std::process::ExitCode;

use config::Module;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::Clock;
use crate::error::StartError;
use crate::refresh::report_chain;
use crate::service::Service;
use crate::start::start;
use crate::telemetry::{self, LogFormat};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Order {
    Serve(PathBuf),
    Print(String),
    Usage(String),
}

/// Reads the command line and the ini, serves until SIGTERM or SIGINT, then drains.
///
/// Exit codes: 0 stopped as asked, 1 could not run, 2 bad command line, 64 bad ini.
pub fn run<S: Service>() -> ExitCode {
    let name = format!("ngondo-{}", S::ROLE.lower());
    match order(&name, std::env::args().skip(1)) {
        Order::Serve(path) => match serve::<S>(&name, &path) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                say_err(&format!("{name}: {}", report_chain(&error)));
                if let Some(cure) = cure(&error, &path) {
                    say_err(&format!("{name}: {cure}"));
                }
                ExitCode::from(error.exit_code())
            }
        },
        Order::Print(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Order::Usage(text) => {
            say_err(&text);
            ExitCode::from(2)
        }
    }
}

fn serve<S: Service>(name: &str, path: &std::path::Path) -> Result<(), StartError> {
    let module = Module::load(path, S::ROLE, config::schema(S::ROLE))
        .map_err(|problems| StartError::Ini(problems.to_string()))?;
    let format = if module.log.json { LogFormat::Json } else { LogFormat::Text };
    telemetry::install(module.log.level, format);
    tracing::info!(
        name,
        version = crate::VERSION,
        ini = %path.display(),
        instance = %module.instance,
        listen = %module.listen,
        "starting"
    );
    for warning in &module.warnings {
        tracing::warn!("{warning}");
    }
    if module.insecure {
        tracing::warn!("[tls] insecure = yes: this listener speaks without TLS to other machines");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    runtime.block_on(async {
        let mut stop = Stop::listen()?;
        let running = tokio::select! {
            running = start::<S>(module, Clock::default()) => running?,
            () = stop.asked() => return Err(StartError::Stopped),
        };
        tracing::info!(addr = %running.addr, admin = %running.admin, "ready");
        stop.asked().await;
        tracing::info!("draining");
        running.stop().await;
        tracing::info!("stopped");
        Ok(())
    })
}

/// The command that helps, where the error itself names none.
fn cure(error: &StartError, ini: &std::path::Path) -> Option<String> {
    match error {
        StartError::Ini(_) => {
            Some(format!("correct these lines, then run `ngondo check-config {}`", ini.display()))
        }
        StartError::Listen { .. }
        | StartError::Keys(_)
        | StartError::Spool { .. }
        | StartError::Database(_)
        | StartError::Runtime(_)
        | StartError::Stopped => None,
    }
}

/// The two signals that ask a service to leave.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

// === impl Stop ===

impl Stop {
    fn listen() -> Result<Self, StartError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(StartError::Runtime)?,
            interrupt: signal(SignalKind::interrupt()).map_err(StartError::Runtime)?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn order(name: &str, args: impl Iterator<Item = String>) -> Order {
    let mut path = PathBuf::from(format!("/etc/ngondo/{}.ini", name.trim_start_matches("ngondo-")));
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Order::Print(help(name, &path)),
            "--version" | "-V" => return Order::Print(format!("{name} {}", crate::VERSION)),
            "--config" | "-c" => match args.next() {
                Some(file) => path = PathBuf::from(file),
                None => return Order::Usage(format!("{name}: --config needs a file / un fichier")),
            },
            other => match other.strip_prefix("--config=") {
                Some(file) => path = PathBuf::from(file),
                None => {
                    return Order::Usage(format!(
                        "{name}: `{other}`? Try / essayez : {name} --help"
                    ));
                }
            },
        }
    }
    Order::Serve(path)
}

fn help(name: &str, path: &std::path::Path) -> String {
    format!(
        "{name} {version}\n\
         \n\
         Usage: {name} [--config FILE]\n\
         \n\
         \x20 --config FILE   the ini; default / par défaut : {path}\n\
         \x20 --version       name and version / nom et version\n\
         \x20 --help          this page / cette page\n\
         \n\
         Serves until SIGTERM or Ctrl-C, then finishes what is in flight.\n\
         Sert jusqu'à SIGTERM ou Ctrl-C, puis termine les demandes en cours.\n\
         \n\
         Example / exemple : {name} --config {path}\n\
         Check the ini first / vérifiez d'abord l'ini : ngondo check-config {path}",
        version = crate::VERSION,
        path = path.display(),
    )
}

#[expect(clippy::print_stdout, reason = "the answer to --help and --version")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "why the program does not run, before there is a log")]
fn say_err(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Order {
        order("ngondo-aar", args.iter().map(|it| (*it).to_owned()))
    }

    #[test]
    fn takes_the_ini_from_its_usual_place_or_from_the_command_line() {
        assert_eq!(parse(&[]), Order::Serve("/etc/ngondo/aar.ini".into()));
        assert_eq!(parse(&["--config", "a.ini"]), Order::Serve("a.ini".into()));
        assert_eq!(parse(&["--config=b.ini"]), Order::Serve("b.ini".into()));
    }

    #[test]
    fn a_bad_ini_names_the_command_that_checks_it() {
        let error = StartError::Ini("a.ini: the file is empty".to_owned());
        let cure = cure(&error, std::path::Path::new("a.ini")).unwrap();
        assert_eq!(cure, "correct these lines, then run `ngondo check-config a.ini`");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(matches!(parse(&["--confg", "a.ini"]), Order::Usage(_)));
        assert!(matches!(parse(&["--config"]), Order::Usage(_)));
    }
}
