//! The sessions that a callee has, which are also the openings that it has seen.
//!
//! Memory is bounded. Whoever opens too many loses its own oldest ones; an opening whose session
//! went early is remembered for as long as it could be replayed, by name, and where there are too
//! many of those, by its time: none of that caller that is not younger passes.

use std::collections::{BTreeMap, VecDeque};

use protocol::PrincipalName;

use crate::form::SessionId;
use crate::gone::{Gone, OPENING_MS, Opening};
use crate::refusal::Refusal;
use crate::session::Session;
use crate::sync::{Arc, Mutex};

/// So many sessions a caller may have at one callee.
pub const SESSIONS_PER_CALLER: usize = 256;
/// So many sessions a callee has in all.
pub const SESSIONS: usize = 16_384;
/// So long a session is good for; its caller opens a fresh one long before.
pub const SESSION_MS: i64 = 20 * 60_000;

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_id: BTreeMap<SessionId, (i64, Arc<Mutex<Session>>)>,
    callers: BTreeMap<PrincipalName, Opened>,
    gone: Gone,
    swept_ms: i64,
}

/// What one caller has opened, oldest first.
#[derive(Debug)]
struct Opened {
    order: VecDeque<Opening>,
    /// Openings stamped then or earlier are refused.
    floor_ms: i64,
}

// === impl Sessions ===

impl Sessions {
    /// Finds a session that is not too old.
    pub(crate) fn find(&self, id: &SessionId, now_ms: i64) -> Option<Arc<Mutex<Session>>> {
        let (opened_ms, session) = self.by_id.get(id)?;
        (now_ms.saturating_sub(*opened_ms) < SESSION_MS).then(|| Arc::clone(session))
    }

    /// Says whether an opening may pass.
    pub(crate) fn admit(
        &self,
        id: &SessionId,
        from: &PrincipalName,
        stamped_ms: i64,
    ) -> Result<(), Refusal> {
        if self.by_id.contains_key(id) || self.gone.contains(id) {
            return Err(Refusal::Replayed);
        }
        let late = self.callers.get(from).is_some_and(|it| stamped_ms <= it.floor_ms);
        if late { Err(Refusal::Stale) } else { Ok(()) }
    }

    /// Takes a session in, after its opening was found good.
    pub(crate) fn insert(
        &mut self,
        id: SessionId,
        from: PrincipalName,
        (stamped_ms, now_ms): (i64, i64),
        session: Session,
    ) -> Result<(), Refusal> {
        self.admit(&id, &from, stamped_ms)?;
        self.sweep(now_ms);
        self.make_room(from);
        self.forget_gone(now_ms);
        let opening = Opening { id, from, opened_ms: now_ms, stamped_ms };
        self.callers.entry(from).or_default().order.push_back(opening);
        self.by_id.insert(id, (now_ms, Arc::new(Mutex::new(session))));
        Ok(())
    }

    /// Drops one session.
    pub(crate) fn kill(&mut self, id: &SessionId, from: &PrincipalName) {
        if let Some(opened) = self.callers.get_mut(from)
            && let Some(at) = opened.order.iter().position(|it| it.id == *id)
            && let Some(opening) = opened.order.remove(at)
        {
            self.gone.push(opening);
            self.by_id.remove(id);
        }
    }

    /// Drops every session of a caller.
    pub(crate) fn kill_all(&mut self, from: &PrincipalName) {
        while self.evict(from) {}
    }

    /// How many sessions each caller has.
    pub(crate) fn count(&self) -> BTreeMap<PrincipalName, usize> {
        let callers = self.callers.iter().map(|(from, it)| (*from, it.order.len()));
        callers.filter(|(_, count)| *count > 0).collect()
    }

    /// Drops the oldest session of the caller that has too many, or of all the one with most.
    fn make_room(&mut self, from: PrincipalName) {
        let count = |it: &Opened| it.order.len();
        if self.callers.get(&from).is_some_and(|it| count(it) >= SESSIONS_PER_CALLER) {
            self.evict(&from);
        } else if self.by_id.len() >= SESSIONS
            && let Some((most, _)) = self.callers.iter().max_by_key(|(_, it)| count(it))
        {
            let most = *most;
            self.evict(&most);
        }
    }

    fn evict(&mut self, from: &PrincipalName) -> bool {
        let Some(opened) = self.callers.get_mut(from) else { return false };
        let Some(opening) = opened.order.pop_front() else { return false };
        self.gone.push(opening);
        self.by_id.remove(&opening.id);
        true
    }

    /// Remembers the openings that went by name, and by time what is too much.
    fn forget_gone(&mut self, now_ms: i64) {
        self.gone.expire(now_ms);
        while let Some(opening) = self.gone.overflow() {
            let floor_ms = &mut self.callers.entry(opening.from).or_default().floor_ms;
            *floor_ms = opening.stamped_ms.max(*floor_ms);
        }
    }

