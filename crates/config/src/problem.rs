//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use protocol::{Epoch, FormError, Role};

use crate::spec::Kind;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1; `None` where something is missing.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// All that is wrong with a file, at once and in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// What can be wrong; values are never shown, for somebody may have put a secret there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// The file holds bytes that are not UTF-8.
    #[error("not UTF-8: save the file as UTF-8")]
    NotUtf8,
    /// The file holds nothing.
    #[error("the file is empty")]
    Empty,
    /// A line is no section, no `key = value`, no comment.
    #[error("not a line of an ini: {0}")]
    Syntax(&'static str),
    /// A key stands before the first section.
    #[error("`{0}` stands before the first [section]")]
    OutsideSection(String),
    /// A section stands there twice.
    #[error("[{section}] stands in line {first} already: put its keys there")]
    RepeatedSection {
        /// The section.
        section: String,
        /// The line of the first one.
        first: usize,
    },
    /// A key stands twice in its section.
    #[error("[{section}] {key} stands in line {first} already: remove one")]
    RepeatedKey {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// The line of the first one.
        first: usize,
    },
    /// No section has this name.
    #[error("unknown section [{section}]{}", hint(nearest.as_deref(), "[", "]"))]
    UnknownSection {
        /// The name.
        section: String,
        /// The nearest known one.
        nearest: Option<String>,
    },
    /// The section has no key of this name.
    #[error("unknown key `{key}` in [{section}]{}", hint(nearest.as_deref(), "`", "`"))]
    UnknownKey {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// The nearest known one, with its section where that is another.
        nearest: Option<String>,
    },
    /// A key that must be there is not.
    #[error("[{section}] {key} is missing: {expected}")]
    Missing {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What must stand there.
        expected: Expected,
    },
    /// A comment stands behind the value.
    #[error(
        "[{section}] {key}: a comment must stand on a line of its own, for `;` and `#` belong to the value here"
    )]
    Tail {
        /// The section.
        section: String,
        /// The key.
        key: String,
    },
    /// A value is not of its kind.
    #[error("[{section}] {key} must be {expected}{}", because(*why))]
    Value {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What must stand there.
        expected: Expected,
        /// Why it is not that.
        why: Option<FormError>,
    },
    /// The ini is another module's.
    #[error(
        "[module] role is {found}, but this program is {expected}: start it with the ini of its own role"
    )]
    OtherRole {
        /// What the ini says.
        found: Role,
        /// What runs.
        expected: Role,
    },
    /// The role cannot be told from the file.
    #[error("[module] role is missing or is no role: say one of PPPX, LB, AAR, SR, TOPUP")]
    NoRole,
    /// It would listen to other machines without TLS.
    #[error(
        "[module] listen is not a loopback address and there is no TLS: listen on 127.0.0.1, or say `insecure = yes` in [tls] where the network is private"
    )]
    Insecure,
    /// Others would not know where to reach it.
    #[error(
        "[module] addr is missing: it listens on every address, so say HOST:PORT where others reach it"
    )]
    NoAddr,
    /// CRYPTO is outside the private network that it must be in.
    #[error(
        "[crypto] {place} is not an address within the `vpn` {vpn}: CRYPTO may be reached over that network alone"
    )]
    OutsideVpn {
        /// `first` or `second`.
        place: &'static str,
        /// The network.
        vpn: String,
    },
    /// SQLite has no second CRYPTO.
    #[error(
        "[crypto] second must stay empty with SQLite: both twins share the file in `first`; two machines need PostgreSQL"
    )]
    SecondSqlite,
    /// Two instances have one place.
    #[error(
        "[{section}] has the place of [{other}]: one instance is `first`, one `second`, all others `none`"
    )]
    PlaceTaken {
        /// The later section.
        section: String,
        /// The earlier one.
        other: String,
    },
    /// Two instances have one address.
    #[error("[{section}] has the address of [{other}]")]
    AddrTaken {
        /// The later section.
        section: String,
        /// The earlier one.
        other: String,
    },
}

/// What a service starts in spite of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The ini does not parse, and an older generation stands in.
    #[error("started from the older {}, for the ini does not parse: {because}", older.display())]
    OlderIni {
        /// The generation that stands in.
        older: PathBuf,
        /// What is wrong with the ini.
        because: Problems,
    },
    /// An address was changed since the map came.
    #[error(
        "an address was changed by hand since the map of epoch {epoch} came: \
         say `pin = 1` in its section, or the next newer map replaces it"
    )]
    ByHand {
        /// The epoch of the map.
        epoch: Epoch,
    },
}

/// What must stand at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A value of a kind.
    Kind(Kind),
    /// A role that an inventory may list.
    ListedRole,
}

// === impl Expected ===

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => f.write_str(&kind.expects()),
            Self::ListedRole => f.write_str("one of PPPX LB AAR SR TOPUP GATEWAY"),
        }
    }
}

fn hint(nearest: Option<&str>, open: &str, close: &str) -> String {
    nearest.map(|nearest| format!(": did you mean {open}{nearest}{close}?")).unwrap_or_default()
}

fn because(why: Option<FormError>) -> String {
    why.map(|why| format!(": {why}")).unwrap_or_default()
}

// === impl Problem ===

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.fault),
            None => write!(f, "{}: {}", self.file.display(), self.fault),
        }
    }
}

impl std::error::Error for Problem {}

// === impl Problems ===

impl Problems {
    /// Puts the faults of one file in the order of their lines, those without a line last.
    pub(crate) fn of(file: &Path, mut faults: Vec<(Option<usize>, Fault)>) -> Self {
        faults.sort_by_key(|(line, _)| line.unwrap_or(usize::MAX));
        let problem = |(line, fault)| Problem { file: file.to_owned(), line, fault };
        Self(faults.into_iter().map(problem).collect())
    }

    /// One fault of a whole file.
    pub(crate) fn one(file: &Path, fault: Fault) -> Self {
        Self::of(file, vec![(None, fault)])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
