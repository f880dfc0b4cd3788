//! The end that is called: checks requests, makes answers' headers.

use std::collections::BTreeMap;

use crypto::random::CryptoRng;
use crypto::{Secret32, sha256};
use protocol::{Instance, PrincipalName};

use crate::canon::{self, Answer, Request};
use crate::derive;
use crate::exchange::Ephemeral;
use crate::form::{KeyNumber, Nonce, Proof, Seal, SessionId, Share, clamp_ms};
use crate::generation::Generation;
use crate::header::{AnswerHeader, ErrorHeader, ErrorSeal, RequestHeader};
use crate::key_file::CalleeFile;
use crate::keyed::Keyed;
use crate::refusal::Refusal;
use crate::session::{Passed, Session};
use crate::sessions::Sessions;
use crate::sync::{Arc, Mutex, lock};

/// How far the time of an opening may be from the callee's.
pub const OPENING_SKEW_MS: u64 = 10_000;
/// So long after its start a callee asks openings for a nonce: an opening that it took before
/// the restart, stamped 10 s ahead, would be fresh for 20 s.
pub const BOOT_MS: i64 = 20_000;

/// One instance that is called. Safe to share between threads.
#[derive(Debug)]
pub struct Callee {
    name: Instance,
    keys: Mutex<Arc<CalleeFile>>,
    boot: Nonce,
    boot_ms: i64,
    sessions: Mutex<Sessions>,
}

/// A request whose toki is good: what its answer needs.
#[derive(Debug)]
pub struct Admitted {
    from: PrincipalName,
    key: KeyNumber,
    session: SessionId,
    n: u64,
    seal: Seal,
    share: Option<Share>,
    passed: Passed,
}

/// What the answer carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerHeaders {
    /// The header `oscartoki`.
    pub toki: String,
    /// The header `oscartokikey`.
    pub key: String,
}

/// A request whose toki is not good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The header `oscartoki-error`.
    pub header: String,
    /// Whom the toki names; nothing proves it.
    pub claimed: Option<PrincipalName>,
}

// === impl Callee ===

impl Callee {
    /// Starts without sessions.
    pub fn new(keys: CalleeFile, now_ms: i64, rng: &mut impl CryptoRng) -> Self {
        Self {
            name: *keys.name(),
            keys: Mutex::new(Arc::new(keys)),
            boot: Nonce::random(rng),
            boot_ms: now_ms,
            sessions: Mutex::default(),
        }
    }

    /// Takes other keys; sessions under a number that is gone end with their next request.
    pub fn reload(&self, keys: CalleeFile) {
        *lock(&self.keys) = Arc::new(keys);
    }

    /// Drops every session of a caller.
    pub fn forget(&self, from: &PrincipalName) {
        lock(&self.sessions).kill_all(from);
    }

    /// How many sessions each caller has open.
    pub fn sessions(&self) -> BTreeMap<PrincipalName, usize> {
        lock(&self.sessions).count()
    }

    /// Checks the toki of a request.
    ///
    /// # Errors
    /// [`Refused`], with the header that says so. Nothing is changed then, save that
    /// [`Refusal::BadChain`] ends the session.
    pub fn verify(
        &self,
        toki: &str,
        request: &Request<'_>,
        now_ms: i64,
        rng: &mut impl CryptoRng,
    ) -> Result<Admitted, Refused> {
        let header = toki.parse::<RequestHeader>();
        let header = header.map_err(|_| Refused::plain(Refusal::Malformed, None))?;
        let plain = |refusal| Refused::plain(refusal, Some(header.from));
        if header.to.is_some_and(|to| to != self.name) {
            return Err(plain(Refusal::WrongAudience));
        }
        let keys = Arc::clone(&lock(&self.keys));
        let key = keys.key(header.key).ok_or_else(|| plain(Refusal::UnknownKey))?;
        let judged = if header.opens() {
            self.open(&header, &opening_of(key, &header), request, (now_ms, rng))
        } else {
            self.pass(&header, request, now_ms, rng)
        };
        judged.map_err(|refusal| {
            let opening = opening_of(key, &header);
            self.refuse(refusal, (&header, toki), &opening, now_ms)
        })
    }

