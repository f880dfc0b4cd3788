//! Principals: who may do what.

use std::fmt;
use std::str::FromStr;

use crate::{FormError, PrincipalName, Role};

/// What a principal is.
///
/// Source: toki.md §9
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One running server.
    Module,
    /// A person of the operator's.
    Operator,
    /// A shop that sells codes.
    Shop,
    /// A program of a customer's.
    App,
    /// Somebody who builds against the interfaces.
    Developer,
}

/// One thing that a principal may do.
///
/// # Format
/// A word in small letters; `module:` and a role in capitals for [`Right::Module`].
///
/// Source: toki.md §9
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To register keys.
    Record,
    /// To activate, suspend and resume boxes.
    Activate,
    /// To give a registered box a new key.
    Rekey,
    /// To ask for recharge codes.
    TopUp,
    /// To sell purchase codes.
    Sell,
    /// To print purchase codes.
    Print,
    /// To look at boxes, servers and reports.
    Read,
    /// To help customers: stolen boxes, codes that are in doubt.
    Support,
    /// To look at what others did.
    Audit,
    /// To speak for end users: `client` is believed.
    Relay,
    /// To do what cannot be undone, and to give rights.
    Admin,
    /// To be a server of a role.
    Module(Role),
}

/// A set of rights.
///
/// # Format
/// The words in the order of [`Right::ALL`], a space between them; nothing for none.
///
/// Source: toki.md §9
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u32);

/// Somebody who has a name and rights; what proves the name is elsewhere.
///
/// Source: toki.md §9
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The name.
    pub name: PrincipalName,
    /// What it is.
    pub kind: Kind,
    /// What it may do.
    pub rights: Rights,
    /// The lowest number of the root key that its toki may be made under.
    pub number: u32,
    /// Whether it may do nothing any more.
    pub revoked: bool,
}

// === impl Kind ===

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Module, Self::Operator, Self::Shop, Self::App, Self::Developer];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Operator => "operator",
            Self::Shop => "shop",
            Self::App => "app",
            Self::Developer => "developer",
        }
    }

    /// Checks that rights are of a kind: a module has one `module:ROLE`, nobody else has any.
    ///
    /// # Errors
    /// [`FormError::Rule`] where they are not.
    pub fn check(self, rights: Rights) -> Result<(), FormError> {
        match (self, rights.roles().count()) {
            (Self::Module, 1) => Ok(()),
            (Self::Module, _) => Err(FormError::Rule("a module has one right module:ROLE")),
            (_, 0) => Ok(()),
            _ => Err(FormError::Rule("a right module:ROLE is for modules alone")),
        }
    }
}

