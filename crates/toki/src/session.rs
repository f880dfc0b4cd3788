//! A session at its callee.

use crypto::random::CryptoRng;
use protocol::PrincipalName;

use crate::chain::Chain;
use crate::form::{KeyNumber, Nonce, Proof};
use crate::generation::Generation;
use crate::header::RequestHeader;
use crate::keyed::Keyed;
use crate::refusal::Refusal;
use crate::window::{Seen, Window};

/// How far the time of a request may be from the callee's.
pub const REQUEST_SKEW_MS: u64 = 30_000;
/// After so many requests the next generation is offered.
pub const GENERATION_REQUESTS: u32 = 1024;
/// After so long the next generation is offered.
pub const GENERATION_MS: i64 = 60_000;
/// So long the previous generation is taken after the first request of the next one.
pub const PREVIOUS_MS: i64 = 10_000;

/// What a callee knows of one session.
#[derive(Debug)]
pub(crate) struct Session {
    key: KeyNumber,
    from: PrincipalName,
    current: Generation,
    previous: Option<(Generation, i64)>,
    next: Option<(Generation, Nonce)>,
    requests: u32,
    since_ms: i64,
    window: Window,
    chain: Chain,
    dead: bool,
}

/// The keys of a request that passed, and what its answer must carry.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) generation: u32,
    pub(crate) answer_key: Keyed,
    pub(crate) proof: Proof,
    pub(crate) roll: Option<Nonce>,
}

/// Where the keys of a request are.
#[derive(Debug, Clone, Copy)]
enum Step {
    Previous,
    Current,
    Next,
}

// === impl Session ===

impl Session {
    /// Begins with generation 1, after its opening.
    pub(crate) fn new(
        header: &RequestHeader,
        first: Generation,
        proof: Proof,
        now_ms: i64,
    ) -> Self {
        Self {
            key: header.key,
            from: header.from,
            current: first,
            previous: None,
            next: None,
            requests: 0,
            since_ms: now_ms,
            window: Window::after(header.n),
            chain: Chain::after(header.n, proof),
            dead: false,
        }
    }

    /// Whether this is the session of that caller under that key.
    pub(crate) fn belongs(&self, header: &RequestHeader) -> bool {
        !self.dead && self.key == header.key && self.from == header.from
    }

    /// Judges a request; what is refused leaves no trace, save that a clone kills the session.
    pub(crate) fn verify(
        &mut self,
        header: &RequestHeader,
        canon: &[u8],
        now_ms: i64,
        rng: &mut impl CryptoRng,
    ) -> Result<Passed, Refusal> {
        let step = self.step(header.generation, now_ms)?;
        if REQUEST_SKEW_MS < header.time_ms.abs_diff(now_ms) {
            return Err(Refusal::Stale);
        }
        let passed = self.judge(step, header, canon);
        if let Err(Refusal::BadChain) = passed {
            self.dead = true;
        }
        let (answer_key, proof) = passed?;
        self.window.commit(header.n);
        self.chain.note(header.n, proof);
        self.roll(step, now_ms, rng);
        let offered = matches!(step, Step::Current | Step::Next);
        let roll = self.next.as_ref().filter(|_| offered).map(|(_, nonce)| *nonce);
        Ok(Passed { generation: header.generation, answer_key, proof, roll })
    }

    /// Window, then seal, then the window's verdict, then the chain.
    fn judge(
        &self,
        step: Step,
        header: &RequestHeader,
        canon: &[u8],
    ) -> Result<(Keyed, Proof), Refusal> {
        let seen = self.window.check(header.n);
        if seen == Seen::Behind {
            return Err(Refusal::Replayed);
        }
        let generation = self.generation(step).ok_or(Refusal::Stale)?;
        let sealed = generation.requests.seal(canon).same(header.seal);
        if !sealed {
            return Err(if seen == Seen::New { Refusal::BadSeal } else { Refusal::Replayed });
        }
        let answer_key = Keyed::new(&generation.answers.answer_key(header.n, &header.seal));
        let proof = answer_key.proof();
        if seen == Seen::Before {
            // A caller never seals one number twice: another good seal is another holder's.
            let cloned = self.chain.contradicts(header.n, proof);
            return Err(if cloned { Refusal::BadChain } else { Refusal::Replayed });
        }
        match header.last {
            Some(last) if self.chain.contradicts(last.n, last.proof) => Err(Refusal::BadChain),
            _ => Ok((answer_key, proof)),
        }
    }

    fn step(&self, number: u32, now_ms: i64) -> Result<Step, Refusal> {
        let previous = |(it, until): &(Generation, i64)| it.number == number && now_ms < *until;
        if number == self.current.number {
            Ok(Step::Current)
        } else if self.next.as_ref().is_some_and(|(it, _)| it.number == number) {
            Ok(Step::Next)
        } else if self.previous.as_ref().is_some_and(previous) {
            Ok(Step::Previous)
        } else if number < self.current.number {
            Err(Refusal::Stale)
        } else {
            Err(Refusal::BadSeal)
        }
    }

    fn generation(&self, step: Step) -> Option<&Generation> {
        match step {
            Step::Previous => self.previous.as_ref().map(|(it, _)| it),
            Step::Current => Some(&self.current),
            Step::Next => self.next.as_ref().map(|(it, _)| it),
        }
    }

    /// Moves on where the caller did, and offers the next generation where it is time.
    fn roll(&mut self, step: Step, now_ms: i64, rng: &mut impl CryptoRng) {
        if matches!(step, Step::Next)
            && let Some((next, _)) = self.next.take()
        {
            let before = std::mem::replace(&mut self.current, next);
            self.previous = Some((before, now_ms.saturating_add(PREVIOUS_MS)));
            self.requests = 0;
            self.since_ms = now_ms;
        }
        self.previous.take_if(|(_, until)| *until <= now_ms);
        self.requests = self.requests.saturating_add(1);
        let old = now_ms.saturating_sub(self.since_ms) >= GENERATION_MS;
        if self.next.is_none() && (old || self.requests >= GENERATION_REQUESTS) {
            let nonce = Nonce::random(rng);
            self.next = Some((self.current.next(&nonce), nonce));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_stays_small() {
        // 64 proofs with their numbers are 1 KiB of it: 10,000 sessions are under 20 MB.
        assert!(size_of::<Session>() <= 1900, "{} bytes", size_of::<Session>());
    }
}
