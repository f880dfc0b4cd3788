//! Whether both LBs publish the same.
//!
//! They hear the same beats and read the same rows, so they say the same within a moment; where
//! they do not for longer, one of them is cut off from what the other hears.

use std::collections::BTreeSet;

use protocol::{AddressMap, Pair, Role, Server, ServerState, Weight};

/// A disagreement older than this is an alarm.
const ALARM_MS: i64 = 120_000;
/// Shares that differ by less are the same.
const ALIKE: f64 = 1.5;

/// What the last comparisons with the twin's map have shown. Times are Unix milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agreement {
    compared_ms: Option<i64>,
    since_ms: Option<i64>,
    differences: Vec<String>,
    alarmed: bool,
}

// === impl Agreement ===

impl Agreement {
    /// When both were compared last.
    pub(crate) fn compared_ms(&self) -> Option<i64> {
        self.compared_ms
    }

    /// Since when they differ.
    pub(crate) fn since_ms(&self) -> Option<i64> {
        self.since_ms
    }

    /// In what they differed when they were compared last.
    pub(crate) fn differences(&self) -> &[String] {
        &self.differences
    }

    /// Compares both maps; says whether an alarm is due, once for each disagreement.
    pub(crate) fn compare(&mut self, ours: &AddressMap, theirs: &AddressMap, now_ms: i64) -> bool {
        self.compared_ms = Some(now_ms);
        self.differences = differences(ours, theirs);
        if self.differences.is_empty() {
            (self.since_ms, self.alarmed) = (None, false);
            return false;
        }
        let since_ms = *self.since_ms.get_or_insert(now_ms);
        let is_due = !self.alarmed && now_ms - since_ms >= ALARM_MS;
        self.alarmed |= is_due;
        is_due
    }
}

fn differences(ours: &AddressMap, theirs: &AddressMap) -> Vec<String> {
    let mut found = Vec::new();
    if ours.epoch != theirs.epoch {
        found.push(format!("epoch: {} here, {} there", ours.epoch, theirs.epoch));
    }
    for role in Role::ALL {
        let (here, there) = (ours.servers(role), theirs.servers(role));
        let names: BTreeSet<_> =
            here.present().chain(there.present()).filter_map(|server| server.name).collect();
        for name in names {
            let of = |pair: &Pair<Option<Server>>| {
                let server = pair.present().find(|server| server.name == Some(name));
                server.map_or("absent", |it| it.state.unwrap_or(ServerState::Ready).as_str())
            };
            let (here, there) = (of(here), of(there));
            if here != there {
                found.push(format!("{name}: {here} here, {there} there"));
            }
        }
        if let (Some(here), Some(there)) = (ratio(here), ratio(there))
            && !(1.0 / ALIKE..=ALIKE).contains(&(here / there))
        {
            found.push(format!("{role}: shares 1:{here:.2} here, 1:{there:.2} there"));
        }
    }
    found
}

/// How much heavier the second of a pair is.
fn ratio(pair: &Pair<Option<Server>>) -> Option<f64> {
    let weight = |server: &Server| server.weight.unwrap_or(Weight::ONE).as_f64();
    Some(weight(pair.second.as_ref()?) / weight(pair.first.as_ref()?))
}

#[cfg(test)]
mod tests {
    use protocol::Epoch;

    use super::*;

    fn map(state: ServerState, weight: &str) -> AddressMap {
        let server = |name: &str, state, weight: &str| {
            Some(Server {
                name: Some(name.parse().unwrap()),
                weight: Some(weight.parse().unwrap()),
                state: Some(state),
                ..Server::at("127.0.0.1:1".parse().unwrap())
            })
        };
        let ready = ServerState::Ready;
        let aar = Pair::new(server("aar-1", state, weight), server("aar-2", ready, "1"));
        AddressMap { aar, ..AddressMap::default() }
    }

    #[test]
    fn small_differences_of_weight_are_none() {
        let mut agreement = Agreement::default();
        let (one, two) = (map(ServerState::Ready, "1"), map(ServerState::Ready, "1.2"));
        assert!(!agreement.compare(&one, &two, 0));
        assert_eq!((agreement.since_ms(), agreement.differences()), (None, &[][..]));
    }

    #[test]
    fn an_alarm_is_due_once_when_it_is_older_than_two_minutes() {
        let mut agreement = Agreement::default();
        let ours = map(ServerState::Ready, "1");
        let theirs = AddressMap { epoch: Epoch::new(3), ..map(ServerState::Dead, "2") };
        let due: Vec<i64> =
            (0..10).filter(|at| agreement.compare(&ours, &theirs, at * 30_000)).collect();
        assert_eq!(due, [4]);
        assert_eq!(
            agreement.differences(),
            [
                "epoch: 0 here, 3 there",
                "aar-1: ready here, dead there",
                "AAR: shares 1:1.00 here, 1:0.50 there"
            ]
        );
        agreement.compare(&ours, &ours, 400_000);
        assert_eq!(agreement.since_ms(), None);
        assert!(!agreement.compare(&ours, &theirs, 430_000));
    }
}
