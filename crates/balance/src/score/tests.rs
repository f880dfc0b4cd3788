use super::*;

/// So many requests a second, so full, so many of a hundred failed.
fn cell(rows: u64, full_percent: u64, failed_percent: u64) -> Cell {
    Cell {
        rows,
        errors: rows * failed_percent / 100,
        queue_us: 0,
        service_us: rows * 5_000,
        inflight: rows * full_percent,
        limit: rows * 100,
        cpu_permille: 0,
    }
}

/// Both report for so many seconds; the weights after that.
fn run(
    scorer: &mut Scorer<&'static str>,
    cells: [Cell; 2],
    seconds: std::ops::Range<i64>,
) -> [f64; 2] {
    let mut weights = [1.0; 2];
    for now_s in seconds {
        for (server, cell) in ["one", "two"].iter().zip(cells) {
            scorer.learn(server, now_s, cell, now_s);
        }
        weights = scorer.step([&"one", &"two"], now_s);
    }
    weights
}

fn are_equal([one, two]: [f64; 2]) -> bool {
    (one - 1.0).abs() < 1e-9 && (two - 1.0).abs() < 1e-9
}

#[test]
fn the_stronger_takes_more() {
    let weights = run(&mut Scorer::default(), [cell(200, 20, 0), cell(200, 60, 0)], 0..60);
    assert!((weights[0] / weights[1] - 3.0).abs() < 0.1, "{weights:?}");
    assert!((weights[0] + weights[1] - 2.0).abs() < 0.1, "{weights:?}");
}

#[test]
fn whoever_fails_takes_less() {
    let weights = run(&mut Scorer::default(), [cell(200, 20, 60), cell(200, 20, 0)], 0..60);
    assert!(weights[0] / weights[1] < 0.3, "{weights:?}");
}

#[test]
fn nothing_is_judged_before_ten_seconds_and_steps_are_small() {
    let mut scorer = Scorer::default();
    let cells = [cell(200, 5, 0), cell(200, 100, 0)];
    assert!(are_equal(run(&mut scorer, cells, 0..10)));
    let [one, two] = run(&mut scorer, [cell(200, 10, 0), cell(200, 100, 0)], 10..11);
    assert!(one <= 1.2 + 1e-9 && two >= 1.0 / 1.2 - 1e-9, "{one} {two}");
}

#[test]
fn the_ratio_has_its_bounds() {
    let weights = run(&mut Scorer::default(), [cell(5000, 10, 0), cell(20, 100, 0)], 0..60);
    assert!(weights[0] / weights[1] < 10.01, "{weights:?}");
}

#[test]
fn two_idle_ones_are_equal_however_unequal_their_traffic() {
    let weights = run(&mut Scorer::default(), [cell(500, 1, 0), cell(5, 1, 0)], 0..60);
    assert!(are_equal(weights));
}

#[test]
fn silence_makes_equal() {
    let mut scorer = Scorer::default();
    let before = run(&mut scorer, [cell(200, 20, 0), cell(200, 60, 0)], 0..60);
    assert!(before[0] > 1.3);
    let mut after = before;
    for now_s in 60..300 {
        after = scorer.step([&"one", &"two"], now_s);
    }
    assert!(are_equal(after));
}

#[test]
fn the_same_rows_from_both_databases_count_once_and_the_fuller_stands() {
    let mut scorer = Scorer::default();
    scorer.learn(&"one", 5, cell(100, 20, 0), 5);
    scorer.learn(&"one", 5, cell(60, 20, 0), 5);
    scorer.learn(&"one", 5, cell(100, 20, 0), 5);
    let rate = scorer.last(&"one", 5).unwrap().rate;
    assert!((rate - 10.0).abs() < 1e-9, "{rate}");
}

#[test]
fn rows_of_the_future_and_of_long_ago_are_set_aside() {
    let mut scorer = Scorer::default();
    assert!(!scorer.learn(&"one", 1_000, cell(100, 20, 0), 500));
    assert!(!scorer.learn(&"one", 490, cell(100, 20, 0), 500));
    assert!(scorer.learn(&"one", 491, cell(100, 20, 0), 500));
    scorer.keep(|server| *server != "one");
    assert!(scorer.last(&"one", 500).is_none());
}
