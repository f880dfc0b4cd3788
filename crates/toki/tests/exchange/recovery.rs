//! Lost answers, restarts, skewed clocks, new keys, clones: the legitimate caller goes on.

use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use crypto::{Secret32, random};
use rand::SeedableRng;
use rand::rngs::StdRng;
use toki::header::{AnswerHeader, Last, RequestHeader};
use toki::{
    Advice, Callee, CalleeFile, Caller, GENERATION_MS, KeyNumber, PREVIOUS_MS, Proof, REOPEN_MS,
    Refusal, SESSION_MS, SESSIONS_PER_CALLER, canon, derive,
};

use crate::scene::{ANSWER, REQUEST, START_MS, Scene, callee, caller, root};

fn generation(scene: &Scene) -> u32 {
    let signed = scene.sign();
    let admitted = scene.verify(&signed.header).unwrap();
    scene.hear(&signed, &scene.answer(&admitted)).unwrap();
    admitted.generation()
}

#[test]
fn an_opening_costs_no_extra_trip() {
    let scene = Scene::new();
    assert_eq!(scene.trips(&scene.caller, START_MS), 1);
    assert!(!scene.sign().ticket.opened());
}

#[test]
fn generations_roll_by_count_and_by_time() {
    let scene = Scene::opened();
    for _ in 0..1024 {
        assert_eq!(generation(&scene), 1);
    }
    assert_eq!(generation(&scene), 2);
    scene.sleep(GENERATION_MS);
    assert_eq!(generation(&scene), 2, "its answer offers the next one");
    assert_eq!(generation(&scene), 3);
}

#[test]
fn a_lost_roll_costs_nothing() {
    let scene = Scene::opened();
    scene.sleep(GENERATION_MS);
    for _ in 0..5 {
        let lost = scene.sign();
        scene.verify(&lost.header).unwrap();
    }
    assert_eq!(generation(&scene), 1);
    assert_eq!(generation(&scene), 2);
}

#[test]
fn the_previous_generation_is_good_for_10_s() {
    let scene = Scene::opened();
    scene.sleep(GENERATION_MS);
    let late: Vec<_> = (0..2).map(|_| scene.sign()).collect();
    assert_eq!(generation(&scene), 1);
    assert_eq!(generation(&scene), 2);
    scene.sleep(PREVIOUS_MS - 1);
    let said = scene.answer(&scene.verify(&late[0].header).unwrap());
    scene.hear(&late[0], &said).unwrap();
    scene.sleep(1);
    let refused = scene.verify(&late[1].header).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Stale);
    let advice = scene.caller.refused(&late[1].ticket, &refused.header, scene.now_ms.get());
    assert_eq!(advice, Advice::Resend(Refusal::Stale));
    assert_eq!(generation(&scene), 2);
}

#[test]
fn a_fresh_exchange_every_15_minutes() {
    let scene = Scene::opened();
    scene.sleep(REOPEN_MS);
    let opening = scene.sign();
    assert!(opening.ticket.opened());
    assert!(!scene.sign().ticket.opened(), "the others go on meanwhile");
    let said = scene.answer(&scene.verify(&opening.header).unwrap());
    scene.hear(&opening, &said).unwrap();
    scene.trip(&scene.caller).unwrap();
    assert_eq!(scene.callee.sessions().values().sum::<usize>(), 2);
    // A lost answer: another request tries it 5 s later.
    scene.sleep(REOPEN_MS);
    assert!(scene.sign().ticket.opened());
    scene.sleep(4_999);
    assert!(!scene.sign().ticket.opened());
    scene.sleep(1);
    assert!(scene.sign().ticket.opened());
}

#[test]
fn a_session_ends_after_20_minutes() {
    let scene = Scene::opened();
    let signed = scene.sign();
    scene.sleep(SESSION_MS);
    assert_eq!(scene.verify(&signed.header).unwrap_err().refusal, Refusal::UnknownSession);
    assert_eq!(scene.trips(&scene.caller, scene.now_ms.get()), 1);
}

#[test]
fn both_ends_restart_at_one_extra_trip() {
    let mut scene = Scene::opened();
    scene.callee = callee("aar-1", scene.now_ms.get());
    assert_eq!(scene.trips(&scene.caller, START_MS), 2, "the callee restarted");
    assert_eq!(scene.trips(&scene.caller, START_MS), 1);
    scene.caller = caller("pppx-1", "aar-1");
    scene.sleep(60_000);
    assert_eq!(scene.trips(&scene.caller, scene.now_ms.get()), 1, "the caller restarted");
    scene.callee = callee("aar-1", scene.now_ms.get());
    scene.caller = caller("pppx-1", "aar-1");
    assert_eq!(scene.trips(&scene.caller, scene.now_ms.get()), 2, "both restarted");
}

