//! Runs `ngondo-pppx`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<pppx::Pppx>()
}
