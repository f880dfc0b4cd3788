//! More seeds of the simulation than the tests play: `-- COUNT FIRST`.
//!
//! Source: balancing.md (g)

#![expect(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a check may panic and print, and its numbers are small"
)]
#![expect(dead_code, reason = "the tests use all of it")]

#[path = "../tests/sim/draw.rs"]
mod draw;
#[path = "../tests/sim/lbs.rs"]
mod lbs;
#[path = "../tests/sim/policy.rs"]
mod policy;
#[path = "../tests/sim/seeds.rs"]
mod seeds;
#[path = "../tests/sim/server.rs"]
mod server;
#[path = "../tests/sim/tally.rs"]
mod tally;
#[path = "../tests/sim/world.rs"]
mod world;

use server::Fault;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|it| it.parse::<u64>().ok());
    let count = numbers.next().unwrap_or(20_000);
    let first = numbers.next().unwrap_or(1_000);
    let faults = [Fault::Slow, Fault::Fast503, Fault::Errors, Fault::Hang];
    for seed in first..first + count {
        let fault = faults[(seed % 4) as usize];
        seeds::hold(fault, seed);
        lbs::hold(seed);
        if (seed - first) % 1_000 == 999 {
            println!("{} seeds, from {first}: all hold", seed - first + 1);
        }
    }
    println!("{count} seeds, from {first}: all hold");
}
