//! What reliability promises, shown by breaking the real thing: processes that are killed, paused,
//! filled up, flooded or cut off while boxes, shops and modules ask.
//!
//! Each scenario says what it broke, how often, and what was counted. `make chaos` runs the long
//! forms one after the other; the tests run the short ones.

mod away;
mod bad;
mod broken;
mod clocks;
mod full;
mod kill;
mod load;
mod maps;
mod overload;
mod pause;
mod rows;
mod scene;
mod slow;
mod storm;
mod torn;

use std::pin::Pin;

pub use broken::Broken;

/// How long a scenario keeps on.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// Seconds for which it goes on breaking, at least one whole round.
    pub seconds: u64,
    /// Whether it is the long form, whose numbers are those of the promise.
    pub long: bool,
}

/// What a scenario returns when it is over.
pub type Over = Pin<Box<dyn Future<Output = Broken>>>;

/// One promise, and what breaks things to see whether it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The promise that it shows, `R1`, and a word where several show one.
    pub id: &'static str,
    /// What it breaks.
    pub breaks: &'static str,
    run: fn(Length) -> Over,
}

/// All of them, in the order in which they run.
pub const SCENARIOS: [Scenario; 15] = [
    Scenario {
        id: "R1",
        breaks: "kill -9 of LB, AAR, SR, TOPUP in turn",
        run: |length| Box::pin(kill::servers(length)),
    },
    Scenario {
        id: "R1-door",
        breaks: "kill -9 of both PPPX in turn",
        run: |length| Box::pin(kill::doors(length)),
    },
    Scenario {
        id: "R2",
        breaks: "REPORT 2 locked, and AAR 1 killed meanwhile",
        run: |length| Box::pin(away::database(length)),
    },
    Scenario {
        id: "R3",
        breaks: "kill -9 of all ten at once",
        run: |length| Box::pin(away::power(length)),
    },
    Scenario {
        id: "R4",
        breaks: "the end of a killed server's spool torn or corrupted",
        run: |length| Box::pin(torn::spool(length)),
    },
    Scenario { id: "R7", breaks: "AAR 1's disk full", run: |length| Box::pin(full::disk(length)) },
    Scenario {
        id: "R8",
        breaks: "SIGTERM and restart of every server in turn",
        run: |length| Box::pin(kill::rolling(length)),
    },
    Scenario {
        id: "R9",
        breaks: "bad documents to every server",
        run: |length| Box::pin(bad::documents(length)),
    },
    Scenario {
        id: "R10",
        breaks: "slow senders, endless bodies, idle connections",
        run: |length| Box::pin(slow::clients(length)),
    },
    Scenario {
        id: "R14",
        breaks: "five times as much as it can do",
        run: |length| Box::pin(overload::five_times(length)),
    },
    Scenario {
        id: "R15-clocks",
        breaks: "clocks four minutes apart",
        run: |length| Box::pin(clocks::apart(length)),
    },
    Scenario {
        id: "R15-both",
        breaks: "kill -9 of both LB, then older maps",
        run: |length| Box::pin(maps::without_lb(length)),
    },
    Scenario {
        id: "R15-epoch",
        breaks: "an LB whose epoch ran ahead, killed for good",
        run: |length| Box::pin(maps::ran_ahead(length)),
    },
    Scenario {
        id: "R17",
        breaks: "INIT of all modules in the same second",
        run: |length| Box::pin(storm::modules(length)),
    },
    Scenario {
        id: "pause",
        breaks: "SIGSTOP and SIGCONT of AAR 1",
        run: |length| Box::pin(pause::server(length)),
    },
];

// === impl Scenario ===

impl Scenario {
    /// Runs it.
    pub fn run(&self, length: Length) -> Over {
        (self.run)(length)
    }
}

/// The short form of a scenario, which must be kept; says what it counted.
///
/// # Panics
///
/// Where there is no such scenario, or its promise is not kept.
pub async fn short(id: &str) {
    let scenario = SCENARIOS.iter().find(|it| it.id == id).expect("a scenario");
    let broken = scenario.run(Length { seconds: 2, long: false }).await;
    assert!(broken.is_kept(), "{id}: {broken}");
    tracing::info!(%broken, "{id}");
}
