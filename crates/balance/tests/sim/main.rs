//! The decisions, played through: the tables of the design as tests, from seeds.
//!
//! Eight callers, two servers of sixteen workers, a fault on the first. A failing seed is printed;
//! `cargo bench -p balance --bench sim -- COUNT FIRST` plays more of them (`make chaos`).

#![expect(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a test may panic, and its numbers are small"
)]

mod draw;
mod lbs;
mod overload;
mod policy;
mod seeds;
mod server;
mod tally;
mod world;

use overload::{CAPACITY, Overload, Shedding};
use policy::{Policy, Retries};
use server::Fault;
use tally::Tally;
use world::{Script, play};

/// Seeds a fault: four faults make 512.
const SEEDS: u64 = 128;

fn all_seeds_of(fault: Fault) {
    for seed in 0..SEEDS {
        seeds::hold(fault, seed);
    }
}

#[test]
fn a_server_forty_times_slower_is_left_and_regained() {
    all_seeds_of(Fault::Slow);
}

#[test]
fn a_server_that_fails_fast_is_left_and_regained() {
    all_seeds_of(Fault::Fast503);
}

#[test]
fn a_server_that_fails_two_of_five_is_left_and_regained() {
    all_seeds_of(Fault::Errors);
}

#[test]
fn a_server_that_hangs_is_left_and_regained() {
    all_seeds_of(Fault::Hang);
}

/// The row of the table: a policy against a fault, three seeds together.
fn row(policy: Policy, fault: Fault) -> Vec<Tally> {
    (0..3)
        .map(|seed| play(Script { policy, fault, rate: 2000.0, seconds: [5, 15, 5], seed }))
        .collect()
}

fn success(tallies: &[Tally]) -> f64 {
    tallies.iter().map(Tally::success).sum::<f64>() / tallies.len() as f64
}

fn attempts(tallies: &[Tally]) -> f64 {
    tallies.iter().map(Tally::attempts_per_request).sum::<f64>() / tallies.len() as f64
}

#[test]
fn the_source_to_the_letter_loses_nobody_asks_twice_and_waits_a_second() {
    for (fault, twice) in [(Fault::Slow, 1.97), (Fault::Fast503, 2.0), (Fault::Hang, 1.97)] {
        let mut row = row(Policy::FirstThenSecond, fault);
        assert!(success(&row) > 0.9999, "{fault:?}");
        assert!(attempts(&row) >= twice, "{fault:?} {}", attempts(&row));
        if fault != Fault::Fast503 {
            assert!(row[0].percentile_ms(0.5).unwrap() > 1000.0, "{fault:?}");
        }
    }
}

#[test]
fn round_robin_without_a_retry_loses_half() {
    for (fault, expected) in
        [(Fault::Slow, 0.5), (Fault::Fast503, 0.5), (Fault::Errors, 0.8), (Fault::Hang, 0.5)]
    {
        let lost = success(&row(Policy::RoundRobin(Retries::None), fault));
        assert!((lost - expected).abs() < 0.02, "{fault:?} {lost}");
    }
}

#[test]
fn plain_peak_ewma_is_a_black_hole_and_a_penalty_cures_it() {
    let hole = success(&row(Policy::PeakEwma(Retries::None), Fault::Fast503));
    assert!(hole < 0.1, "{hole}");
    let cured = success(&row(Policy::Penalty(Retries::None), Fault::Fast503));
    assert!(cured > 0.999, "{cured}");
    let twice = attempts(&row(Policy::PeakEwma(Retries::One), Fault::Fast503));
    assert!(twice > 1.9, "{twice}");
}

#[test]
fn least_in_flight_sends_most_to_whoever_fails_fast() {
    let twice = attempts(&row(Policy::LeastInflight(Retries::One), Fault::Fast503));
    assert!(twice > 1.8, "{twice}");
    let mut slow = row(Policy::LeastInflight(Retries::One), Fault::Slow);
    assert!(slow[0].percentile_ms(0.999).unwrap() > 500.0);
}

#[test]
fn a_penalty_alone_starves_the_healed() {
    for fault in [Fault::Fast503, Fault::Errors, Fault::Hang] {
        let policy = Policy::Penalty(Retries::One);
        let healed = play(Script { policy, fault, rate: 2000.0, seconds: [5, 15, 15], seed: 1 });
        let regained_s = healed.regained_s(0.25);
        assert!(regained_s.is_none_or(|it| it > 10.0), "{fault:?} {regained_s:?}");
    }
}

#[test]
fn ours_needs_no_retry_to_lose_one_in_a_thousand_at_most() {
    for fault in [Fault::Slow, Fault::Fast503, Fault::Errors, Fault::Hang] {
        let row = row(Policy::Ours(Retries::None), fault);
        assert!(success(&row) > 0.997, "{fault:?} {}", success(&row));
    }
}

/// Five seconds within what the servers can do, fifteen of four times that, fifteen as before.
fn overload(shedding: Shedding, seed: u64) -> Overload {
    let mut rates = vec![0.7 * CAPACITY; 5];
    rates.extend([2.8 * CAPACITY; 15]);
    rates.extend([0.7 * CAPACITY; 15]);
    overload::play(shedding, &rates, seed)
}

#[test]
fn a_queue_without_an_end_answers_nobody_and_never_recovers() {
    let none = overload(Shedding::None, 1);
    assert!(none.goodput(9..20) < 0.05 * CAPACITY, "{none:?}");
    assert!(none.goodput(20..35) < 0.05 * CAPACITY, "{none:?}");
    let late = overload(Shedding::Deadline, 1);
    assert!(late.goodput(9..20) < 0.05 * CAPACITY, "{late:?}");
    assert!(late.goodput(23..35) > 0.65 * CAPACITY, "{late:?}");
}

#[test]
fn the_gate_keeps_goodput_under_four_times_the_load_and_recovers_at_once() {
    for seed in 0..8 {
        let ours = overload(Shedding::Gate, seed);
        assert!(ours.goodput(5..20) >= 0.95 * CAPACITY, "seed {seed}: {ours:?}");
        let arrived: u32 = ours.arrived[21..34].iter().sum();
        let good: u32 = ours.good[21..34].iter().sum();
        assert!(good + 100 >= arrived, "seed {seed}: within a second all are served: {ours:?}");
    }
}

#[test]
fn lbs_that_know_the_same_say_the_same_and_never_take_a_whole_role_away() {
    for seed in 0..512 {
        lbs::hold(seed);
    }
}
