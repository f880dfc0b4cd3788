//! Which servers failed a moment ago.
//!
//! A server that fails is left alone for one second, doubled with each failure up to fifteen. When
//! its time is over the next request tries it, and only that one: its rest is prolonged by a try's
//! length before the request leaves, so that a server that hangs takes one caller's second, not
//! everyone's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::{Pair, PeerAddr};
use tokio::time::Instant;

use crate::ask::{Endpoint, Standing};

const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(15);
/// How long a draining server is left alone: it is gone, or has said so again, by then.
const DRAIN_REST: Duration = Duration::from_secs(5);

/// What is remembered of each server that did not answer; one that answers is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    failed: Mutex<BTreeMap<PeerAddr, Rest>>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Instant,
    length: Duration,
}

// === impl Memory ===

impl Memory {
    /// The servers of a pair in the order in which to ask them.
    pub(crate) fn order<'a>(
        &self,
        pair: &'a Pair<Option<Endpoint>>,
        now: Instant,
    ) -> Vec<&'a Endpoint> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut order: Vec<&Endpoint> =
            [&pair.first, &pair.second].into_iter().filter_map(Option::as_ref).collect();
        if failed.is_empty() && order.iter().all(|endpoint| endpoint.standing == Standing::Good) {
            return order;
        }
        order.sort_by_key(|endpoint| {
            let resting = failed.get(&endpoint.addr).is_some_and(|rest| now < rest.until);
            (resting, endpoint.standing)
        });
        if let Some(rest) = order.first().and_then(|chosen| failed.get_mut(&chosen.addr)) {
            rest.until = rest.until.max(now + FIRST_REST);
        }
        order
    }

    /// Forgets the failures of a server that answered.
    pub(crate) fn answered(&self, addr: &PeerAddr) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed.is_empty() {
            failed.remove(addr);
        }
    }

    /// Notes a failure: the server rests, twice as long as the last time.
    pub(crate) fn failed(&self, addr: &PeerAddr, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let length = match failed.get(addr) {
            Some(rest) if now < rest.until && rest.length > Duration::ZERO => rest.length,
            Some(rest) => (rest.length * 2).clamp(FIRST_REST, LONGEST_REST),
            None => FIRST_REST,
        };
        failed.insert(addr.clone(), Rest { until: now + length, length });
    }

    /// Leaves a server alone that said that it is leaving.
    pub(crate) fn leave_alone(&self, addr: &PeerAddr, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.insert(addr.clone(), Rest { until: now + DRAIN_REST, length: Duration::ZERO });
    }

    /// The servers that rest, and for how long still.
    pub(crate) fn resting(&self, now: Instant) -> Vec<(PeerAddr, Duration)> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed
            .iter()
            .filter(|(_addr, rest)| now < rest.until)
            .map(|(addr, rest)| (addr.clone(), rest.until - now))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(addr: &str, standing: Standing) -> Endpoint {
        Endpoint { addr: addr.parse().unwrap(), name: None, standing }
    }

    fn pair() -> Pair<Option<Endpoint>> {
        Pair {
            first: Some(endpoint("127.0.0.1:1", Standing::Good)),
            second: Some(endpoint("127.0.0.1:2", Standing::Good)),
        }
    }

    fn ports(memory: &Memory, pair: &Pair<Option<Endpoint>>, now: Instant) -> Vec<String> {
        memory.order(pair, now).iter().map(|endpoint| endpoint.addr.to_string()).collect()
    }

    #[test]
    fn asks_the_first_first() {
        let now = Instant::now();
        assert_eq!(ports(&Memory::default(), &pair(), now), ["127.0.0.1:1", "127.0.0.1:2"]);
    }

    #[test]
    fn prefers_the_twin_of_one_that_the_map_avoids() {
        let mut pair = pair();
        pair.first = Some(endpoint("127.0.0.1:1", Standing::Avoid));
        let order = ports(&Memory::default(), &pair, Instant::now());
        assert_eq!(order, ["127.0.0.1:2", "127.0.0.1:1"]);
    }

    #[test]
    fn leaves_a_failed_server_alone_and_lets_one_request_try_it_again() {
        let memory = Memory::default();
        let pair = pair();
        let now = Instant::now();
        memory.failed(&"127.0.0.1:1".parse().unwrap(), now);
        assert_eq!(ports(&memory, &pair, now)[0], "127.0.0.1:2");

        let later = now + FIRST_REST;
        assert_eq!(ports(&memory, &pair, later)[0], "127.0.0.1:1", "one request tries it");
        assert_eq!(ports(&memory, &pair, later)[0], "127.0.0.1:2", "the next does not");
    }

    #[test]
    fn rests_longer_after_each_failure_and_is_forgiven_by_an_answer() {
        let memory = Memory::default();
        let addr: PeerAddr = "127.0.0.1:1".parse().unwrap();
        let mut now = Instant::now();
        for expected_s in [1, 2, 4, 8, 15, 15] {
            memory.failed(&addr, now);
            assert_eq!(memory.resting(now), [(addr.clone(), Duration::from_secs(expected_s))]);
            now += Duration::from_secs(expected_s);
        }
        memory.answered(&addr);
        memory.failed(&addr, now);
        assert_eq!(memory.resting(now), [(addr, FIRST_REST)]);
    }

    #[test]
    fn many_failures_at_once_count_as_one() {
        let memory = Memory::default();
        let addr: PeerAddr = "127.0.0.1:1".parse().unwrap();
        let now = Instant::now();
        for _in_flight in 0..64 {
            memory.failed(&addr, now);
        }
        assert_eq!(memory.resting(now), [(addr, FIRST_REST)]);
    }

    #[test]
    fn asks_both_even_when_both_failed() {
        let memory = Memory::default();
        let now = Instant::now();
        memory.failed(&"127.0.0.1:1".parse().unwrap(), now);
        memory.failed(&"127.0.0.1:2".parse().unwrap(), now);
        assert_eq!(ports(&memory, &pair(), now).len(), 2);
    }
}
