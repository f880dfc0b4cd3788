//! What is wrong in an ini.

use config::{Expected, Fault, Kind, Problem, Problems, Warning};
use protocol::FormError;

use super::form::{form, sentence};
use super::{Said, system};
use crate::said;
use crate::text::Value;

/// Says each problem of a file, with its line.
pub(crate) fn problems(problems: &Problems) -> Vec<Said> {
    problems.0.iter().map(problem).collect()
}

/// Says one problem, with its file and line.
fn problem(problem: &Problem) -> Said {
    let (file, fault) = (problem.file.display().to_string(), fault(&problem.fault));
    match problem.line {
        Some(line) => said!("at-line", file = file, line = line.to_string(), fault = fault),
        None => said!("at-file", file = file, fault = fault),
    }
}

/// Says what a service would start in spite of.
pub(crate) fn warning(warning: &Warning) -> Said {
    match warning {
        Warning::OlderIni { older, because } => {
            let older = older.display().to_string();
            said!("warning-older", file = older, problems = problems(because))
        }
        Warning::ByHand { epoch } => said!("warning-by-hand", epoch = epoch.to_string()),
    }
}

fn fault(fault: &Fault) -> Said {
    match fault {
        Fault::Unreadable(kind) => {
            said!("fault-unreadable", cause = system(*kind, &kind.to_string()))
        }
        Fault::NotUtf8 => said!("fault-not-utf8"),
        Fault::Empty => said!("fault-empty"),
        Fault::Syntax(what) => said!("fault-syntax", cause = sentence(what)),
        Fault::OutsideSection(key) => said!("fault-outside", key = key.as_str()),
        Fault::RepeatedSection { section, first } => {
            said!("fault-section-twice", section = section.as_str(), line = first.to_string())
        }
        Fault::RepeatedKey { section, key, first } => {
            let line = first.to_string();
            said!("fault-key-twice", section = section.as_str(), key = key.as_str(), line = line)
        }
        Fault::UnknownSection { section, nearest } => unknown_section(section, nearest.as_deref()),
        Fault::UnknownKey { section, key, nearest } => {
            unknown_key(section, key, nearest.as_deref())
        }
        Fault::Missing { section, key, expected } => {
            let (key, expected) = (key.as_str(), wanted(*expected));
            said!("fault-missing", section = section.as_str(), key = key, expected = expected)
        }
        Fault::Tail { section, key } => {
            said!("fault-tail", section = section.as_str(), key = key.as_str())
        }
        Fault::Value { section, key, expected, why } => value(section, key, *expected, *why),
        Fault::OtherRole { found, expected } => {
            said!("fault-role", found = found.as_str(), expected = expected.as_str())
        }
        Fault::NoRole => said!("fault-no-role"),
        Fault::Insecure => said!("fault-insecure"),
        Fault::NoAddr => said!("fault-no-addr"),
        Fault::OutsideVpn { place, vpn } => {
            said!("fault-vpn", place = *place, vpn = vpn.as_str())
        }
        Fault::SecondSqlite => said!("fault-second-sqlite"),
        Fault::PlaceTaken { section, other } => {
            said!("fault-place", section = section.as_str(), other = other.as_str())
        }
        Fault::AddrTaken { section, other } => {
            said!("fault-addr", section = section.as_str(), other = other.as_str())
        }
    }
}

fn unknown_section(section: &str, nearest: Option<&str>) -> Said {
    match nearest {
        Some(nearest) => said!("fault-section-near", section = section, nearest = nearest),
        None => said!("fault-section", section = section),
    }
}

fn unknown_key(section: &str, key: &str, nearest: Option<&str>) -> Said {
    match nearest {
        Some(near) => said!("fault-key-near", section = section, key = key, nearest = near),
        None => said!("fault-key", section = section, key = key),
    }
}

fn value(section: &str, key: &str, expected: Expected, why: Option<FormError>) -> Said {
    let expected = wanted(expected);
    match why {
        Some(why) => {
            let why = form(why);
            said!("fault-value-why", section = section, key = key, expected = expected, why = why)
        }
        None => said!("fault-value", section = section, key = key, expected = expected),
    }
}

/// Says what must stand at a key.
fn wanted(expected: Expected) -> Said {
    let kind = match expected {
        Expected::Kind(kind) => kind,
        Expected::ListedRole => return said!("kind-listed-role"),
    };
    match kind {
        Kind::App => said!("kind-app"),
        Kind::Instance => said!("kind-instance"),
        Kind::Role => said!("kind-role"),
        Kind::Listen => said!("kind-listen"),
        Kind::Peer => said!("kind-peer"),
        Kind::Database => said!("kind-database"),
        Kind::Ip => said!("kind-ip"),
        Kind::Network => said!("kind-network"),
        Kind::Path => said!("kind-path"),
        Kind::Seconds { min, max } => said!("kind-seconds", min = text(min), max = text(max)),
        Kind::Millis { min, max } => said!("kind-millis", min = text(min), max = text(max)),
        Kind::Count { min, max } => said!("kind-count", min = text(min), max = text(max)),
        Kind::Flag => said!("kind-flag"),
        Kind::Word(words) => said!("kind-word", words = words.join(", ")),
        Kind::Zone => said!("kind-zone"),
        Kind::Epoch => said!("kind-epoch"),
        Kind::Time => said!("kind-time"),
        Kind::Weight => said!("kind-weight"),
        Kind::Digest => said!("kind-digest"),
        Kind::Principal => said!("kind-principal"),
        Kind::Routes => said!("kind-routes"),
        Kind::Dial => said!("kind-dial"),
        Kind::CodeForm => said!("kind-code-form"),
    }
}

/// A bound as it is typed, without the marks between thousands.
fn text(number: u64) -> Value {
    Value::Text(number.to_string())
}
