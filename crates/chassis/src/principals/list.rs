//! The list of principals as it travels and lies on the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::{Principal, PrincipalName};
use serde::{Deserialize, Serialize};

/// A list that no AAR has confirmed for so long is none any more.
///
/// Source: toki.md §9
pub(super) const GOOD_MS: i64 = 24 * 60 * 60 * 1000;

/// Every principal, also the revoked.
///
/// # Format
/// JSON: `{"changed":17,"as_of":1795190400123,"principals":[{"name":"ada","kind":"operator",
/// "rights":"read sell","number":1,"revoked":false}]}`; `as_of` in Unix milliseconds.
///
/// Source: toki.md §9
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalList {
    changed: i64,
    as_of_ms: i64,
    principals: Arc<BTreeMap<PrincipalName, Principal>>,
}

/// What is said of the list: the whole of it, or that the number which was asked for stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Whole(PrincipalList),
    Same { changed: i64, as_of_ms: i64 },
}

#[derive(Serialize, Deserialize)]
struct Document {
    changed: i64,
    #[serde(rename = "as_of")]
    as_of_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    principals: Option<Vec<Row>>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    kind: String,
    rights: String,
    number: u32,
    revoked: bool,
}

// === impl PrincipalList ===

impl PrincipalList {
    /// The list that CRYPTO had at a time, in Unix milliseconds, under the number of its last
    /// change.
    pub fn new(
        changed: i64,
        as_of_ms: i64,
        principals: impl IntoIterator<Item = Principal>,
    ) -> Self {
        let principals = principals.into_iter().map(|it| (it.name, it)).collect();
        Self { changed, as_of_ms, principals: Arc::new(principals) }
    }

    /// The number of its last change.
    pub fn changed(&self) -> i64 {
        self.changed
    }

    /// When CRYPTO was last seen to have it, Unix milliseconds.
    pub fn as_of_ms(&self) -> i64 {
        self.as_of_ms
    }

    /// The principal of a name.
    pub fn get(&self, name: &PrincipalName) -> Option<Principal> {
        self.principals.get(name).copied()
    }

    /// Whether an AAR confirmed it within the last 24 h.
    pub fn is_good(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.as_of_ms) <= GOOD_MS
    }

    /// The same list, seen again.
    #[must_use]
    pub fn confirmed(&self, as_of_ms: i64) -> Self {
        Self { as_of_ms, ..self.clone() }
    }

    /// Prints the whole of it.
    pub(super) fn print(&self) -> Vec<u8> {
        let rows = self.principals.values().map(|it| Row {
            name: it.name.to_string(),
            kind: it.kind.to_string(),
            rights: it.rights.to_string(),
            number: it.number,
            revoked: it.revoked,
        });
        self.document(Some(rows.collect()))
    }

    /// Prints that it still is the one of its number.
    pub(super) fn print_same(&self) -> Vec<u8> {
        self.document(None)
    }

    fn document(&self, principals: Option<Vec<Row>>) -> Vec<u8> {
        let document = Document { changed: self.changed, as_of_ms: self.as_of_ms, principals };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

// === impl Said ===

impl Said {
    /// Reads what was said at most at `now_ms`; `None` where it is no list.
    ///
    /// A principal that does not read, as one with a right of a later version, is left out: it is
    /// refused, and the others are served.
    pub(super) fn read(text: &[u8], now_ms: i64) -> Option<Self> {
        let Document { changed, as_of_ms, principals } = serde_json::from_slice(text).ok()?;
        let as_of_ms = as_of_ms.min(now_ms);
        if changed < 0 {
            return None;
        }
        let Some(rows) = principals else { return Some(Self::Same { changed, as_of_ms }) };
        let read = rows.iter().filter_map(|row| {
            let principal = row.read();
            if principal.is_none() {
                tracing::error!(kind = %short(&row.kind), rights = %short(&row.rights),
                    "a principal does not read, and is refused: is this version older than AAR's?");
            }
            principal
        });
        Some(Self::Whole(PrincipalList::new(changed, as_of_ms, read)))
    }
}

// === impl Row ===

impl Row {
    fn read(&self) -> Option<Principal> {
        Some(Principal {
            name: self.name.parse().ok()?,
            kind: self.kind.parse().ok()?,
            rights: self.rights.parse().ok()?,
            number: self.number,
            revoked: self.revoked,
        })
    }
}

/// A text from outside, as a log may hold it.
fn short(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use protocol::{Kind, Right, Rights};

    use super::*;

    fn ada() -> Principal {
        let rights = Rights::of(&[Right::Read, Right::Sell]);
        let name = "ada".parse().unwrap();
        Principal { name, kind: Kind::Operator, rights, number: 2, revoked: true }
    }

    #[test]
    fn a_list_reads_back() {
        let list = PrincipalList::new(17, 1000, [ada()]);
        let text = String::from_utf8(list.print()).unwrap();
        assert_eq!(
            text,
            r#"{"changed":17,"as_of":1000,"principals":[{"name":"ada","kind":"operator","rights":"sell read","number":2,"revoked":true}]}"#
        );
        assert_eq!(Said::read(text.as_bytes(), 1000), Some(Said::Whole(list.clone())));
        let same = Some(Said::Same { changed: 17, as_of_ms: 1000 });
        assert_eq!(Said::read(&list.print_same(), 1000), same);
    }

    #[test]
    fn a_time_to_come_is_now() {
        let list = PrincipalList::new(17, 5000, []);
        let same = Some(Said::Same { changed: 17, as_of_ms: 1000 });
        assert_eq!(Said::read(&list.print_same(), 1000), same);
    }

    #[test]
    fn what_a_later_version_says_leaves_the_others_alone() {
        let text = r#"{"changed":1,"as_of":1,"new":true,"principals":[
            {"name":"eve","kind":"operator","rights":"read refund","number":1,"revoked":false},
            {"name":"ada","kind":"operator","rights":"read sell","number":2,"revoked":true}]}"#;
        let whole = Said::Whole(PrincipalList::new(1, 1, [ada()]));
        assert_eq!(Said::read(text.as_bytes(), 1), Some(whole));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in ["", "{}", "[]", r#"{"changed":-1,"as_of":1}"#, r#"{"changed":1}"#] {
            assert_eq!(Said::read(text.as_bytes(), 1), None, "{text}");
        }
    }
}
