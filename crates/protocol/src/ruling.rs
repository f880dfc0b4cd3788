//! What operators have said of servers, as one LB tells its twin.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::{FormError, Instance, Label, PrincipalName, RequestId, ServerState, TEXT_BYTES};

/// What an operator has said of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// `ready`, `drain` or `maintenance`.
    pub state: ServerState,
    /// Higher than that of every ruling that whoever took it knew.
    pub version: u64,
    /// When it was given, Unix milliseconds; for people, it decides nothing.
    pub at_ms: i64,
    /// Who gave it.
    pub by: PrincipalName,
    /// By which it is known again.
    pub request: RequestId,
    /// Why, where he said.
    pub reason: Option<Label>,
}

/// What operators have said of all servers, and how often one ended a freeze.
///
/// # Format
/// A line a server: name, state, version, Unix milliseconds, principal, request and, to the end of
/// the line, the reason, with one space between. A first line `* N` says that freezes were ended
/// `N` times.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rulings {
    thaws: u64,
    of: BTreeMap<Instance, Ruling>,
}

/// What another's rulings have brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// The servers of which the other's ruling stands now.
    pub taken: Vec<Instance>,
    /// Whether a freeze was ended there since.
    pub thawed: bool,
}

/// More servers than a fleet has, few enough for one element.
const MOST: usize = 64;
const WRONG: FormError = FormError::Rule("it is not a list of rulings");

// === impl Rulings ===

impl Rulings {
    /// What was said last of a server; one that is `ready` again is there too.
    pub fn get(&self, server: &Instance) -> Option<&Ruling> {
        self.of.get(server)
    }

    /// All, by server.
    pub fn iter(&self) -> impl Iterator<Item = (&Instance, &Ruling)> {
        self.of.iter()
    }

    /// Whether nothing was ever said.
    pub fn is_empty(&self) -> bool {
        self.thaws == 0 && self.of.is_empty()
    }

    /// The version that the next ruling gets.
    pub fn next(&self) -> u64 {
        let highest = self.of.values().map(|ruling| ruling.version).max();
        highest.unwrap_or_default().saturating_add(1)
    }

    /// Puts a ruling in the place of the one before.
    pub fn put(&mut self, server: Instance, ruling: Ruling) {
        self.of.insert(server, ruling);
    }

    /// Counts that a freeze was ended.
    pub fn thaw(&mut self) {
        self.thaws = self.thaws.saturating_add(1);
    }

    /// Forgets those that are not listed any more.
    pub fn keep(&mut self, is_listed: impl Fn(&Instance) -> bool) {
        self.of.retain(|server, _| is_listed(server));
    }

    /// Takes of another's what is newer: the higher version, and where two were given at once
    /// the one that takes the server out, then the one whose request is greater.
    pub fn merge(&mut self, other: &Self) -> Merged {
        let mut merged = Merged { taken: Vec::new(), thawed: self.thaws < other.thaws };
        self.thaws = self.thaws.max(other.thaws);
        for (server, theirs) in &other.of {
            if self.of.get(server).is_none_or(|ours| ours.rank() < theirs.rank()) {
                self.of.insert(*server, theirs.clone());
                merged.taken.push(*server);
            }
        }
        merged
    }

    fn print(&self, with_reasons: bool) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        if self.thaws > 0 {
            writeln!(text, "* {}", self.thaws).unwrap_or_default();
        }
        for (server, it) in self.of.iter().take(MOST) {
            let Ruling { state, version, at_ms, by, request, reason } = it;
            write!(text, "{server} {state} {version} {at_ms} {by} {request}").unwrap_or_default();
            if let Some(reason) = reason.as_ref().filter(|_| with_reasons) {
                write!(text, " {reason}").unwrap_or_default();
            }
            text.push('\n');
        }
        text
    }
}

impl fmt::Display for Rulings {
    /// Leaves the reasons out where the whole would not fit into an element.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.print(true);
        let text = if text.len() > TEXT_BYTES { self.print(false) } else { text };
        f.write_str(text.trim_end())
    }
}

impl FromStr for Rulings {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let mut rulings = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(thaws) = line.strip_prefix("* ") {
                rulings.thaws = thaws.parse().map_err(|_| WRONG)?;
                continue;
            }
            let (server, ruling) = Ruling::read(line).ok_or(WRONG)?;
            rulings.of.insert(server, ruling);
        }
        if rulings.of.len() > MOST { Err(WRONG) } else { Ok(rulings) }
    }
}

// === impl Ruling ===

