//! Every order in which two threads can take the locks, tried one after the other: `make loom`.
#![cfg(loom)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crypto::random;
use loom::sync::Arc;
use loom::thread;
use rand::SeedableRng;
use rand::rngs::StdRng;
use toki::header::{AnswerHeader, RequestHeader};
use toki::{Admitted, Answer, Callee, Caller, GENERATION_MS, Refusal, Request, RootFile, Signed};

const START_MS: i64 = 1_795_190_400_123;
const REQUEST: Request<'static> = Request {
    method: "POST",
    target: "/",
    authority: "aar-1.example:7003",
    content_type: "application/xml",
    body: [7; 32],
    cmd: "AUTH*",
    bridge: "",
    deadline: "",
    exporter: None,
};
const ANSWER: Answer<'static> =
    Answer { status: 200, content_type: "application/xml", body: [8; 32] };

/// Both ends, shared by the threads of a model.
#[derive(Clone)]
struct Ends {
    callee: Arc<Callee>,
    caller: Arc<Caller>,
}

// === impl Ends ===

impl Ends {
    /// A callee that has been up for long, and a caller without a session.
    fn new() -> Self {
        let root = RootFile::parse(&format!("root 7 {}", "71".repeat(32))).unwrap();
        let keys = root.callee(&"aar-1".parse().unwrap());
        let callee = Callee::new(keys, START_MS - 60_000, &mut random::system());
        Self { callee: Arc::new(callee), caller: Arc::new(caller()) }
    }

    /// The same with an open session.
    fn opened() -> Self {
        let ends = Self::new();
        ends.trip(&ends.caller, START_MS);
        ends
    }

    /// The same, and a second holder of the caller's state: who draws the same holds the same.
    fn cloned() -> (Self, Caller) {
        let (ends, clone) = (Self::new(), caller());
        let drawn = || StdRng::seed_from_u64(1);
        let signed = ends.caller.sign(&REQUEST, START_MS, &mut drawn());
        let same = clone.sign(&REQUEST, START_MS, &mut drawn());
        let admitted = ends.verify(&signed.header, START_MS).unwrap();
        Self::answer(&ends.caller, &signed, &admitted, START_MS);
        Self::answer(&clone, &same, &admitted, START_MS);
        (ends, clone)
    }

    fn sign(&self, now_ms: i64) -> Signed {
        self.caller.sign(&REQUEST, now_ms, &mut StdRng::seed_from_u64(1))
    }

    fn verify(&self, toki: &str, now_ms: i64) -> Result<Admitted, Refusal> {
        let verdict = self.callee.verify(toki, &REQUEST, now_ms, &mut random::system());
        verdict.map_err(|it| it.refusal)
    }

    /// The answer, heard by a caller; with what it offers.
    fn answer(caller: &Caller, signed: &Signed, admitted: &Admitted, now_ms: i64) -> AnswerHeader {
        let said = admitted.answer(&ANSWER, now_ms);
        caller.verify(&signed.ticket, (&said.toki, &said.key), &ANSWER, now_ms).unwrap();
        said.toki.parse().unwrap()
    }

    fn trip(&self, caller: &Caller, now_ms: i64) {
        let signed = caller.sign(&REQUEST, now_ms, &mut StdRng::seed_from_u64(1));
        let admitted = self.verify(&signed.header, now_ms).unwrap();
        Self::answer(caller, &signed, &admitted, now_ms);
    }

    /// Two tokis at once: both verdicts.
    fn both(&self, one: &str, other: &str, now_ms: i64) -> [Result<Admitted, Refusal>; 2] {
        let (ends, one) = (self.clone(), one.to_owned());
        let beside = thread::spawn(move || ends.verify(&one, now_ms));
        let other = self.verify(other, now_ms);
        [beside.join().unwrap(), other]
    }

    fn sessions(&self) -> usize {
        self.callee.sessions().values().sum()
    }
}

fn caller() -> Caller {
    let root = RootFile::parse(&format!("root 7 {}", "71".repeat(32))).unwrap();
    let (from, to) = ("pppx-1".parse().unwrap(), "aar-1".parse().unwrap());
    let file = root.caller(&from, &[to]);
    let (number, key) = file.callee(&to).unwrap().current();
    Caller::new(from, to, number, key.clone())
}

fn refusal(verdict: &Result<Admitted, Refusal>) -> Option<Refusal> {
    verdict.as_ref().err().copied()
}

/// One was admitted, and the other is a replay.
fn once(verdicts: &[Result<Admitted, Refusal>; 2]) {
    let mut words = verdicts.each_ref().map(refusal);
    words.sort();
    assert_eq!(words, [None, Some(Refusal::Replayed)]);
}

#[test]
fn a_request_is_admitted_once() {
    loom::model(|| {
        let ends = Ends::opened();
        let signed = ends.sign(START_MS);
        once(&ends.both(&signed.header, &signed.header, START_MS));
    });
}

#[test]
fn an_opening_is_admitted_once() {
    loom::model(|| {
        let ends = Ends::new();
        let signed = ends.sign(START_MS);
        once(&ends.both(&signed.header, &signed.header, START_MS));
        assert_eq!(ends.sessions(), 1);
    });
}

