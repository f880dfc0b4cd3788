//! What an ini may hold.

/// The name of a key that stands for any: each network operator may have one.
pub(crate) const ANY_OPERATOR: &str = "*";

/// A section that an ini may hold.
#[derive(Debug, Clone, Copy)]
pub struct SectionSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is about, one sentence.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [KeySpec],
}

/// A key that a section may hold.
#[derive(Debug, Clone, Copy)]
pub struct KeySpec {
    /// Its name; a time says its unit here or in `doc`.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What holds where it is not there, or empty.
    pub default: Fallback,
    /// What it does, one sentence.
    pub doc: &'static str,
}

/// What holds where a key is not there, or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// It must be there.
    Required,
    /// Nothing.
    Nothing,
    /// This value.
    Is(&'static str),
    /// What the loader works out; the text says how.
    Computed(&'static str),
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The name of an application, 1 to 64 of `A-Z a-z 0-9 . _ -`.
    App,
    /// The name of an instance, 1 to 32 of the same.
    Instance,
    /// A role, in any case.
    Role,
    /// An address that a listener binds.
    Listen,
    /// An address that somebody dials.
    Peer,
    /// The URL of a database, without credentials.
    Database,
    /// An IP address.
    Ip,
    /// A network.
    Network,
    /// A file or folder; a relative one is beside the ini.
    Path,
    /// A time in whole seconds.
    Seconds {
        /// The shortest.
        min: u64,
        /// The longest.
        max: u64,
    },
    /// A time in whole milliseconds.
    Millis {
        /// The shortest.
        min: u64,
        /// The longest.
        max: u64,
    },
    /// A number.
    Count {
        /// The smallest.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// `yes` or `no`; `1` and `0`, `true` and `false` do too.
    Flag,
    /// One of some words.
    Word(&'static [&'static str]),
    /// A time zone by its name.
    Zone,
    /// The epoch of an address map.
    Epoch,
    /// A moment, as LB's answers name it.
    Time,
    /// A share against the twin's.
    Weight,
    /// SHA-256 in hex.
    Digest,
    /// The name of a principal, 1 to 64 of `A-Z a-z 0-9 . _ -`.
    Principal,
    /// Verbs of the management interface that only read, blanks between them.
    Routes,
    /// What to dial, with `{code}` where the recharge code stands.
    Dial,
    /// How long recharge codes are, and of which digits.
    CodeForm,
}

// === impl Kind ===

impl Kind {
    /// Says what must stand there, for a message.
    pub fn expects(self) -> String {
        let plain = match self {
            Self::App => "1 to 64 of A-Z a-z 0-9 . _ -",
            Self::Instance => "1 to 32 of A-Z a-z 0-9 . _ -",
            Self::Role => "a role: one of PPPX LB AAR SR TOPUP GATEWAY CONSOLE",
            Self::Listen => "an IP address and a port, such as 127.0.0.1:8402",
            Self::Peer => "HOST:PORT, such as 10.0.0.2:8402",
            Self::Database => "sqlite:///FILE or postgres://HOST:PORT/NAME, without credentials",
            Self::Ip => "an IP address such as 192.168.8.1",
            Self::Network => "a network such as 10.9.0.0/24",
            Self::Path => "a file or folder",
            Self::Flag => "yes or no",
            Self::Zone => "a time zone such as Africa/Douala",
            Self::Epoch => "a whole number",
            Self::Time => "a moment such as 2026-11-20T08:00:00.000Z",
            Self::Weight => "a number from 0.1 to 10",
            Self::Digest => "64 hex digits",
            Self::Principal => "a principal's name: 1 to 64 of A-Z a-z 0-9 . _ -",
            Self::Routes => "verbs that only read, such as boxes/list servers/list",
            Self::Dial => "what to dial, such as *126*{code}#: of 0-9 * #, and {code} once",
            Self::CodeForm => {
                "a length such as 14 or 12-16, 4 to 32; then, if not all, the digits: 14 1-9"
            }
            Self::Seconds { min, max } => return format!("whole seconds, {min} to {max}"),
            Self::Millis { min, max } => return format!("whole milliseconds, {min} to {max}"),
            Self::Count { min, max } => return format!("a whole number, {min} to {max}"),
            Self::Word(words) => return format!("one of {}", words.join(", ")),
        };
        plain.to_owned()
    }

    /// The unit of a time.
    pub const fn unit(self) -> Option<&'static str> {
        match self {
            Self::Seconds { .. } => Some("s"),
            Self::Millis { .. } => Some("ms"),
            _ => None,
        }
    }
}