impl Ruling {
    /// Whether it takes the server out.
    pub fn takes_out(&self) -> bool {
        self.state != ServerState::Ready
    }

    fn rank(&self) -> (u64, ServerState, uuid::Uuid) {
        (self.version, self.state, self.request.uuid())
    }

    fn read(line: &str) -> Option<(Instance, Self)> {
        let mut words = line.splitn(7, ' ');
        let mut word = || words.next();
        let server = word()?.parse().ok()?;
        let state: ServerState = word()?.parse().ok()?;
        let given =
            matches!(state, ServerState::Ready | ServerState::Drain | ServerState::Maintenance);
        let ruling = Self {
            state: given.then_some(state)?,
            version: word()?.parse().ok()?,
            at_ms: word()?.parse().ok()?,
            by: word()?.parse().ok()?,
            request: word()?.parse().ok()?,
            reason: words.next().map(str::parse).transpose().ok()?,
        };
        Some((server, ruling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruling(state: ServerState, version: u64) -> Ruling {
        Ruling {
            state,
            version,
            at_ms: 1_764_545_000_000,
            by: "admin".parse().unwrap(),
            request: "0197a1b2-0000-7000-8000-000000000001".parse().unwrap(),
            reason: Some("disque à changer".parse().unwrap()),
        }
    }

    fn name(text: &str) -> Instance {
        text.parse().unwrap()
    }

    fn of(server: &str, ruling: Ruling) -> Rulings {
        let mut rulings = Rulings::default();
        rulings.put(name(server), ruling);
        rulings
    }

    #[test]
    fn reads_what_it_prints() {
        let mut rulings = of("aar-1", ruling(ServerState::Drain, 7));
        rulings.put(name("lb-1"), Ruling { reason: None, ..ruling(ServerState::Ready, 9) });
        rulings.thaw();
        let text = rulings.to_string();
        let line = "aar-1 drain 7 1764545000000 admin 0197a1b2-0000-7000-8000-000000000001 disque";
        assert!(text.starts_with("* 1\n") && text.contains(line), "{text}");
        assert_eq!(text.parse(), Ok(rulings));
        assert_eq!("".parse(), Ok(Rulings::default()));
    }

    #[test]
    fn refuses_what_no_operator_can_say() {
        for text in ["aar-1", "* x", "aar-1 dead 1 0 admin 0197a1b2-0000-7000-8000-000000000001"] {
            assert_eq!(text.parse::<Rulings>(), Err(WRONG), "{text}");
        }
        let line = |at| format!("aar-{at} drain 1 0 admin 0197a1b2-0000-7000-8000-000000000001");
        let lines: Vec<_> = (0..65).map(line).collect();
        assert_eq!(lines.join("\n").parse::<Rulings>(), Err(WRONG));
    }

    #[test]
    fn the_higher_version_stands_whoever_merges() {
        let (drain, ready) = (ruling(ServerState::Drain, 3), ruling(ServerState::Ready, 4));
        let (mut one, mut two) = (of("aar-1", drain), of("aar-1", ready.clone()));
        assert_eq!(one.merge(&two).taken, [name("aar-1")]);
        assert_eq!(two.merge(&one), Merged::default());
        assert_eq!(one.get(&name("aar-1")), Some(&ready));
        assert_eq!(one.next(), 5);
    }

    #[test]
    fn two_given_at_once_end_the_same_on_both() {
        let (drain, ready) = (ruling(ServerState::Drain, 3), ruling(ServerState::Ready, 3));
        let (mut one, mut two) = (of("aar-1", drain), of("aar-1", ready));
        one.merge(&two);
        two.merge(&one);
        assert_eq!(one, two);
        assert_eq!(one.get(&name("aar-1")).unwrap().state, ServerState::Drain);
    }

    #[test]
    fn a_thaw_is_heard_once() {
        let (mut one, mut two) = (Rulings::default(), Rulings::default());
        one.thaw();
        assert!(two.merge(&one).thawed);
        assert!(!two.merge(&one).thawed);
    }

    #[test]
    fn a_long_list_fits_without_its_reasons() {
        let mut rulings = Rulings::default();
        for at in 0..60 {
            let reason = Some("é".repeat(64).parse().unwrap());
            let it = Ruling { reason, ..ruling(ServerState::Drain, u64::MAX - 1) };
            rulings.put(name(&format!("server-{at}")), it);
        }
        let text = rulings.to_string();
        assert!(text.len() <= TEXT_BYTES && text.parse::<Rulings>().is_ok());
    }
}
