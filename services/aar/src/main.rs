//! Runs `ngondo-aar`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<aar::Aar>()
}
