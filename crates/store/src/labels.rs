//! The operators' words on a box: a group and tags.

use protocol::{DeviceTag, FormError};

/// The most tags of one box.
pub const TAGS_MOST: usize = 16;

/// The group that a box is in, and its tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The one group that it is in.
    pub group: Option<DeviceTag>,
    /// Its tags, each once, in their order.
    tags: Vec<DeviceTag>,
}

// === impl Labels ===

impl Labels {
    /// In a group, or in none, without tags.
    pub fn in_group(group: Option<DeviceTag>) -> Self {
        Self { group, tags: Vec::new() }
    }

    /// Its tags, in their order.
    pub fn tags(&self) -> &[DeviceTag] {
        &self.tags
    }

    /// Gives it a tag; says whether there was room for it.
    pub fn add(&mut self, tag: DeviceTag) -> bool {
        let Err(at) = self.tags.binary_search(&tag) else { return true };
        if self.tags.len() < TAGS_MOST {
            self.tags.insert(at, tag);
            return true;
        }
        false
    }

    /// Takes a tag from it.
    pub fn remove(&mut self, tag: DeviceTag) {
        self.tags.retain(|it| *it != tag);
    }

    /// As the columns keep them.
    pub(crate) fn read(group: Option<&str>, tags: &str) -> Result<Self, FormError> {
        let group = group.map(str::parse).transpose()?;
        let tags = tags.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { group, tags })
    }

    pub(crate) fn tags_text(&self) -> String {
        self.tags.iter().map(DeviceTag::as_str).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_each_tag_once_in_order_and_no_more_than_there_is_room_for() {
        let mut labels = Labels::default();
        for n in (0..TAGS_MOST).rev().chain(0..TAGS_MOST) {
            assert!(labels.add(format!("t{n:02}").parse().unwrap()), "{n}");
        }
        assert!(!labels.add("zz".parse().unwrap()));
        assert_eq!(labels.tags().len(), TAGS_MOST);
        let read = Labels::read(None, &labels.tags_text()).unwrap();
        assert_eq!(read, labels);
        labels.remove("t00".parse().unwrap());
        assert_eq!(labels.tags().first().map(DeviceTag::as_str), Some("t01"));
    }
}