#[test]
fn a_wrong_clock_costs_one_extra_trip() {
    for off_ms in [-86_400_000, -11_000, 11_000, 86_400_000] {
        let mut scene = Scene::new();
        assert_eq!(scene.trips(&scene.caller, START_MS + off_ms), 2);
        assert_eq!(scene.trips(&scene.caller, START_MS + off_ms), 1);
        // And no second one where the callee has just started.
        scene.callee = callee("aar-1", START_MS);
        let new = caller("pppx-1", "aar-1");
        assert_eq!(scene.trips(&new, START_MS + off_ms), 2);
        // The clock is set later.
        assert_eq!(scene.trips(&new, START_MS), if off_ms.abs() <= 30_000 { 1 } else { 2 });
    }
}

#[test]
fn an_unproven_refusal_changes_nothing() {
    let scene = Scene::opened();
    let signed = scene.sign();
    for word in Refusal::ALL {
        let advice = scene.caller.refused(&signed.ticket, word.as_str(), START_MS);
        assert_eq!(advice, Advice::Unproven, "{word}");
    }
    assert!(!scene.sign().ticket.opened());
}

/// A scene with a second holder of its caller's state: the same draws, and the same answer.
fn cloned() -> (Scene, Caller) {
    let scene = Scene::new();
    let clone = caller("pppx-1", "aar-1");
    let drawn = || StdRng::seed_from_u64(7);
    let opening = scene.caller.sign(&REQUEST, START_MS, &mut drawn());
    let same = clone.sign(&REQUEST, START_MS, &mut drawn());
    assert_eq!(opening.header, same.header);
    let said = scene.answer(&scene.verify(&opening.header).unwrap());
    scene.hear(&opening, &said).unwrap();
    let headers = (said.toki.as_str(), said.key.as_str());
    clone.verify(&same.ticket, headers, &ANSWER, START_MS).unwrap();
    (scene, clone)
}

#[test]
fn a_clone_ends_the_session_and_is_found() {
    let (scene, clone) = cloned();
    let theirs = clone.sign(&REQUEST, START_MS + 1, &mut random::system());
    scene.verify(&theirs.header).unwrap();
    let mine = scene.sign();
    let refused = scene.verify(&mine.header).unwrap_err();
    assert_eq!(refused.refusal, Refusal::BadChain);
    assert!(scene.callee.sessions().is_empty());
    let advice = scene.caller.refused(&mine.ticket, &refused.header, scene.now_ms.get());
    assert_eq!(advice, Advice::Resend(Refusal::BadChain));
    scene.trip(&scene.caller).unwrap();
}

#[test]
fn a_clone_that_jumps_ahead_costs_one_extra_trip() {
    let (scene, clone) = cloned();
    let ahead: Vec<_> =
        (0..1100).map(|_| clone.sign(&REQUEST, START_MS, &mut random::system())).collect();
    scene.verify(&ahead.last().unwrap().header).unwrap();
    assert_eq!(scene.trips(&scene.caller, scene.now_ms.get()), 2);
    assert_eq!(scene.trips(&scene.caller, scene.now_ms.get()), 1);
}

/// A session without X25519, whose keys the test derives by itself.
struct Bare {
    requests: Secret32,
    header: RequestHeader,
    first: Proof,
}

impl Bare {
    fn open(scene: &Scene) -> Self {
        let mut header: RequestHeader = scene.sign().header.parse().unwrap();
        header.share = None;
        let opening = derive::opening(&shared_key(0x71), &header.session);
        let asked = canon::request(&REQUEST, &"aar-1".parse().unwrap(), &header);
        header.seal = derive::seal(&derive::opening_seal_key(&opening), &asked);
        let said = scene.answer(&scene.verify(&header.to_string()).unwrap());
        let answer: AnswerHeader = said.toki.parse().unwrap();
        let nonce = answer.roll.unwrap();
        let chain = derive::first_chain_key(&opening, None, &nonce, &crypto::sha256(&asked));
        let key = derive::answer_key(&derive::answers_key(&chain), 1, &header.seal);
        let first = derive::proof(&key);
        assert_eq!(first.to_string(), said.key);
        Self { requests: derive::request_seal_key(&chain), header, first }
    }

    fn sign(&self, n: u64, last: Option<Last>) -> String {
        let mut header = RequestHeader { generation: 1, n, last, ..self.header };
        let asked = canon::request(&REQUEST, &"aar-1".parse().unwrap(), &header);
        header.seal = derive::seal(&self.requests, &asked);
        header.to_string()
    }
}

#[test]
fn a_wrong_proof_under_a_right_seal_ends_the_session() {
    let scene = Scene::new();
    let bare = Bare::open(&scene);
    let right = Some(Last { n: 1, proof: bare.first });
    let wrong = Some(Last { n: 1, proof: Proof::new([0; 8]) });
    scene.verify(&bare.sign(2, right)).unwrap();
    scene.verify(&bare.sign(3, None)).unwrap();
    assert_eq!(scene.verify(&bare.sign(4, wrong)).unwrap_err().refusal, Refusal::BadChain);
    let after = scene.verify(&bare.sign(5, right)).unwrap_err().refusal;
    assert_eq!(after, Refusal::UnknownSession);
}

