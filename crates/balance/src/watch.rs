//! How one server fares, as an LB sees it: its beats, probes, and what its callers say.

use std::collections::BTreeMap;

use protocol::Instance;

/// Two missed beats of 30 s and a half: one lost beat and a slow one are no news.
const SUSPECT_MS: i64 = 75_000;
/// Three missed beats.
const DEAD_MS: i64 = 90_000;
/// Failed probes in a row that take a server down, and good ones that bring it back.
const FALL: u32 = 3;
const RISE: u32 = 2;
/// One that comes and goes is brought back no more often than this.
const HOLD_MS: i64 = 60_000;
/// Callers whose complaints make a server suspect, and how long a complaint lasts.
const COMPLAINERS: usize = 2;
const COMPLAINT_MS: i64 = 10_000;
/// Callers whose complaints are kept.
const MOST_COMPLAINERS: usize = 64;

/// How a server fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// It was heard of lately, or never: it may not have started yet.
    Alive,
    /// It is silent, or its callers complain.
    Suspect,
    /// It is silent for long, or does not answer probes.
    Dead,
}

/// What is known of one server. Times are Unix milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    heard_ms: Option<i64>,
    bad_probes: u32,
    good_probes: u32,
    /// Probes took it down, and it has not been brought back.
    down: bool,
    rose_ms: Option<i64>,
    complaints: BTreeMap<Instance, i64>,
}

// === impl Watch ===

impl Watch {
    /// It sent a beat.
    pub fn beat(&mut self, now_ms: i64) {
        self.heard_ms = Some(now_ms);
    }

    /// It answered a probe: that is a sign of life too.
    pub fn answered(&mut self, now_ms: i64) {
        self.heard_ms = Some(now_ms);
        self.bad_probes = 0;
        self.good_probes = (self.good_probes + 1).min(RISE);
        let held = self.rose_ms.is_some_and(|rose_ms| now_ms - rose_ms < HOLD_MS);
        if self.down && self.good_probes >= RISE && !held {
            self.down = false;
            self.rose_ms = Some(now_ms);
        }
    }

    /// It did not answer a probe.
    pub fn missed(&mut self) {
        self.good_probes = 0;
        self.bad_probes = (self.bad_probes + 1).min(FALL);
        if self.bad_probes >= FALL {
            self.down = true;
        }
    }

    /// A caller says that half of what it sends there fails.
    pub fn complaint(&mut self, caller: Instance, now_ms: i64) {
        self.complaints.retain(|_, at_ms| now_ms - *at_ms < COMPLAINT_MS);
        if self.complaints.len() < MOST_COMPLAINERS {
            self.complaints.insert(caller, now_ms);
        }
    }

    /// When it was heard last.
    pub fn heard_ms(&self) -> Option<i64> {
        self.heard_ms
    }

    /// How it fares.
    ///
    /// Source: balancing.md (c1)
    pub fn health(&self, now_ms: i64) -> Health {
        let silent_ms = self.heard_ms.map_or(0, |heard_ms| now_ms.saturating_sub(heard_ms));
        if silent_ms >= DEAD_MS || (self.down && self.good_probes < RISE) {
            return Health::Dead;
        }
        if self.down {
            // It answers again, and did so a moment ago: better than one that does not.
            return Health::Suspect;
        }
        let complainers =
            self.complaints.values().filter(|at_ms| now_ms - **at_ms < COMPLAINT_MS).count();
        if silent_ms >= SUSPECT_MS || complainers >= COMPLAINERS {
            return Health::Suspect;
        }
        Health::Alive
    }

    /// Why, for people.
    pub fn why(&self, now_ms: i64) -> String {
        let silent_ms = self.heard_ms.map(|heard_ms| now_ms.saturating_sub(heard_ms));
        match silent_ms {
            _ if self.down && self.good_probes >= RISE => "comes and goes".to_owned(),
            _ if self.down => "does not answer probes".to_owned(),
            Some(silent_ms) if silent_ms >= SUSPECT_MS => {
                format!("silent for {} s", silent_ms / 1000)
            }
            _ if self.health(now_ms) == Health::Suspect => "its callers complain".to_owned(),
            Some(silent_ms) => format!("heard {} s ago", silent_ms / 1000),
            None => "never heard".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Instance {
        text.parse().unwrap()
    }

    #[test]
    fn silence_makes_suspect_and_then_dead() {
        let mut watch = Watch::default();
        watch.beat(1_000);
        let health = |silent_ms: i64| watch.health(1_000 + silent_ms);
        assert_eq!(health(74_999), Health::Alive);
        assert_eq!(health(75_000), Health::Suspect);
        assert_eq!(health(89_999), Health::Suspect);
        assert_eq!(health(90_000), Health::Dead);
        watch.beat(100_000);
        assert_eq!(watch.health(100_001), Health::Alive);
    }

    #[test]
    fn one_that_was_never_heard_may_not_have_started_yet() {
        assert_eq!(Watch::default().health(i64::MAX), Health::Alive);
    }

    #[test]
    fn three_missed_probes_kill_and_two_answers_revive() {
        let mut watch = Watch::default();
        watch.beat(0);
        watch.missed();
        watch.missed();
        assert_eq!(watch.health(1), Health::Alive);
        watch.missed();
        assert_eq!(watch.health(1), Health::Dead);
        watch.beat(2);
        assert_eq!(watch.health(2), Health::Dead, "a beat alone proves no way to it");
        watch.answered(4_000);
        assert_eq!(watch.health(4_000), Health::Dead);
        watch.answered(6_000);
        assert_eq!(watch.health(6_000), Health::Alive);
    }

    #[test]
    fn one_that_comes_and_goes_comes_back_once_a_minute() {
        let mut watch = Watch::default();
        let mut returns = 0;
        let mut last = Health::Alive;
        for tick in 0..300 {
            let now_ms = tick * 2_000;
            if tick % 6 < 3 {
                watch.missed();
            } else {
                watch.answered(now_ms);
            }
            let health = watch.health(now_ms);
            returns += usize::from(health == Health::Alive && last != Health::Alive);
            last = health;
        }
        assert!((5..=10).contains(&returns), "{returns} in ten minutes");
    }

    #[test]
    fn two_callers_make_suspect_and_one_does_not() {
        let mut watch = Watch::default();
        watch.complaint(name("pppx-1"), 0);
        watch.complaint(name("pppx-1"), 1);
        assert_eq!(watch.health(1), Health::Alive);
        watch.complaint(name("pppx-2"), 2);
        assert_eq!(watch.health(2), Health::Suspect);
        assert_eq!(watch.health(10_001), Health::Alive);
    }
}
