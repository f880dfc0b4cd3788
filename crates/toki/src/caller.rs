//! The end that calls: signs requests, checks answers.

use std::borrow::Cow;

use crypto::random::CryptoRng;
use crypto::{Secret32, sha256};
use protocol::{Instance, PrincipalName};

use crate::canon::{self, Answer, Request};
use crate::derive;
use crate::exchange::Ephemeral;
use crate::form::{KeyNumber, MAX_NUMBER, Nonce, Proof, Seal, SessionId, clamp_ms};
use crate::generation::Generation;
use crate::header::{AnswerHeader, ErrorHeader, ErrorSeal, Last, RequestHeader};
use crate::keyed::Keyed;
use crate::refusal::Refusal;
use crate::sync::{Mutex, lock};

/// After so long one request opens a fresh session, with a fresh X25519.
pub const REOPEN_MS: i64 = 15 * 60_000;
/// So long a caller waits for the answer to that opening before another one.
const REOPENING_MS: i64 = 5_000;
/// After so long a session is not used any more; its callee ends it a minute later.
const LIFE_MS: i64 = 19 * 60_000;

/// One caller towards one callee. Safe to share between threads.
#[derive(Debug)]
pub struct Caller {
    from: PrincipalName,
    to: Instance,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    number: KeyNumber,
    key: Secret32,
    session: Option<Held>,
    /// What to add to the own clock to get the callee's.
    offset_ms: Option<i64>,
    boot: Option<Nonce>,
    reopening_ms: Option<i64>,
}

/// The session in use.
#[derive(Debug)]
struct Held {
    id: SessionId,
    number: KeyNumber,
    key: Secret32,
    generation: Generation,
    n: u64,
    last: Last,
    opened_ms: i64,
}

/// A request's toki, and what is needed to check its answer.
#[derive(Debug)]
pub struct Signed {
    /// The header `oscartoki`.
    pub header: String,
    /// Checks the answer.
    pub ticket: Ticket,
}

/// What checks the answer to one request.
#[derive(Debug)]
pub struct Ticket {
    number: KeyNumber,
    key: Secret32,
    session: SessionId,
    n: u64,
    seal: Seal,
    /// The header; it is hashed where a refusal is to be believed.
    asked: String,
    keys: Keys,
}

/// Where the keys of an answer come from.
#[derive(Debug)]
enum Keys {
    Opening { ephemeral: Ephemeral, canon_hash: [u8; 32] },
    Within { generation: u32, answers: Keyed },
}

/// An answer is not the callee's to this request: it must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("answer is not proved to be the callee's")]
pub struct NotVerified;

/// What to do after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The callee said so, and a request that is signed anew will pass. Do it once or twice.
    Resend(Refusal),
    /// The callee said so, and signing anew will not help.
    Refused(Refusal),
    /// Nobody knows who said so: treat it as no answer.
    Unproven,
}

// === impl Caller ===

impl Caller {
    /// Starts without a session, under the current key shared with the callee.
    pub fn new(from: PrincipalName, to: Instance, number: KeyNumber, key: Secret32) -> Self {
        let state =
            State { number, key, session: None, offset_ms: None, boot: None, reopening_ms: None };
        Self { from, to, state: Mutex::new(state) }
    }

    /// Takes another key, which the next opening uses.
    pub fn rekey(&self, number: KeyNumber, key: Secret32) {
        let mut state = lock(&self.state);
        state.number = number;
        state.key = key;
    }

    /// Signs a request, within the session or by opening one.
    pub fn sign(&self, request: &Request<'_>, now_ms: i64, rng: &mut impl CryptoRng) -> Signed {
        let mut state = lock(&self.state);
        state.settle(now_ms);
        if state.session.is_none() || state.reopens(now_ms) {
            return self.open(&state, request, now_ms, rng);
        }
        let header = state.next_header(self, request, now_ms);
        match (header, &state.session) {
            (Some(header), Some(held)) => self.within(held, request, header),
            _ => self.open(&state, request, now_ms, rng),
        }
    }

