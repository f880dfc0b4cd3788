//! Runs `ngondo-lb`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<lb::Lb>()
}
