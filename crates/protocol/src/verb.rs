//! The commands by name.

use std::fmt;

use crate::Role;

/// A command's name, without star and without `R-`.
///
/// Source: protocol.md §3
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// A module asks for the address map.
    Init,
    /// A key is asked who it is, or is registered.
    Crecord,
    /// A box is activated.
    Activate,
    /// A box asks whether it may surf.
    Auth,
    /// A purchase code is given for a recharge code.
    TopUp,
    /// What became of a recharge code is told.
    Credit,
    /// A key is given its credential.
    Provision,
}

// === impl Verb ===

impl Verb {
    /// Every command.
    pub const ALL: [Self; 7] = [
        Self::Init,
        Self::Crecord,
        Self::Activate,
        Self::Auth,
        Self::TopUp,
        Self::Credit,
        Self::Provision,
    ];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Crecord => "CRECORD",
            Self::Activate => "ACTIVATE",
            Self::Auth => "AUTH",
            Self::TopUp => "TOPUP",
            Self::Credit => "CREDIT",
            Self::Provision => "PROVISION",
        }
    }

    /// The command of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// How long an answer may take from the arrival at PPPX, in milliseconds.
    ///
    /// Source: protocol.md §1
    pub const fn deadline_ms(self) -> u64 {
        match self {
            Self::Init => 3000,
            Self::Auth => 2000,
            Self::Crecord | Self::Activate | Self::TopUp | Self::Credit | Self::Provision => 5000,
        }
    }

    /// The role of the servers that answer it; `None` for PROVISION, which goes to a key.
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Init => Some(Role::Lb),
            Self::Crecord => Some(Role::Sr),
            Self::Activate | Self::Auth => Some(Role::Aar),
            Self::TopUp | Self::Credit => Some(Role::TopUp),
            Self::Provision => None,
        }
    }

    /// Whether the command may have a star: all that PPPX passes on to a server.
    pub const fn starrable(self) -> bool {
        self.role().is_some()
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
