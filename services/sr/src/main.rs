//! Runs `ngondo-sr`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<sr::Sr>()
}
