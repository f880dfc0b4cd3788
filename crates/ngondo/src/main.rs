//! Runs `ngondo`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    ngondo::run(&args)
}
