//! The heartbeats: what each instance last said, and what it was told.

use std::collections::BTreeMap;

use protocol::{AddressMap, Epoch, Instance, PeerAddr};

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
    fn what_was_given_outlives_the_next_beat() {
        let mut beats = Beats::default();
        beats.note(name(), beat(0));
        let map = AddressMap { epoch: Epoch::new(7), ..AddressMap::default() };
        beats.give(&name(), &map);
        beats.note(name(), beat(1));
        assert_eq!(beats.given(Some(name())), Some(&map));
    }
}