impl FromStr for Kind {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(FormError::Rule("it is not one of module, operator, shop, app, developer"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Right ===

impl Right {
    /// Every right, in the order in which they are written.
    pub const ALL: [Self; 18] = [
        Self::Record,
        Self::Activate,
        Self::Rekey,
        Self::TopUp,
        Self::Sell,
        Self::Print,
        Self::Read,
        Self::Support,
        Self::Audit,
        Self::Relay,
        Self::Admin,
        Self::Module(Role::Pppx),
        Self::Module(Role::Lb),
        Self::Module(Role::Aar),
        Self::Module(Role::Sr),
        Self::Module(Role::TopUp),
        Self::Module(Role::Gateway),
        Self::Module(Role::Console),
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Activate => "activate",
            Self::Rekey => "rekey",
            Self::TopUp => "topup",
            Self::Sell => "sell",
            Self::Print => "print",
            Self::Read => "read",
            Self::Support => "support",
            Self::Audit => "audit",
            Self::Relay => "relay",
            Self::Admin => "admin",
            Self::Module(Role::Pppx) => "module:PPPX",
            Self::Module(Role::Lb) => "module:LB",
            Self::Module(Role::Aar) => "module:AAR",
            Self::Module(Role::Sr) => "module:SR",
            Self::Module(Role::TopUp) => "module:TOPUP",
            Self::Module(Role::Gateway) => "module:GATEWAY",
            Self::Module(Role::Console) => "module:CONSOLE",
        }
    }

    const fn bit(self) -> u32 {
        match self {
            Self::Record => 1,
            Self::Activate => 1 << 1,
            Self::Rekey => 1 << 2,
            Self::TopUp => 1 << 3,
            Self::Sell => 1 << 4,
            Self::Print => 1 << 5,
            Self::Read => 1 << 6,
            Self::Support => 1 << 7,
            Self::Audit => 1 << 8,
            Self::Relay => 1 << 9,
            Self::Admin => 1 << 10,
            Self::Module(Role::Pppx) => 1 << 11,
            Self::Module(Role::Lb) => 1 << 12,
            Self::Module(Role::Aar) => 1 << 13,
            Self::Module(Role::Sr) => 1 << 14,
            Self::Module(Role::TopUp) => 1 << 15,
            Self::Module(Role::Gateway) => 1 << 16,
            Self::Module(Role::Console) => 1 << 17,
        }
    }
}

impl FromStr for Right {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = Self::ALL.into_iter().find(|right| right.as_str() == text);
        found.ok_or(FormError::Rule("it is not a right"))
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Rights ===

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);

    /// Every right of a person: all but `module:ROLE`.
    pub const PERSON: Self = Self(Right::Module(Role::Pppx).bit() - 1);

    /// Those rights.
    pub const fn of(mut rights: &[Right]) -> Self {
        let mut bits = 0;
        while let [right, rest @ ..] = rights {
            bits |= right.bit();
            rights = rest;
        }
        Self(bits)
    }

    /// Whether a right is among them.
    pub const fn has(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// Whether one of those rights is among these.
    pub const fn any_of(self, those: Self) -> bool {
        self.0 & those.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it is a module's: of whichever role.
    pub const fn is_module(self) -> bool {
        Self::PERSON.0 < self.0
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | right.bit())
    }

    /// Each of them, in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// The roles of `module:ROLE`.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(Right::Module(*role)))
    }
}

impl FromStr for Rights {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        text.split_ascii_whitespace().try_fold(Self::NONE, |rights, word| {
            let right = word.parse();
            let wrong = "it has a word that is not a right: record activate rekey topup sell \
                print read support audit relay admin module:ROLE";
            right.map(|right| rights.with(right)).map_err(|_| FormError::Rule(wrong))
        })
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, right) in self.iter().enumerate() {
            if at != 0 {
                f.write_str(" ")?;
            }
            f.write_str(right.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

// === impl Principal ===

impl Principal {
    /// Says why it may do nothing under a toki made under a root key's number; `None` where it may.
    pub const fn barred(&self, number: u32) -> Option<&'static str> {
        if self.revoked {
            Some("the principal was revoked")
        } else if number < self.number {
            Some("the principal was given a newer key; this one counts no more")
        } else {
            None
        }
    }

    /// Whether it is the module of a role and an instance.
    pub fn is_instance(&self, role: Role, instance: &crate::Instance) -> bool {
        self.rights.has(Right::Module(role)) && self.name.as_str() == instance.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_every_kind_and_right() {
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for right in Right::ALL {
            assert_eq!(right.to_string().parse(), Ok(right));
            assert_eq!(Rights::of(&[right]).iter().collect::<Vec<_>>(), [right]);
        }
        for text in ["Read", "module:", "module:pppx", "module", ""] {
            assert!(text.parse::<Right>().is_err(), "{text}");
        }
    }

    #[test]
    fn rights_are_written_in_one_order_each_once() {
        let rights: Rights = " admin  read read ".parse().unwrap();
        assert_eq!(rights.to_string(), "read admin");
        assert_eq!("".parse(), Ok(Rights::NONE));
        assert_eq!(Rights::NONE.to_string(), "");
        assert!("read root".parse::<Rights>().is_err());
    }

    #[test]
    fn a_person_has_all_rights_but_those_of_modules() {
        for right in Right::ALL {
            let of_module = matches!(right, Right::Module(_));
            assert_eq!(Rights::PERSON.has(right), !of_module, "{right}");
            assert_eq!(Rights::of(&[right]).is_module(), of_module, "{right}");
        }
    }

    #[test]
    fn a_module_is_of_one_role_and_nobody_else_is_a_module() {
        let check = |kind: Kind, rights: &str| kind.check(rights.parse().unwrap()).is_ok();
        assert!(check(Kind::Module, "module:AAR"));
        assert!(check(Kind::Module, "relay module:GATEWAY"));
        assert!(!check(Kind::Module, "read"));
        assert!(!check(Kind::Module, "module:AAR module:SR"));
        assert!(check(Kind::Shop, "sell"));
        assert!(!check(Kind::Operator, "admin module:PPPX"));
    }

    #[test]
    fn an_old_key_and_a_revoked_name_are_barred() {
        let name = "web-1".parse().unwrap();
        let rights = Rights::of(&[Right::Read]);
        let principal = Principal { name, kind: Kind::App, rights, number: 2, revoked: false };
        assert_eq!(principal.barred(2), None);
        assert!(principal.barred(1).is_some_and(|why| why.contains("newer key")));
        let revoked = Principal { revoked: true, ..principal };
        assert!(revoked.barred(2).is_some_and(|why| why.contains("revoked")));
    }
}
