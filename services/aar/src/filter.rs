//! Which boxes are meant: what a list, an export and a bulk action choose by.

use protocol::DeviceTag;
use store::{Labels, State};

use crate::judge::Last;
use crate::judge::Standing;

/// What a box must be; what is not said, it may be in any way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
    pub(crate) group: Option<DeviceTag>,
    /// All of them.
    pub(crate) tags: Vec<DeviceTag>,
    /// Its end date is over by this moment, Unix milliseconds.
    pub(crate) ends_by_ms: Option<i64>,
    /// It passed no AUTH since this moment, Unix milliseconds.
    pub(crate) silent_since_ms: Option<i64>,
}

// === impl Filter ===

impl Filter {
    /// Whether a box is meant.
    pub(crate) fn takes(&self, standing: Standing, labels: &Labels, last: Option<Last>) -> bool {
        self.state.is_none_or(|state| state == standing.state)
            && self.group.is_none_or(|group| labels.group == Some(group))
            && self.tags.iter().all(|tag| labels.tags().contains(tag))
            && self.ends_by_ms.is_none_or(|by| standing.ends_ms.is_some_and(|ends| ends <= by))
            && self.silent_since_ms.is_none_or(|since| last.is_none_or(|it| it.seen_ms < since))
    }
}

#[cfg(test)]
mod tests {
    use protocol::Outcome;

    use super::*;

    fn last(seen_ms: i64) -> Last {
        Last { counter: 1, nonce: [0; 12], seen_ms, outcome: Outcome::Ok, lease_s: 0, spread_s: 0 }
    }

    #[test]
    fn takes_what_is_all_that_it_says() {
        let tag = |text: &str| text.parse::<DeviceTag>().unwrap();
        let mut labels = Labels::in_group(Some(tag("akwa")));
        labels.add(tag("nord"));
        let standing = Standing { state: State::Active, ends_ms: Some(1_000) };
        let takes = |filter: Filter| filter.takes(standing, &labels, Some(last(500)));
        let all = Filter {
            state: Some(State::Active),
            group: Some(tag("akwa")),
            tags: vec![tag("nord")],
            ends_by_ms: Some(1_000),
            silent_since_ms: Some(501),
        };
        assert!(takes(Filter::default()) && takes(all.clone()));
        for other in [
            Filter { state: Some(State::Stolen), ..all.clone() },
            Filter { group: Some(tag("bali")), ..all.clone() },
            Filter { tags: vec![tag("nord"), tag("est")], ..all.clone() },
            Filter { ends_by_ms: Some(999), ..all.clone() },
            Filter { silent_since_ms: Some(500), ..all.clone() },
        ] {
            assert!(!takes(other.clone()), "{other:?}");
        }
        let endless = Standing { ends_ms: None, ..standing };
        assert!(!all.takes(endless, &labels, None), "without an end it does not end");
        let silent = Filter { ends_by_ms: None, ..all };
        assert!(silent.takes(endless, &labels, None), "a box never heard is silent");
    }
}
