//! The heartbeats: who was heard of when, and what follows from silence.

use std::collections::BTreeMap;

use protocol::{AddressMap, Epoch, Instance, PeerAddr, ServerState};

/// Two missed beats of 30 s and a half: one lost beat and a slow one are no news.
const SUSPECT_MS: i64 = 75_000;
/// Three missed beats.
const DEAD_MS: i64 = 90_000;

/// The last beat of each instance since this LB started.
#[derive(Debug, Default)]
pub(crate) struct Beats {
    heard: BTreeMap<Instance, Beat>,
}

/// What an instance last said, and was last told.
#[derive(Debug, Clone)]
pub(crate) struct Beat {
    /// When it was heard, Unix milliseconds.
    pub(crate) at_ms: i64,
    /// The epoch that it runs on.
    pub(crate) epoch: Option<Epoch>,
    /// Where it says it can be reached.
    pub(crate) addr: Option<PeerAddr>,
    /// The last map that it was given.
    pub(crate) given: Option<Box<AddressMap>>,
}

// === impl Beats ===

impl Beats {
    pub(crate) fn last(&self, instance: &Instance) -> Option<&Beat> {
        self.heard.get(instance)
    }

    /// Notes a beat; what it was given before stays known.
    pub(crate) fn note(&mut self, instance: Instance, mut beat: Beat) {
        beat.given = self.heard.remove(&instance).and_then(|last| last.given);
        self.heard.insert(instance, beat);
    }

    /// Notes the map that an instance is given.
    pub(crate) fn give(&mut self, instance: &Instance, map: &AddressMap) {
        if let Some(beat) = self.heard.get_mut(instance) {
            beat.given = Some(Box::new(map.clone()));
        }
    }

    /// The last map that an instance was given.
    pub(crate) fn given(&self, instance: Option<Instance>) -> Option<&AddressMap> {
        self.last(&instance?)?.given.as_deref()
    }

    /// What silence says of an instance; one that was never heard may not have started yet.
    pub(crate) fn state(&self, instance: &Instance, now_ms: i64) -> ServerState {
        match self.last(instance).map(|beat| now_ms.saturating_sub(beat.at_ms)) {
            Some(silent_ms) if silent_ms >= DEAD_MS => ServerState::Dead,
            Some(silent_ms) if silent_ms >= SUSPECT_MS => ServerState::Suspect,
            Some(_) | None => ServerState::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(at_ms: i64) -> Beat {
        Beat { at_ms, epoch: None, addr: None, given: None }
    }

    fn name() -> Instance {
        "aar-1".parse().unwrap()
    }

    #[test]
    fn silence_makes_suspect_and_then_dead() {
        let mut beats = Beats::default();
        beats.note(name(), beat(1_000));
        let state = |silent_ms: i64| beats.state(&name(), 1_000 + silent_ms);
        assert_eq!(state(74_999), ServerState::Ready);
        assert_eq!(state(75_000), ServerState::Suspect);
        assert_eq!(state(89_999), ServerState::Suspect);
        assert_eq!(state(90_000), ServerState::Dead);
    }

    #[test]
    fn one_that_was_never_heard_is_ready() {
        assert_eq!(Beats::default().state(&name(), i64::MAX), ServerState::Ready);
    }

    #[test]
    fn a_beat_revives_the_dead() {
        let mut beats = Beats::default();
        beats.note(name(), beat(0));
        beats.note(name(), beat(100_000));
        assert_eq!(beats.state(&name(), 100_001), ServerState::Ready);
    }

    #[test]
    fn what_was_given_outlives_the_next_beat() {
        let mut beats = Beats::default();
        beats.note(name(), beat(0));
        let map = AddressMap { epoch: Epoch::new(7), ..AddressMap::default() };
        beats.give(&name(), &map);
        beats.note(name(), beat(1));
        assert_eq!(beats.given(Some(name())), Some(&map));
    }
}
