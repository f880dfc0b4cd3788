//! The decisions of the shippers from seeds; `cargo bench -p report --bench sim -- COUNT FIRST` plays more of them.

use crate::sim::{Counts, play};

/// Seeds that each test run plays.
const SEEDS: u64 = 512;

#[test]
fn whatever_dies_between_two_steps_each_row_stands_once_in_both() {
    let mut all = Counts::default();
    for seed in 0..SEEDS {
        let counts = play(seed);
        all.rows += counts.rows;
        all.crashes += counts.crashes;
        all.lost_answers += counts.lost_answers;
        all.aside += counts.aside;
    }
    // A simulation in which nothing happens would prove nothing.
    assert!(all.rows > 100_000 && all.crashes > 4_000, "{all:?}");
    assert!(all.lost_answers > 2_000 && all.aside > 1_000, "{all:?}");
}