    /// Checks an answer by its two headers; it must not be used where this fails.
    ///
    /// # Errors
    /// [`NotVerified`] where a header or anything that it covers is not the callee's.
    pub fn verify(
        &self,
        ticket: &Ticket,
        (toki, key): (&str, &str),
        answer: &Answer<'_>,
        now_ms: i64,
    ) -> Result<(), NotVerified> {
        let header: AnswerHeader = toki.parse().map_err(|_| NotVerified)?;
        let given = Proof::parse(key).ok_or(NotVerified)?;
        let (opened, answers) = ticket.keys(&header).ok_or(NotVerified)?;
        let answer_key = Keyed::new(&answers.answer_key(ticket.n, &ticket.seal));
        let canon = canon::answer(answer, &ticket.seal, &header);
        let proof = answer_key.proof();
        let sealed = answer_key.seal(&canon).same(header.seal);
        if !sealed || !proof.same(given) {
            return Err(NotVerified);
        }
        let mut state = lock(&self.state);
        state.hear(header.time_ms, now_ms);
        let last = Last { n: ticket.n, proof };
        match opened {
            Some(first) => state.adopt(ticket, first, last, now_ms),
            None => state.go_on(&header, last),
        }
        Ok(())
    }

    /// Reads a refusal, and mends what it names where it is the callee's own.
    pub fn refused(&self, ticket: &Ticket, error: &str, now_ms: i64) -> Advice {
        let Ok(header) = error.parse::<ErrorHeader>() else { return Advice::Unproven };
        let mut state = lock(&self.state);
        match &header.sealed {
            None => state.unsealed(ticket, header.refusal),
            Some(sealed) if ticket.believes(header.refusal, sealed) => {
                state.set_clock(sealed.time_ms, now_ms);
                state.boot = sealed.boot;
                state.mend(ticket, header.refusal)
            }
            Some(_) => Advice::Unproven,
        }
    }

    fn open(
        &self,
        state: &State,
        request: &Request<'_>,
        now_ms: i64,
        rng: &mut impl CryptoRng,
    ) -> Signed {
        let session = SessionId::random(rng);
        let ephemeral = Ephemeral::random(rng);
        let mut header = self.header(state, session, request, now_ms);
        header.share = Some(ephemeral.share());
        header.boot = state.boot;
        let canon = canon::request(request, &self.to, &header);
        let opening = derive::opening(&state.key, &session);
        header.seal = derive::seal(&derive::opening_seal_key(&opening), &canon);
        let keys = Keys::Opening { ephemeral, canon_hash: sha256(&canon) };
        Signed::new(&header, (state.number, &state.key), keys)
    }

    fn within(&self, held: &Held, request: &Request<'_>, mut header: RequestHeader) -> Signed {
        let canon = canon::request(request, &self.to, &header);
        header.seal = held.generation.requests.seal(&canon);
        let generation = held.generation.number;
        let keys = Keys::Within { generation, answers: held.generation.answers.clone() };
        Signed::new(&header, (held.number, &held.key), keys)
    }

    /// The header of an opening, before its seal.
    fn header(
        &self,
        state: &State,
        session: SessionId,
        request: &Request<'_>,
        now_ms: i64,
    ) -> RequestHeader {
        let offset_ms = state.offset_ms.unwrap_or_default();
        RequestHeader {
            key: state.number,
            from: self.from,
            to: Some(self.to),
            session,
            generation: 0,
            n: 1,
            time_ms: clamp_ms(now_ms.saturating_add(offset_ms)),
            last: None,
            share: None,
            boot: None,
            exporter: request.exporter.is_some(),
            seal: Seal::new([0; Seal::LEN]),
        }
    }
}

// === impl State ===

impl State {
    /// Drops a session that is over.
    fn settle(&mut self, now_ms: i64) {
        self.session
            .take_if(|it| LIFE_MS <= now_ms.saturating_sub(it.opened_ms) || MAX_NUMBER <= it.n);
    }

    /// Whether this request opens a fresh session while the others go on in the old one.
    fn reopens(&mut self, now_ms: i64) -> bool {
        let due = |it: &Held| REOPEN_MS <= now_ms.saturating_sub(it.opened_ms);
        let tried = |it: i64| now_ms.saturating_sub(it) < REOPENING_MS;
        let reopens =
            self.session.as_ref().is_some_and(due) && !self.reopening_ms.is_some_and(tried);
        if reopens {
            self.reopening_ms = Some(now_ms);
        }
        reopens
    }

    /// Counts one request of the session.
    fn next_header(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        now_ms: i64,
    ) -> Option<RequestHeader> {
        let held = self.session.as_mut()?;
        held.n += 1;
        let (id, key, n) = (held.id, held.number, held.n);
        let (generation, last) = (held.generation.number, Some(held.last));
        let header = caller.header(self, id, request, now_ms);
        Some(RequestHeader { key, generation, n, last, ..header })
    }

