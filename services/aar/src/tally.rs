//! What is counted of the AUTHs of a box, until CRYPTO has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::{Date, DeviceId, Outcome};
use store::Usage;

use crate::judge::Last;

/// The zones of the world differ by quarters of an hour, so a day is a sum of these.
const QUARTER_MS: i64 = 900_000;

/// The AUTHs of one box in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    auths: i64,
    good: i64,
    online_s: i64,
    first_ms: i64,
    last_ms: i64,
}

/// What was counted, by box and quarter of an hour.
pub(crate) type Tallies = BTreeMap<(DeviceId, i64), Tally>;

// === impl Tally ===

impl Tally {
    /// Counts an AUTH that passed, behind the one before.
    pub(crate) fn of(last: &Last, before: Option<&Last>) -> Self {
        Self {
            auths: 1,
            good: i64::from(last.outcome == Outcome::Ok),
            online_s: before.map_or(0, |before| online_s(before, last.seen_ms)),
            first_ms: last.seen_ms,
            last_ms: last.seen_ms,
        }
    }

    fn add(&mut self, other: Self) {
        self.auths = self.auths.saturating_add(other.auths);
        self.good = self.good.saturating_add(other.good);
        self.online_s = self.online_s.saturating_add(other.online_s);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// How long a box was under its lease when it asked again.
fn online_s(before: &Last, now_ms: i64) -> i64 {
    let passed_s = now_ms.saturating_sub(before.seen_ms).max(0) / 1_000;
    if before.outcome == Outcome::Ok { passed_s.min(i64::from(before.lease_s)) } else { 0 }
}

/// Adds what was counted to what is there.
pub(crate) fn count(tallies: &mut Tallies, device: DeviceId, tally: Tally) {
    let quarter = tally.first_ms.div_euclid(QUARTER_MS);
    tallies.entry((device, quarter)).and_modify(|it| it.add(tally)).or_insert(tally);
}

/// Adds up by day, as CRYPTO keeps it.
pub(crate) fn by_day(tallies: &Tallies, zone: &TimeZone) -> Vec<Usage> {
    let mut days: BTreeMap<(DeviceId, Date), Tally> = BTreeMap::new();
    for (&(device, quarter), &tally) in tallies {
        let Some(day) = day_of(quarter.saturating_mul(QUARTER_MS), zone) else { continue };
        days.entry((device, day)).and_modify(|it| it.add(tally)).or_insert(tally);
    }
    let usage = |((device, day), tally): ((DeviceId, Date), Tally)| {
        let Tally { auths, good, online_s, first_ms, last_ms } = tally;
        Usage { device, day, auths, good, online_s, first_ms, last_ms }
    };
    days.into_iter().map(usage).collect()
}

/// The day of a moment in a zone.
pub(crate) fn day_of(unix_ms: i64, zone: &TimeZone) -> Option<Date> {
    let moment = Timestamp::from_millisecond(unix_ms).ok()?;
    moment.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T22:45:00Z: a quarter before midnight in Douala.
    const LATE_MS: i64 = 1_795_214_700_000;

    fn last(seen_ms: i64, outcome: Outcome) -> Last {
        Last { counter: 1, nonce: [0; 12], seen_ms, outcome, lease_s: 600, spread_s: 0 }
    }

    #[test]
    fn a_day_is_that_of_the_zone() {
        let device = DeviceId::from_bytes([1; 16]);
        let mut tallies = Tallies::new();
        for at_ms in [LATE_MS, LATE_MS + 899_999, LATE_MS + 900_000] {
            count(&mut tallies, device, Tally::of(&last(at_ms, Outcome::Ok), None));
        }
        let days = |zone: &str| {
            let days = by_day(&tallies, &TimeZone::get(zone).unwrap());
            days.iter().map(|it| (it.day.to_string(), it.auths)).collect::<Vec<_>>()
        };
        let parts = [("2026-11-20".to_owned(), 2), ("2026-11-21".to_owned(), 1)];
        assert_eq!(days("Africa/Douala"), parts);
        assert_eq!(days("UTC"), [("2026-11-20".to_owned(), 3)]);
        assert_eq!(days("Asia/Kathmandu"), [("2026-11-21".to_owned(), 3)]);
    }

    #[test]
    fn a_box_is_online_until_it_asks_again_or_its_lease_ends() {
        let online = |gap_s: i64, outcome| {
            let before = last(LATE_MS, outcome);
            Tally::of(&last(LATE_MS + gap_s * 1_000, Outcome::Ok), Some(&before)).online_s
        };
        assert_eq!(online(300, Outcome::Ok), 300);
        assert_eq!(online(6_000, Outcome::Ok), 600);
        assert_eq!(online(300, Outcome::Suspended), 0);
        assert_eq!(online(-300, Outcome::Ok), 0);
    }
}
