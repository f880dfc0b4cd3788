//! Runs `ngondo-topup`.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<topup::Topup>()
}
