//! What becomes of an AUTH whose crypto opened: no key, no database, no clock.

use crypto::authenticator;
use protocol::Outcome;
use store::State;

/// How long the same crypto gets the same answer.
const AGAIN_MS: i64 = 30_000;

/// A counter may be so far ahead of the server's milliseconds: a box that lost its counter takes
/// its own clock, which may be so much ahead.
const AHEAD_MS: u64 = 300_000;

/// What a box said under its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) unix_ms: u64,
    pub(crate) counter: u64,
    pub(crate) nonce: [u8; 12],
}

/// The last AUTH of a box that passed the counter check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) counter: u64,
    pub(crate) nonce: [u8; 12],
    pub(crate) seen_ms: i64,
    pub(crate) outcome: Outcome,
    pub(crate) lease_s: u32,
    pub(crate) spread_s: u32,
}

/// What a box may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    /// The first moment after its last good day.
    pub(crate) ends_ms: Option<i64>,
}

/// What a good AUTH is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) lease_s: u32,
    pub(crate) spread_s: u32,
}

/// What becomes of an AUTH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Its time is too far from the server's; nothing is stored.
    Stale,
    /// It is a retry: the same answer.
    Again(Last),
    /// Its counter is ahead of all clocks.
    Ahead,
    /// Its counter is not above the last one.
    Replayed,
    /// It moves the counter; the answer is in it.
    Passed(Last),
}

// === impl Standing ===

impl Standing {
    pub(crate) fn outcome(self, now_ms: i64) -> Outcome {
        match self.state {
            State::Registered => Outcome::NotActivated,
            State::Active if self.ends_ms.is_some_and(|ends_ms| ends_ms <= now_ms) => {
                Outcome::Expired
            }
            State::Active => Outcome::Ok,
            State::Suspended => Outcome::Suspended,
            State::Retired => Outcome::Retired,
            State::Stolen => Outcome::Stolen,
        }
    }
}

/// Judges an AUTH whose crypto opened and named its own macaddr, in the order of the protocol.
///
/// Source: protocol.md §3 (AUTH)
pub(crate) fn judge(
    said: Said,
    last: Option<Last>,
    standing: Standing,
    terms: Terms,
    now_ms: i64,
) -> Judged {
    if !authenticator::is_fresh(said.unix_ms, now_ms) {
        return Judged::Stale;
    }
    if let Some(last) = last
        && (last.counter, last.nonce) == (said.counter, said.nonce)
        && now_ms.saturating_sub(last.seen_ms) <= AGAIN_MS
    {
        return Judged::Again(last);
    }
    let server_ms = u64::try_from(now_ms).unwrap_or_default();
    if said.counter > server_ms.saturating_add(AHEAD_MS) {
        return Judged::Ahead;
    }
    if last.is_some_and(|last| said.counter <= last.counter) {
        return Judged::Replayed;
    }
    Judged::Passed(passed(said, standing.outcome(now_ms), terms, now_ms))
}