    /// Judges an opening: start, time, whether it was seen, seal.
    fn open(
        &self,
        header: &RequestHeader,
        opening: &Secret32,
        request: &Request<'_>,
        (now_ms, rng): (i64, &mut impl CryptoRng),
    ) -> Result<Admitted, Refusal> {
        if self.boot_due(now_ms).is_some_and(|due| header.boot != Some(due)) {
            return Err(Refusal::UnknownSession);
        }
        if OPENING_SKEW_MS < header.time_ms.abs_diff(now_ms) {
            return Err(Refusal::Stale);
        }
        lock(&self.sessions).admit(&header.session, &header.from, header.time_ms)?;
        let canon = canon::request(request, &self.name, header);
        let key = derive::opening_seal_key(opening);
        if !derive::seal(&key, &canon).same(header.seal) {
            return Err(Refusal::BadSeal);
        }
        let (share, shared) = agree(header, rng).ok_or(Refusal::Malformed)?;
        let nonce = Nonce::random(rng);
        let chain = derive::first_chain_key(opening, shared.as_ref(), &nonce, &sha256(&canon));
        let first = Generation::first(chain);
        let answer_key = Keyed::new(&first.answers.answer_key(header.n, &header.seal));
        let proof = answer_key.proof();
        let session = Session::new(header, first, proof, now_ms);
        let times = (header.time_ms, now_ms);
        lock(&self.sessions).insert(header.session, header.from, times, session)?;
        let passed = Passed { generation: 1, answer_key, proof, roll: Some(nonce) };
        Ok(Admitted::new(header, share, passed))
    }

    /// Judges a request within a session.
    fn pass(
        &self,
        header: &RequestHeader,
        request: &Request<'_>,
        now_ms: i64,
        rng: &mut impl CryptoRng,
    ) -> Result<Admitted, Refusal> {
        let session = lock(&self.sessions).find(&header.session, now_ms);
        let session = session.ok_or(Refusal::UnknownSession)?;
        let canon = canon::request(request, &self.name, header);
        let mut session = lock(&session);
        if !session.belongs(header) {
            return Err(Refusal::UnknownSession);
        }
        let passed = session.verify(header, &canon, now_ms, rng);
        drop(session);
        if let Err(Refusal::BadChain) = passed {
            lock(&self.sessions).kill(&header.session, &header.from);
        }
        Ok(Admitted::new(header, None, passed?))
    }

    fn refuse(
        &self,
        refusal: Refusal,
        (header, toki): (&RequestHeader, &str),
        opening: &Secret32,
        now_ms: i64,
    ) -> Refused {
        let time_ms = clamp_ms(now_ms);
        let boot = self.boot_due(now_ms);
        let canon = canon::refusal(refusal, time_ms, boot, &sha256(toki.as_bytes()));
        let seal = derive::seal(&derive::refusal_seal_key(opening), &canon);
        let sealed = Some(ErrorSeal { time_ms, boot, seal });
        let text = ErrorHeader { refusal, sealed }.to_string();
        Refused { refusal, header: text, claimed: Some(header.from) }
    }

    /// The nonce that openings must name now.
    fn boot_due(&self, now_ms: i64) -> Option<Nonce> {
        (now_ms.saturating_sub(self.boot_ms) <= BOOT_MS).then_some(self.boot)
    }
}

// === impl Admitted ===

impl Admitted {
    fn new(header: &RequestHeader, share: Option<Share>, passed: Passed) -> Self {
        Self {
            from: header.from,
            key: header.key,
            session: header.session,
            n: header.n,
            seal: header.seal,
            share,
            passed,
        }
    }

    /// Who asks: the seal has proved it.
    pub const fn from(&self) -> &PrincipalName {
        &self.from
    }

    /// The number of the key under which the session was opened.
    pub const fn key(&self) -> KeyNumber {
        self.key
    }

    /// The generation of the keys that seal the answer.
    pub const fn generation(&self) -> u32 {
        self.passed.generation
    }

    /// The request's number in its session.
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// Makes the headers of the answer.
    pub fn answer(&self, answer: &Answer<'_>, now_ms: i64) -> AnswerHeaders {
        let mut header = AnswerHeader {
            session: self.session,
            generation: self.passed.generation,
            n: self.n,
            time_ms: clamp_ms(now_ms),
            share: self.share,
            roll: self.passed.roll,
            seal: self.seal,
        };
        let canon = canon::answer(answer, &self.seal, &header);
        header.seal = self.passed.answer_key.seal(&canon);
        let proof: &Proof = &self.passed.proof;
        AnswerHeaders { toki: header.print(), key: proof.to_string() }
    }
}

// === impl Refused ===

impl Refused {
    /// A refusal where no key is shared.
    fn plain(refusal: Refusal, claimed: Option<PrincipalName>) -> Self {
        let header = ErrorHeader { refusal, sealed: None }.to_string();
        Self { refusal, header, claimed }
    }
}

/// The secret that both ends of the session that a header names could know before it is open.
fn opening_of(callee_key: &Secret32, header: &RequestHeader) -> Secret32 {
    derive::opening(&derive::caller_key(callee_key, &header.from), &header.session)
}

/// Answers the caller's share, where it has one; `None` where that is of low order.
fn agree(
    header: &RequestHeader,
    rng: &mut impl CryptoRng,
) -> Option<(Option<Share>, Option<Secret32>)> {
    let Some(theirs) = &header.share else { return Some((None, None)) };
    let own = Ephemeral::random(rng);
    let shared = own.agree(theirs)?;
    Some((Some(own.share()), Some(shared)))
}
