//! One of a pair dies, and no box sees it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, print and spawn")]

use std::time::Duration;

use ngondo::sim::fleet::{self, Event, FleetScript};
use ngondo::site::Place;
use protocol::{Bridge, Outcome, Request, Response, Role};
use rand::SeedableRng;
use rand::rngs::StdRng;
use stack::{Programs, Signer, enrol};

/// How many boxes authenticate while AAR 1 is killed.
const BOXES: u32 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn killing_aar_1_at_load_fails_no_auth_and_loses_no_row() {
    let mut programs = Programs::start().await;
    let door = programs.door.clone();
    let devices = fleet::enrol_all(&door, BOXES, 1, &mut || {}).await.unwrap();
    let script = FleetScript {
        spread: Duration::from_secs(2),
        rounds: 2,
        patience: Duration::from_mins(1),
        seed: 2,
    };
    let mut good = 0;
    let summary = fleet::run(&programs.anyone.clone(), devices, script, &mut |event| {
        if matches!(event, Event::Authenticated(_)) {
            good += 1;
            if good == BOXES / 3 {
                programs.kill(Role::Aar, Place::First);
            }
        }
    })
    .await;
    assert_eq!(summary.authenticated, u64::from(BOXES) * 2, "{summary:?}");
    assert_eq!((summary.failed, summary.refused, summary.unanswered), (0, 0, 0), "{summary:?}");

    programs.spawn(Role::Aar, Place::First);
    programs.ready(Role::Aar, Place::First).await;
    let rows = programs.stop().await.rows_of_equals().await;
    // Each AUTH, CRECORD and ACTIVATE once at PPPX and once at its server.
    assert!(rows >= u64::from(BOXES) * 8, "{rows} rows");
    println!("{summary:?}; {rows} rows in each REPORT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_served_by_the_twin_and_a_replay_by_neither() {
    let mut programs = Programs::start().await;
    let mut device = enrol(&programs.door, 7).await;
    let mut rng = StdRng::seed_from_u64(7);
    let now_ms = programs.door.clock().now_ms();
    let first = starred(&device.attempt(&mut rng, now_ms).document, "b-1");

    let answer = ask(&programs, Place::First, &first);
    assert_eq!(answer.0, Outcome::Ok);
    // Its answer was lost; the box asks again, and reaches the twin once that knows the box and its
    // activation: once it knows one that came after it.
    let mut later = enrol(&programs.door, 8).await;
    let probe = starred(&later.attempt(&mut rng, now_ms).document, "b-3");
    until(&programs, Place::Second, &probe, |outcome| outcome != Outcome::BadCrypto).await;
    assert_eq!(ask(&programs, Place::Second, &first), answer);
    assert_eq!(ask(&programs, Place::First, &first), answer);

    let second = starred(&device.attempt(&mut rng, now_ms + 1).document, "b-2");
    assert_eq!(ask(&programs, Place::First, &second).0, Outcome::Ok);
    assert_eq!(ask(&programs, Place::First, &first).0, Outcome::Replayed);
    until(&programs, Place::Second, &first, |outcome| outcome == Outcome::Replayed).await;

    for place in Place::ALL {
        programs.kill(Role::Aar, place);
        programs.spawn(Role::Aar, place);
        programs.ready(Role::Aar, place).await;
        assert_eq!(ask(&programs, place, &first).0, Outcome::Replayed, "{place:?}");
    }
    programs.stop().await.rows_of_equals().await;
}

/// What one twin does, the other hears of within a second: asks until it has.
async fn until(programs: &Programs, place: Place, document: &str, heard: fn(Outcome) -> bool) {
    let asked = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        while !heard(ask(programs, place, document).0) {
            tick.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), asked).await.unwrap();
}

fn starred(document: &str, bridge: &str) -> String {
    let bridge: Bridge = bridge.parse().unwrap();
    let mut text = String::new();
    Request::parse(document.as_bytes()).unwrap().star(bridge, None, None).print(&mut text);
    text
}

/// The result and the proof that one AAR gives.
fn ask(programs: &Programs, place: Place, document: &str) -> (Outcome, Option<[u8; 32]>) {
    let signer = Signer::new(&programs.site, "pppx-1", (Role::Aar, place), programs.door.clock());
    let http = signer.post(document);
    let answer = Response::parse(http.body.as_bytes()).unwrap().answer;
    let proof = match &answer {
        protocol::Answer::Auth(auth) => auth.proof.map(|proof| *proof.as_bytes()),
        _ => None,
    };
    (answer.outcome(), proof)
}