    /// Follows the callee's clock, an eighth of the way at a time.
    fn hear(&mut self, time_ms: i64, now_ms: i64) {
        let heard = time_ms.saturating_sub(now_ms);
        self.offset_ms = Some(match self.offset_ms {
            None => heard,
            Some(offset) => offset.saturating_add(heard.saturating_sub(offset) / 8),
        });
    }

    fn set_clock(&mut self, time_ms: i64, now_ms: i64) {
        self.offset_ms = Some(time_ms.saturating_sub(now_ms));
    }

    /// Takes a session that was opened, unless another one was at the same time.
    fn adopt(&mut self, ticket: &Ticket, generation: Generation, last: Last, now_ms: i64) {
        let fresh =
            |it: &Held| it.number == self.number && now_ms.saturating_sub(it.opened_ms) < REOPEN_MS;
        if self.session.as_ref().is_some_and(fresh) {
            return;
        }
        self.session = Some(Held {
            id: ticket.session,
            number: ticket.number,
            key: ticket.key.clone(),
            generation,
            n: ticket.n,
            last,
            opened_ms: now_ms,
        });
        self.reopening_ms = None;
        self.boot = None;
    }

    /// Keeps the newest proof, and moves to the generation that the answer offers.
    fn go_on(&mut self, header: &AnswerHeader, last: Last) {
        let Some(held) = self.session.as_mut().filter(|it| it.id == header.session) else { return };
        if held.last.n < last.n {
            held.last = last;
        }
        if held.generation.number == header.generation
            && let Some(nonce) = &header.roll
        {
            held.generation = held.generation.next(nonce);
        }
    }

    /// A session under a number that was replaced here ends where the callee dropped it too.
    fn unsealed(&mut self, ticket: &Ticket, refusal: Refusal) -> Advice {
        if refusal == Refusal::UnknownKey && ticket.number != self.number {
            self.drop_session(ticket);
            return Advice::Resend(refusal);
        }
        Advice::Unproven
    }

    fn mend(&mut self, ticket: &Ticket, refusal: Refusal) -> Advice {
        match refusal {
            // A number that was seen without this caller's doing may be a clone's, far ahead.
            Refusal::UnknownSession | Refusal::BadChain | Refusal::Replayed => {
                self.drop_session(ticket);
                Advice::Resend(refusal)
            }
            Refusal::Stale | Refusal::BadSeal => Advice::Resend(refusal),
            Refusal::Malformed | Refusal::UnknownKey | Refusal::WrongAudience => {
                Advice::Refused(refusal)
            }
        }
    }

    fn drop_session(&mut self, ticket: &Ticket) {
        self.session.take_if(|it| it.id == ticket.session);
    }
}

// === impl Signed ===

impl Signed {
    fn new(header: &RequestHeader, (number, key): (KeyNumber, &Secret32), keys: Keys) -> Self {
        let text = header.print();
        let ticket = Ticket {
            number,
            key: key.clone(),
            session: header.session,
            n: header.n,
            seal: header.seal,
            asked: text.clone(),
            keys,
        };
        Self { header: text, ticket }
    }
}

// === impl Ticket ===

impl Ticket {
    /// Whether the request opened a session.
    pub const fn opened(&self) -> bool {
        matches!(self.keys, Keys::Opening { .. })
    }

    /// Finds the key of the answers; for an opening, with the generation that it began.
    fn keys(&self, header: &AnswerHeader) -> Option<(Option<Generation>, Cow<'_, Keyed>)> {
        if header.session != self.session || header.n != self.n {
            return None;
        }
        match &self.keys {
            Keys::Within { generation, answers } => {
                let right = *generation == header.generation && header.share.is_none();
                right.then_some((None, Cow::Borrowed(answers)))
            }
            Keys::Opening { ephemeral, canon_hash } => {
                let shared = ephemeral.agree(&header.share?)?;
                let nonce = header.roll.filter(|_| header.generation == 1)?;
                let opening = derive::opening(&self.key, &self.session);
                let chain = derive::first_chain_key(&opening, Some(&shared), &nonce, canon_hash);
                let first = Generation::first(chain);
                let answers = Cow::Owned(first.answers.clone());
                Some((Some(first), answers))
            }
        }
    }

    /// Whether a refusal is the callee's, of this very header.
    fn believes(&self, refusal: Refusal, sealed: &ErrorSeal) -> bool {
        let canon =
            canon::refusal(refusal, sealed.time_ms, sealed.boot, &sha256(self.asked.as_bytes()));
        let opening = derive::opening(&self.key, &self.session);
        derive::seal(&derive::refusal_seal_key(&opening), &canon).same(sealed.seal)
    }
}
