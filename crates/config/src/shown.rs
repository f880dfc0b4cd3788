//! What a service would start with, for people.

use std::fmt;

/// One value that a service would start with.
///
/// An ini holds no secrets (they are in 0600 files that it names), so there are none to hide here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The section.
    pub section: &'static str,
    /// The key.
    pub key: String,
    /// The value in force.
    pub value: String,
    /// `s` or `ms` for a time.
    pub unit: Option<&'static str>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This line of the ini.
    Line(usize),
    /// The default.
    Default,
}

// === impl Shown ===

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        write!(f, "[{}] {} = {}{unit} ({})", self.section, self.key, self.value, self.origin)
    }
}

// === impl Origin ===

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Default => f.write_str("default"),
        }
    }
}