    /// Drops what is over; at most once in 30 s, since it goes over all callers.
    fn sweep(&mut self, now_ms: i64) {
        if now_ms.saturating_sub(self.swept_ms) < OPENING_MS {
            return;
        }
        self.swept_ms = now_ms;
        for opened in self.callers.values_mut() {
            let over = |it: &mut Opening| SESSION_MS <= now_ms.saturating_sub(it.opened_ms);
            while let Some(opening) = opened.order.pop_front_if(over) {
                self.by_id.remove(&opening.id);
            }
        }
        let kept = now_ms.saturating_sub(OPENING_MS);
        self.callers.retain(|_, it| !it.order.is_empty() || kept <= it.floor_ms);
    }
}

// === impl Opened ===

impl Default for Opened {
    fn default() -> Self {
        Self { order: VecDeque::new(), floor_ms: i64::MIN }
    }
}

#[cfg(test)]
mod tests {
    use crypto::Secret32;

    use super::*;
    use crate::form::Proof;
    use crate::generation::Generation;
    use crate::gone::GONE;
    use crate::header::RequestHeader;

    /// Puts in session number `n` of a caller.
    fn open(sessions: &mut Sessions, from: &str, n: usize, now_ms: i64) -> Result<(), Refusal> {
        let mut id = [0; SessionId::LEN];
        id[..8].copy_from_slice(&n.to_be_bytes());
        let id = SessionId::new(id);
        let m = "A".repeat(22);
        let text = format!("v=1;k=1;a={from};s={id};g=0;n=1;t={now_ms};m={m}");
        let header: RequestHeader = text.parse().unwrap();
        let first = Generation::first(Secret32::new([0; 32]));
        let session = Session::new(&header, first, Proof::new([0; 8]), now_ms);
        sessions.insert(id, header.from, (now_ms, now_ms), session)
    }

    #[test]
    fn one_caller_pushes_out_its_own_alone() {
        let mut sessions = Sessions::default();
        open(&mut sessions, "other", 0, 1).unwrap();
        for n in 1..=SESSIONS_PER_CALLER + 1 {
            open(&mut sessions, "greedy", n, 1 + i64::try_from(n).unwrap()).unwrap();
        }
        let count = sessions.count();
        assert_eq!(count[&"greedy".parse().unwrap()], SESSIONS_PER_CALLER);
        assert_eq!(count[&"other".parse().unwrap()], 1);
        assert_eq!(open(&mut sessions, "greedy", 1, 2), Err(Refusal::Replayed), "it went");
        assert_eq!(open(&mut sessions, "greedy", 2, 3), Err(Refusal::Replayed), "it is there");
    }

    #[test]
    fn too_many_that_went_are_remembered_by_their_time() {
        let mut sessions = Sessions::default();
        let many = SESSIONS_PER_CALLER + GONE + 2;
        for n in 0..many {
            open(&mut sessions, "greedy", n, 1 + i64::from(n != 0)).unwrap();
        }
        // The very first is known by its time alone now.
        assert_eq!(open(&mut sessions, "greedy", 0, 1), Err(Refusal::Stale));
        assert_eq!(open(&mut sessions, "greedy", 2, 2), Err(Refusal::Replayed));
        open(&mut sessions, "other", many, 1).unwrap();
    }

    #[test]
    fn the_table_is_bounded_and_those_with_most_make_room() {
        let mut sessions = Sessions::default();
        for n in 0..SESSIONS {
            open(&mut sessions, &format!("app-{}", n % 64), n, 1).unwrap();
        }
        open(&mut sessions, "late", SESSIONS, 2).unwrap();
        open(&mut sessions, "later", SESSIONS + 1, 2).unwrap();
        let count = sessions.count();
        assert_eq!(count.values().sum::<usize>(), SESSIONS);
        assert_eq!(count[&"late".parse().unwrap()], 1);
        assert_eq!(sessions.by_id.len(), SESSIONS);
    }

    #[test]
    fn what_is_over_leaves_nothing_behind() {
        let mut sessions = Sessions::default();
        for n in 0..10 {
            open(&mut sessions, &format!("app-{n}"), n, 1).unwrap();
        }
        open(&mut sessions, "late", 10, 1 + SESSION_MS).unwrap();
        assert_eq!((sessions.by_id.len(), sessions.callers.len()), (1, 1));
        sessions.kill_all(&"late".parse().unwrap());
        open(&mut sessions, "last", 11, 40_000 + SESSION_MS).unwrap();
        assert_eq!((sessions.by_id.len(), sessions.callers.len()), (1, 1));
        // What went 30 s ago is not remembered either.
        open(&mut sessions, "late", 10, 40_000 + SESSION_MS).unwrap();
    }
}