#[test]
fn a_proof_older_than_64_answers_is_ignored() {
    let scene = Scene::new();
    let bare = Bare::open(&scene);
    for n in 2..=65 {
        scene.verify(&bare.sign(n, None)).unwrap();
    }
    let wrong = Some(Last { n: 1, proof: Proof::new([0; 8]) });
    scene.verify(&bare.sign(66, wrong)).unwrap();
}

fn shared_key(root: u8) -> Secret32 {
    let root = Secret32::new([root; 32]);
    let callee = derive::callee_key(&root, &"aar-1".parse().unwrap());
    derive::caller_key(&callee, &"pppx-1".parse().unwrap())
}

#[test]
fn a_new_key_is_taken_at_the_next_opening() {
    let scene = Scene::opened();
    let old = |text: String| -> CalleeFile {
        let lines: Vec<&str> = text.lines().filter(|it| it.contains(" 6 ")).collect();
        CalleeFile::parse(&lines.join("\n")).unwrap()
    };
    // Key 7 goes away: its session ends, and what is signed under 7 is refused.
    scene.callee.reload(old(root().callee(&"aar-1".parse().unwrap()).print()));
    let signed = scene.sign();
    let refused = scene.verify(&signed.header).unwrap_err();
    assert_eq!((refused.refusal, refused.header.as_str()), (Refusal::UnknownKey, "unknown-key"));
    let advice = scene.caller.refused(&signed.ticket, &refused.header, START_MS);
    assert_eq!(advice, Advice::Unproven, "nothing else to try yet");
    scene.caller.rekey(KeyNumber::new(6).unwrap(), shared_key(0x61));
    let signed = scene.sign();
    assert!(!signed.ticket.opened(), "the session goes on until its callee says otherwise");
    let refused = scene.verify(&signed.header).unwrap_err();
    let advice = scene.caller.refused(&signed.ticket, &refused.header, START_MS);
    assert_eq!(advice, Advice::Resend(Refusal::UnknownKey));
    scene.trip(&scene.caller).unwrap();
}

#[test]
fn a_forgotten_caller_opens_anew() {
    // Its clock was ahead when it opened: its next opening has an earlier time.
    for off_ms in [0, 9_000] {
        let scene = Scene::new();
        let at_ms = scene.now_ms.get() + off_ms;
        assert_eq!(scene.trips(&scene.caller, at_ms), 1);
        scene.callee.forget(&"pppx-1".parse().unwrap());
        assert!(scene.callee.sessions().is_empty());
        assert_eq!(scene.trips(&scene.caller, at_ms), 2);
    }
}

#[test]
fn sessions_are_bounded_and_pushed_out_openings_do_not_return() {
    let scene = Scene::new();
    let first = scene.sign();
    scene.verify(&first.header).unwrap();
    for _ in 0..SESSIONS_PER_CALLER + 10 {
        scene.sleep(1);
        scene.trip(&caller("pppx-1", "aar-1")).unwrap();
    }
    assert_eq!(scene.callee.sessions().values().sum::<usize>(), SESSIONS_PER_CALLER);
    assert_eq!(scene.verify(&first.header).unwrap_err().refusal, Refusal::Replayed);
    scene.sleep(1);
    assert_eq!(scene.trips(&scene.caller, scene.now_ms.get()), 1);
}

/// Sixty-four callers on one session: every third answer is lost, both ends restart in between.
#[test]
fn sixty_four_at_once_are_all_served() {
    let mut scene = Scene::new();
    let clock = AtomicI64::new(START_MS);
    for round in 0..6 {
        if round == 2 || round == 5 {
            scene.callee = callee("aar-1", clock.load(Ordering::Relaxed));
        }
        if 3 < round {
            scene.caller = caller("pppx-1", "aar-1");
        }
        let (scene, clock) = ((&scene.caller, &scene.callee), &clock);
        thread::scope(|scope| {
            for worker in 0..64 {
                scope.spawn(move || {
                    for step in 0..20 {
                        let lost = (worker + step) % 3 == 0;
                        assert!(serve(scene, clock, lost) <= 2, "more than one extra trip");
                    }
                });
            }
        });
    }
}

/// Sends one request until it is taken, and says how often.
fn serve((caller, callee): (&Caller, &Callee), clock: &AtomicI64, lost: bool) -> usize {
    for trip in 1..=3 {
        let rng = &mut random::system();
        let now_ms = clock.fetch_add(1, Ordering::Relaxed);
        let signed = caller.sign(&REQUEST, now_ms, rng);
        match callee.verify(&signed.header, &REQUEST, now_ms, rng) {
            Ok(_) if lost => return trip,
            Ok(admitted) => {
                let said = admitted.answer(&ANSWER, now_ms);
                let headers = (said.toki.as_str(), said.key.as_str());
                caller.verify(&signed.ticket, headers, &ANSWER, now_ms).unwrap();
                return trip;
            }
            Err(refused) => {
                let advice = caller.refused(&signed.ticket, &refused.header, now_ms);
                assert_eq!(advice, Advice::Resend(refused.refusal));
            }
        }
    }
    panic!("three requests in a row were refused")
}
