//! The original toki of Oscartoki: to make it and to check it, for clients that exist.
//!
//! It proves little: one key for all, good for half a minute as often as anyone likes, bound to
//! no request. A route takes it only where its ini says so, and never for a command that changes
//! something. Beyond the original, a toki of the future is refused and keys are compared in
//! constant time.
//!
//! # Format
//! `oscartoki`: the time, `|`, 64 hex digits, `|`, 15 hex digits; time and digits reversed. The
//! time is Unix milliseconds, and from Python Unix seconds with a fraction.
//! `oscartokikey`: hex digits, `o_o`, seven digits of the time reversed.
//!
//! Source: toki.md §8 (The original form)

use crypto::{Zeroizing, sha256_hex};
use subtle::ConstantTimeEq;

/// So many steps of 10 s a toki is good for, after its own.
const STEPS: i64 = 3;
/// No toki is longer, in bytes: the longest time, 64 and 15 digits, two bars.
const LIMIT: usize = 128;

/// The one key that all clients of the original share: any text.
pub struct LegacyKey(Zeroizing<Vec<u8>>);

// === impl LegacyKey ===

impl LegacyKey {
    /// Takes a key; the original wants more than five characters.
    pub fn new(text: &str) -> Option<Self> {
        (5 < text.len()).then(|| Self(Zeroizing::new(text.as_bytes().to_vec())))
    }

    /// Makes a toki that every client of the original takes.
    ///
    /// Java's drops leading zeros of a hash, so of the milliseconds up to now it takes the newest
    /// for which all clients compute the same.
    pub fn make(&self, now_ms: i64) -> String {
        let alike = |it: &i64| self.core(&it.to_string(), full) == self.core(&it.to_string(), java);
        let time_ms =
            (0..1000).map(|back| now_ms.saturating_sub(back)).find(alike).unwrap_or(now_ms);
        let time = time_ms.to_string();
        let mut blur = sha256_hex(format!("{time}Brouillage de piste").as_bytes());
        blur.truncate(15);
        format!("{}|{}|{blur}", reversed(&time), reversed(&self.core(&time, full)))
    }

    /// Checks a toki of any client.
    pub fn check(&self, toki: &str, now_ms: i64) -> bool {
        let mut parts = toki.split('|');
        let (Some(time), Some(core), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let time = reversed(time);
        toki.len() <= LIMIT
            && is_time(&time)
            && fresh(&time, now_ms)
            && self.known(&time, &reversed(core))
    }

    /// Makes the key that answers a toki, of the newest time for which all clients compute the same.
    ///
    /// Of one toki in sixteen the hash begins with a zero, and there is no such time: then the key
    /// is that of all clients but Java's.
    pub fn key_of(&self, toki: &str, now_ms: i64) -> String {
        let alike = |it: &String| self.key_at(toki, it, full) == self.key_at(toki, it, java);
        let newest = || key_times(now_ms).next();
        let time = key_times(now_ms).find(alike).or_else(newest).unwrap_or_default();
        self.key_at(toki, &time, full)
    }

    /// Checks the key that answers a toki; unlike in the original, it has an age.
    pub fn check_key(&self, toki: &str, key: &str, now_ms: i64) -> bool {
        key_times(now_ms).any(|time| {
            same(&self.key_at(toki, &time, full), key) | same(&self.key_at(toki, &time, java), key)
        })
    }

    fn key_at(&self, toki: &str, time: &str, print: Print) -> String {
        let inner = [time.as_bytes(), print(toki.as_bytes()).as_bytes(), &self.0].concat();
        format!("{}o_o{}", print(print(&inner).as_bytes()), reversed(time))
    }

    fn known(&self, time: &str, core: &str) -> bool {
        same(&self.core(time, full), core) | same(&self.core(time, java), core)
    }

    fn core(&self, time: &str, print: Print) -> String {
        let inner = [&self.0, b" - ".as_slice(), time.as_bytes(), b" - ", &self.0].concat();
        print(print(&inner).as_bytes())
    }
}

impl std::fmt::Debug for LegacyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The times that a key may have, newest first: seven digits of milliseconds, steps of 1,000 s.
fn key_times(now_ms: i64) -> impl Iterator<Item = String> {
    // One in six differs between the clients: of eight, all do one time in a million.
    (0..8).map(move |back| (now_ms / 1_000_000 - back).to_string())
}

/// How a client prints a hash.
type Print = fn(&[u8]) -> String;

fn full(bytes: &[u8]) -> String {
    sha256_hex(bytes)
}

/// Java prints a number: without leading zeros, but never under 32 digits.
fn java(bytes: &[u8]) -> String {
    let hash = sha256_hex(bytes);
    let zeros = hash.bytes().take_while(|it| *it == b'0').count();
    hash.get(zeros.min(32)..).unwrap_or_default().to_owned()
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// Milliseconds in 13 digits, or Python's seconds in 10 with up to 9 behind the point.
fn is_time(time: &str) -> bool {
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    match time.split_once('.') {
        None => time.len() == 13 && digits(time),
        Some((whole, part)) => {
            whole.len() == 10 && digits(whole) && (1..=9).contains(&part.len()) && digits(part)
        }
    }
}

/// Whether the step of 10 s, which is the first nine digits, is near enough.
fn fresh(time: &str, now_ms: i64) -> bool {
    let step = time.get(..9).and_then(|it| it.parse::<i64>().ok());
    step.is_some_and(|step| (-STEPS..=STEPS).contains(&(now_ms / 10_000 - step)))
}

fn same(own: &str, given: &str) -> bool {
    own.as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_toki_is_answered_by_a_key_that_is_good() {
        let key = LegacyKey::new("a key for all").unwrap();
        for back in 0..100 {
            let now_ms = 1_795_190_400_123 - back * 1000;
            let toki = key.make(now_ms);
            assert!(key.check_key(&toki, &key.key_of(&toki, now_ms), now_ms), "{toki}");
        }
    }
}
