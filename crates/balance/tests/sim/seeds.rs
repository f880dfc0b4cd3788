//! What must hold for every seed.

use crate::draw::Draw;
use crate::policy::{Policy, Retries};
use crate::server::Fault;
use crate::world::{Script, play};

/// Plays what a seed draws, and holds it against the bars of the design.
pub(crate) fn hold(fault: Fault, seed: u64) {
    let mut draw = Draw::new(seed ^ 0x00c0_ffee);
    // One in four at full rate: the others say as much, and take less time.
    let rate = match draw.next() % 4 {
        0 => 2000.0,
        1 => 800.0,
        _ => 200.0 + draw.fraction() * 200.0,
    };
    let seconds = [3 + draw.next() % 5, 20 + draw.next() % 10, 12];
    let script = Script { policy: Policy::Ours(Retries::One), fault, rate, seconds, seed };
    let tally = play(script);
    assert!(tally.success() >= 0.9999, "seed {seed}: success {} {script:?}", tally.success());
    let attempts = tally.attempts_per_request();
    assert!(attempts <= 1.01, "seed {seed}: {attempts} attempts a request {script:?}");
    let moved_s = tally.moved_s();
    assert!(moved_s.is_some_and(|it| it < 2.0), "seed {seed}: left in {moved_s:?} s {script:?}");
    let regained_s = tally.regained_s(0.25);
    assert!(regained_s.is_some_and(|it| it <= 10.0), "seed {seed}: back {regained_s:?} {script:?}");
}
