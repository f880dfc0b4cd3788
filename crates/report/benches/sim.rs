//! More seeds of the shippers' simulation than the tests play: `-- COUNT FIRST`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a check may panic and print, and its numbers are small"
)]

#[path = "../tests/report/sim.rs"]
mod sim;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|it| it.parse::<u64>().ok());
    let count = numbers.next().unwrap_or(20_000);
    let first = numbers.next().unwrap_or(1_000);
    let mut rows = 0_u64;
    for seed in first..first + count {
        rows += u64::from(sim::play(seed).rows);
    }
    println!("{count} seeds from {first}: {rows} rows, each once in both databases or aside");
}