fn passed(said: Said, outcome: Outcome, terms: Terms, now_ms: i64) -> Last {
    let Said { counter, nonce, .. } = said;
    let given = outcome == Outcome::Ok;
    let lease_s = if given { terms.lease_s } else { 0 };
    let spread_s = if given { terms.spread_s } else { 0 };
    Last { counter, nonce, seen_ms: now_ms, outcome, lease_s, spread_s }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_190_400_000;
    const NOW: u64 = 1_795_190_400_000;
    const TERMS: Terms = Terms { lease_s: 14_400, spread_s: 30 };
    const ACTIVE: Standing = Standing { state: State::Active, ends_ms: None };

    fn said(counter: u64) -> Said {
        Said { unix_ms: NOW, counter, nonce: [7; 12] }
    }

    fn last(counter: u64) -> Last {
        passed(said(counter), Outcome::Ok, TERMS, NOW_MS)
    }

    fn judged(said: Said, last: Option<Last>) -> Judged {
        judge(said, last, ACTIVE, TERMS, NOW_MS)
    }

    #[test]
    fn a_first_auth_of_an_active_box_passes_with_a_lease() {
        let Judged::Passed(last) = judged(said(42), None) else { panic!() };
        assert_eq!((last.outcome, last.lease_s, last.spread_s), (Outcome::Ok, 14_400, 30));
        assert_eq!((last.counter, last.nonce, last.seen_ms), (42, [7; 12], NOW_MS));
    }

    #[test]
    fn five_minutes_are_fresh_and_no_more() {
        for (unix_ms, fresh) in [
            (NOW - 300_000, true),
            (NOW - 300_001, false),
            (NOW + 300_000, true),
            (NOW + 300_001, false),
            (0, false),
            (u64::MAX, false),
        ] {
            let judged = judged(Said { unix_ms, ..said(42) }, None);
            assert_eq!(judged != Judged::Stale, fresh, "{unix_ms}");
        }
    }

    #[test]
    fn a_stale_retry_is_stale() {
        let said = Said { unix_ms: 0, ..said(42) };
        assert_eq!(judged(said, Some(last(42))), Judged::Stale);
    }

    #[test]
    fn a_retry_within_thirty_seconds_gets_the_same_answer() {
        let first = last(42);
        for (later_ms, judged) in
            [(0, Judged::Again(first)), (30_000, Judged::Again(first)), (30_001, Judged::Replayed)]
        {
            let now_ms = NOW_MS + later_ms;
            assert_eq!(judge(said(42), Some(first), ACTIVE, TERMS, now_ms), judged, "{later_ms}");
        }
    }

    #[test]
    fn a_retry_is_answered_as_before_whatever_the_state_is_now() {
        let suspended = Standing { state: State::Suspended, ends_ms: None };
        let judged = judge(said(42), Some(last(42)), suspended, TERMS, NOW_MS);
        assert_eq!(judged, Judged::Again(last(42)));
    }

    #[test]
    fn the_same_counter_under_another_nonce_is_a_replay() {
        let other = Said { nonce: [8; 12], ..said(42) };
        assert_eq!(judged(other, Some(last(42))), Judged::Replayed);
        assert_eq!(judged(said(41), Some(last(42))), Judged::Replayed);
        assert!(matches!(judged(said(43), Some(last(42))), Judged::Passed(_)));
    }

    #[test]
    fn a_counter_ahead_of_all_clocks_is_refused_before_it_is_stored() {
        assert!(matches!(judged(said(NOW + 300_000), None), Judged::Passed(_)));
        assert_eq!(judged(said(NOW + 300_001), None), Judged::Ahead);
        assert_eq!(judged(said(u64::MAX), Some(last(42))), Judged::Ahead);
    }

    #[test]
    fn the_state_is_judged_last_and_moves_the_counter_all_the_same() {
        for (state, outcome) in [
            (State::Registered, Outcome::NotActivated),
            (State::Suspended, Outcome::Suspended),
            (State::Retired, Outcome::Retired),
            (State::Stolen, Outcome::Stolen),
        ] {
            let standing = Standing { state, ends_ms: None };
            let Judged::Passed(last) = judge(said(42), None, standing, TERMS, NOW_MS) else {
                panic!("{state}")
            };
            assert_eq!((last.outcome, last.counter, last.lease_s), (outcome, 42, 0));
        }
    }

    #[test]
    fn an_end_date_forbids_an_active_box_alone() {
        let ended = |state| Standing { state, ends_ms: Some(NOW_MS) };
        assert_eq!(ended(State::Active).outcome(NOW_MS - 1), Outcome::Ok);
        assert_eq!(ended(State::Active).outcome(NOW_MS), Outcome::Expired);
        assert_eq!(ended(State::Stolen).outcome(NOW_MS), Outcome::Stolen);
    }
}