#[test]
fn two_numbers_are_both_admitted() {
    loom::model(|| {
        let ends = Ends::opened();
        let [one, other] = [(); 2].map(|()| ends.sign(START_MS));
        let verdicts = ends.both(&one.header, &other.header, START_MS);
        assert_eq!(verdicts.each_ref().map(refusal), [None, None]);
        for signed in [one, other] {
            let again = ends.verify(&signed.header, START_MS);
            assert_eq!(refusal(&again), Some(Refusal::Replayed));
        }
    });
}

#[test]
fn a_clone_ends_the_session_whatever_runs_beside_it() {
    loom::model(|| {
        let (ends, clone) = Ends::cloned();
        ends.trip(&ends.caller, START_MS);
        // The number that was answered just now, under another seal; and the next one.
        let theirs = clone.sign(&REQUEST, START_MS + 1, &mut random::system());
        let mine = ends.sign(START_MS);
        let [theirs, mine] = ends.both(&theirs.header, &mine.header, START_MS);
        assert_eq!(refusal(&theirs), Some(Refusal::BadChain));
        assert!([None, Some(Refusal::UnknownSession)].contains(&refusal(&mine)));
        assert_eq!(ends.sessions(), 0);
        let late = ends.verify(&ends.sign(START_MS).header, START_MS);
        assert_eq!(refusal(&late), Some(Refusal::UnknownSession));
    });
}

#[test]
fn two_holders_of_one_number_end_the_session_in_any_order() {
    loom::model(|| {
        let (ends, clone) = Ends::cloned();
        let theirs = clone.sign(&REQUEST, START_MS + 1, &mut random::system());
        let verdicts = ends.both(&theirs.header, &ends.sign(START_MS).header, START_MS);
        let mut words = verdicts.each_ref().map(refusal);
        words.sort();
        assert_eq!(words, [None, Some(Refusal::BadChain)]);
        assert_eq!(ends.sessions(), 0);
    });
}

#[test]
fn two_requests_are_offered_one_next_generation() {
    loom::model(|| {
        let ends = Ends::opened();
        let late_ms = START_MS + GENERATION_MS;
        let signed = [(); 2].map(|()| ends.sign(late_ms));
        let verdicts = ends.both(&signed[0].header, &signed[1].header, late_ms);
        let offered = signed.iter().zip(verdicts).map(|(signed, verdict)| {
            Ends::answer(&ends.caller, signed, &verdict.unwrap(), late_ms).roll
        });
        let offered: Vec<_> = offered.collect();
        assert!(offered[0].is_some());
        assert_eq!(offered[0], offered[1]);
    });
}

#[test]
fn a_generation_that_overtakes_the_last_pushes_nobody_out() {
    loom::model(|| {
        let ends = Ends::opened();
        let late_ms = START_MS + GENERATION_MS;
        let before = ends.sign(late_ms);
        ends.trip(&ends.caller, late_ms);
        let after = ends.sign(late_ms);
        let generation = |it: &Signed| it.header.parse::<RequestHeader>().unwrap().generation;
        assert_eq!([&before, &after].map(generation), [1, 2]);
        let verdicts = ends.both(&before.header, &after.header, late_ms);
        assert_eq!(verdicts.each_ref().map(refusal), [None, None]);
    });
}

#[test]
fn whoever_is_forgotten_has_no_session_left() {
    loom::model(|| {
        let ends = Ends::opened();
        let signed = ends.sign(START_MS);
        let beside = ends.clone();
        let forgets = thread::spawn(move || beside.callee.forget(&"pppx-1".parse().unwrap()));
        let verdict = ends.verify(&signed.header, START_MS);
        forgets.join().unwrap();
        assert!([None, Some(Refusal::UnknownSession)].contains(&refusal(&verdict)));
        assert_eq!(ends.sessions(), 0);
    });
}

#[test]
fn threads_of_a_caller_never_seal_one_number_twice() {
    loom::model(|| {
        let ends = Ends::opened();
        let beside = ends.clone();
        let signs = thread::spawn(move || beside.sign(START_MS).header);
        let mine = ends.sign(START_MS).header;
        let theirs = signs.join().unwrap();
        let number = |it: &str| it.parse::<RequestHeader>().unwrap().n;
        let mut numbers = [number(&mine), number(&theirs)];
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3]);
    });
}

#[test]
fn of_two_openings_at_once_a_caller_keeps_one() {
    loom::model(|| {
        let ends = Ends::new();
        let one = ends.caller.sign(&REQUEST, START_MS, &mut random::system());
        let other = ends.caller.sign(&REQUEST, START_MS, &mut random::system());
        let admitted = [&one, &other].map(|it| ends.verify(&it.header, START_MS).unwrap());
        let [first, second] = admitted;
        let beside = ends.clone();
        let hears = thread::spawn(move || {
            Ends::answer(&beside.caller, &one, &first, START_MS);
        });
        Ends::answer(&ends.caller, &other, &second, START_MS);
        hears.join().unwrap();
        let [three, four] = [(); 2].map(|()| ends.sign(START_MS).header);
        let session = |it: &str| it.parse::<RequestHeader>().unwrap().session;
        assert_eq!(session(&three), session(&four));
        assert!(ends.verify(&three, START_MS).is_ok());
    });
}
