//! One fleet, its clock, and the ends that a test asks for.

use std::cell::Cell;

use crypto::random;
use crypto::sha256;
use toki::{
    Admitted, Advice, Answer, AnswerHeaders, BOOT_MS, Callee, Caller, NotVerified, Refused,
    Request, RootFile, Signed,
};

/// An hour at which nothing happens.
pub(crate) const START_MS: i64 = 1_795_190_400_123;

pub(crate) const REQUEST: Request<'static> = Request {
    method: "POST",
    target: "/v1/boxes/list?x=1",
    authority: "aar-1.example:7003",
    content_type: "application/json",
    body: [7; 32],
    cmd: "boxes/list",
    bridge: "0199f5a4-7d2c-7c1e-8000-000000000001",
    deadline: "1900",
    exporter: None,
};

pub(crate) const ANSWER: Answer<'static> =
    Answer { status: 200, content_type: "application/json", body: [8; 32] };

/// A caller and a callee that has been up for long.
pub(crate) struct Scene {
    pub(crate) callee: Callee,
    pub(crate) caller: Caller,
    pub(crate) now_ms: Cell<i64>,
}

pub(crate) fn root() -> RootFile {
    RootFile::parse(&format!("root 6 {}\nroot 7 {} current", "61".repeat(32), "71".repeat(32)))
        .unwrap()
}

pub(crate) fn callee(name: &str, now_ms: i64) -> Callee {
    Callee::new(root().callee(&name.parse().unwrap()), now_ms, &mut random::system())
}

pub(crate) fn caller(from: &str, to: &str) -> Caller {
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    let file = root().caller(&from, &[to]);
    let (number, key) = file.callee(&to).unwrap().current();
    Caller::new(from, to, number, key.clone())
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self {
            callee: callee("aar-1", START_MS - BOOT_MS - 1),
            caller: caller("pppx-1", "aar-1"),
            now_ms: Cell::new(START_MS),
        }
    }

    /// A scene whose session is open.
    pub(crate) fn opened() -> Self {
        let scene = Self::new();
        scene.trip(&scene.caller).unwrap();
        scene
    }

    pub(crate) fn sleep(&self, ms: i64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }

    pub(crate) fn sign(&self) -> Signed {
        self.caller.sign(&REQUEST, self.now_ms.get(), &mut random::system())
    }

    pub(crate) fn verify(&self, toki: &str) -> Result<Admitted, Refused> {
        self.verify_of(toki, &REQUEST)
    }

    pub(crate) fn verify_of(&self, toki: &str, request: &Request<'_>) -> Result<Admitted, Refused> {
        self.callee.verify(toki, request, self.now_ms.get(), &mut random::system())
    }

    pub(crate) fn answer(&self, admitted: &Admitted) -> AnswerHeaders {
        admitted.answer(&ANSWER, self.now_ms.get())
    }

    pub(crate) fn hear(&self, signed: &Signed, said: &AnswerHeaders) -> Result<(), NotVerified> {
        let headers = (said.toki.as_str(), said.key.as_str());
        self.caller.verify(&signed.ticket, headers, &ANSWER, self.now_ms.get())
    }

    /// One whole exchange, without a second try.
    pub(crate) fn trip(&self, caller: &Caller) -> Result<(), Refused> {
        let now_ms = self.now_ms.get();
        let signed = caller.sign(&REQUEST, now_ms, &mut random::system());
        let said = self.answer(&self.verify(&signed.header)?);
        let headers = (said.toki.as_str(), said.key.as_str());
        caller.verify(&signed.ticket, headers, &ANSWER, now_ms).unwrap();
        Ok(())
    }

    /// As a client layer does: signs anew where the callee says that this will help.
    pub(crate) fn trips(&self, caller: &Caller, caller_ms: i64) -> usize {
        for trip in 1..=3 {
            let signed = caller.sign(&REQUEST, caller_ms, &mut random::system());
            match self.verify(&signed.header) {
                Ok(admitted) => {
                    let said = self.answer(&admitted);
                    let headers = (said.toki.as_str(), said.key.as_str());
                    caller.verify(&signed.ticket, headers, &ANSWER, caller_ms).unwrap();
                    return trip;
                }
                Err(refused) => {
                    let advice = caller.refused(&signed.ticket, &refused.header, caller_ms);
                    assert_eq!(advice, Advice::Resend(refused.refusal));
                }
            }
        }
        panic!("three requests in a row were refused")
    }
}

/// A body that was not signed.
pub(crate) fn other_body() -> [u8; 32] {
    sha256(b"another body")
}
