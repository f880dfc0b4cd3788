//! Which boxes have a group or a tag: whoever chooses by one walks over these alone.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{DeviceId, DeviceTag};
use store::Labels;

use crate::filter::Filter;

/// Those that have a label which nobody has.
static NOBODY: BTreeSet<DeviceId> = BTreeSet::new();

type By = BTreeMap<DeviceTag, BTreeSet<DeviceId>>;

/// The boxes of a shard by group and by tag.
#[derive(Debug, Default)]
pub(super) struct Labelled {
    groups: By,
    tags: By,
}

// === impl Labelled ===

impl Labelled {
    pub(super) fn add(&mut self, device: DeviceId, labels: &Labels) {
        if let Some(label) = labels.group {
            self.groups.entry(label).or_default().insert(device);
        }
        for label in labels.tags() {
            self.tags.entry(*label).or_default().insert(device);
        }
    }

    /// Takes a box out; the labels are those with which it was added.
    pub(super) fn remove(&mut self, device: DeviceId, labels: &Labels) {
        if let Some(label) = labels.group {
            forget(&mut self.groups, label, device);
        }
        for label in labels.tags() {
            forget(&mut self.tags, *label, device);
        }
    }

    /// The fewest boxes among which are all that a filter takes; `None` where it says neither a
    /// group nor a tag.
    pub(super) fn fewest(&self, filter: &Filter) -> Option<&BTreeSet<DeviceId>> {
        let group = filter.group.iter().map(|label| (&self.groups, label));
        let tags = filter.tags.iter().map(|label| (&self.tags, label));
        let all = group.chain(tags).map(|(by, label)| by.get(label).unwrap_or(&NOBODY));
        all.min_by_key(|devices| devices.len())
    }

    /// Each group, and how many boxes have it.
    pub(super) fn groups(&self) -> impl Iterator<Item = (DeviceTag, usize)> {
        self.groups.iter().map(|(label, devices)| (*label, devices.len()))
    }

    /// Each tag, and how many boxes have it.
    pub(super) fn tags(&self) -> impl Iterator<Item = (DeviceTag, usize)> {
        self.tags.iter().map(|(label, devices)| (*label, devices.len()))
    }
}

fn forget(by: &mut By, label: DeviceTag, device: DeviceId) {
    let Some(devices) = by.get_mut(&label) else { return };
    devices.remove(&device);
    if devices.is_empty() {
        by.remove(&label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> DeviceTag {
        text.parse().unwrap()
    }

    fn labels(group: &str, tags: &[&str]) -> Labels {
        let mut labels = Labels::in_group(Some(tag(group)));
        for text in tags {
            labels.add(tag(text));
        }
        labels
    }

    fn found(labelled: &Labelled, group: Option<&str>, tags: &[&str]) -> Option<Vec<u8>> {
        let tags = tags.iter().map(|text| tag(text)).collect();
        let filter = Filter { group: group.map(tag), tags, ..Filter::default() };
        let first = |device: &DeviceId| device.as_bytes()[0];
        labelled.fewest(&filter).map(|devices| devices.iter().map(first).collect())
    }

    #[test]
    fn offers_the_fewest_that_have_a_label_and_forgets_those_that_lost_it() {
        let mut labelled = Labelled::default();
        for n in 0..4_u8 {
            let tags: &[&str] = if n == 2 { &["all", "rare"] } else { &["all"] };
            labelled.add(DeviceId::from_bytes([n; 16]), &labels("akwa", tags));
        }
        assert_eq!(found(&labelled, None, &[]), None);
        assert_eq!(found(&labelled, Some("akwa"), &["all"]), Some(vec![0, 1, 2, 3]));
        assert_eq!(found(&labelled, Some("akwa"), &["all", "rare"]), Some(vec![2]));
        assert_eq!(found(&labelled, Some("all"), &[]), Some(vec![]), "a tag is no group");
        labelled.remove(DeviceId::from_bytes([2; 16]), &labels("akwa", &["all", "rare"]));
        assert_eq!(found(&labelled, Some("akwa"), &["rare"]), Some(vec![]));
        assert_eq!(labelled.groups().collect::<Vec<_>>(), [(tag("akwa"), 3)]);
        assert_eq!(labelled.tags().collect::<Vec<_>>(), [(tag("all"), 3)]);
    }
}
