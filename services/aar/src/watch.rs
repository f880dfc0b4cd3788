//! Signs that a box is not alone, or that its counter is not its own: what an operator is told.
//!
//! Nobody is refused for a sign: the rules of AUTH alone decide that.

use protocol::{Client, ClientKind};
use store::AlertKind;

use crate::judge::{Last, Said};

/// For how long places and their returns are remembered: one lease.
const REMEMBERED_MS: i64 = 14_400_000;

/// A counter rises by one at each AUTH, or by the milliseconds since where the box takes those;
/// its clock may be this much off.
///
/// Source: protocol.md §3 (AUTH)
const DRIFT_MS: u64 = 300_000;

/// So many returns to a place that it had left are two boxes, not a box that moved.
const RETURNS: u8 = 2;

/// What may be wrong with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// Its key says that it is another box.
    OtherIdentity,
    /// Its counter rose by more than it can have.
    CounterJumped,
    /// It asks from two places in turn.
    TwoPlaces,
}

/// Where a box asked from, the last and the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    last: Option<(Place, i64)>,
    before: Option<(Place, i64)>,
    returns: u8,
}

/// The beginning of the keyed hash of an address: enough to tell a few of them apart.
pub(crate) type Place = [u8; 8];

/// The place of who asks, where it is an address.
pub(crate) fn place(client: Client) -> Option<Place> {
    (client.kind() == ClientKind::Address)
        .then(|| client.hash().as_bytes().first_chunk().copied())?
}

/// Whether a counter rose by more than one step and by more than the time that went by.
pub(crate) fn jumped(last: Option<Last>, said: Said, now_ms: i64) -> bool {
    let Some(last) = last else { return false };
    let passed = u64::try_from(now_ms.saturating_sub(last.seen_ms)).unwrap_or_default();
    said.counter.saturating_sub(last.counter) > passed.saturating_add(DRIFT_MS)
}

// === impl Sign ===

impl Sign {
    /// The kind of alert that it is.
    pub(crate) fn kind(self) -> AlertKind {
        match self {
            Self::OtherIdentity => AlertKind::Identity,
            Self::CounterJumped => AlertKind::Counter,
            Self::TwoPlaces => AlertKind::Places,
        }
    }
}

// === impl Places ===

impl Places {
    /// Notes where an AUTH under the box's key came from, and says whether that makes two places.
    ///
    /// A box on a mobile network changes its address when it connects anew, and does not come
    /// back to the old one again and again within a lease.
    pub(crate) fn note(&mut self, place: Place, now_ms: i64) -> bool {
        let recent = |at_ms: i64| now_ms.saturating_sub(at_ms) <= REMEMBERED_MS;
        let here = self.last.is_some_and(|(it, _)| it == place);
        if !here {
            let back = self.before.is_some_and(|(it, at_ms)| it == place && recent(at_ms));
            self.returns = if back { self.returns.saturating_add(1) } else { 0 };
            self.before = self.last;
        }
        self.last = Some((place, now_ms));
        let two = !here && RETURNS <= self.returns;
        if two {
            self.returns = 0;
        }
        two
    }
}

#[cfg(test)]
mod tests {
    use protocol::Outcome;

    use super::*;

    fn said(counter: u64) -> Said {
        Said { unix_ms: 0, counter, nonce: [0; 12] }
    }

    fn last(counter: u64) -> Last {
        let (nonce, outcome) = ([0; 12], Outcome::Ok);
        Last { counter, nonce, seen_ms: 1_000_000, outcome, lease_s: 0, spread_s: 0 }
    }

    #[test]
    fn a_counter_may_rise_by_a_step_or_by_the_milliseconds_that_went_by() {
        let hour_later = 1_000_000 + 3_600_000;
        assert!(!jumped(None, said(u64::MAX), hour_later), "the first is as it is");
        assert!(!jumped(Some(last(41)), said(42), 1_000_001));
        assert!(!jumped(Some(last(1_000_000)), said(4_600_000 + 300_000), hour_later));
        assert!(jumped(Some(last(1_000_000)), said(4_600_000 + 300_001), hour_later));
        assert!(jumped(Some(last(41)), said(1_795_190_400_000), hour_later), "it lost its counter");
    }

    #[test]
    fn two_places_in_turn_are_two_boxes_and_a_move_is_not() {
        let told = |places: &str, step_ms: i64| {
            let mut noted = Places::default();
            let each = (0..).zip(places.bytes());
            each.filter(|(at, byte)| noted.note([*byte; 8], at * step_ms)).count()
        };
        assert_eq!(told("AAABBBBCCCDDD", 1_000), 0, "it moves on");
        assert_eq!(told("AAABBBAAA", 1_000), 0, "it came back once");
        assert_eq!(told("AABBAABB", 1_000), 1);
        assert_eq!(told("ABABABABAB", 1_000), 4);
        assert_eq!(told("ABAB", REMEMBERED_MS), 0, "a day lies between");
    }

    #[test]
    fn an_address_is_a_place_and_a_number_is_none() {
        let client = |text: &str| place(text.parse().unwrap());
        assert_eq!(client("address:abcdefghijkl"), Some(*b"abcdefgh"));
        assert_eq!(client("msisdn:abcdefghijkl"), None);
    }
}
