//! The matrix of rights: what can be asked for, who does it, who may ask.
//!
//! One table for commands and for the verbs of the management interface. What is not in it is
//! nowhere; `docs/management.md` shows it, and a test holds the two together.

use std::fmt;

use crate::{Command, Crecord, Right, Rights, Role, Verb};

/// One thing that can be asked for.
///
/// Source: toki.md §9
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed {
    /// The command as [`Command::deed`] tells them apart, or `noun/verb`.
    pub name: &'static str,
    /// The servers that do it.
    pub role: Role,
    /// Who may ask for it.
    pub needs: Needs,
    /// Whether it changes nothing: its row need not be on the disk before the answer, and it may
    /// be asked of the twin after its answer was lost.
    pub reads: bool,
}

/// Who may ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody, also who has no name.
    Anyone,
    /// Who has one of these rights.
    AnyOf(Rights),
}

/// The commands as PPPX takes them.
///
/// Source: protocol.md §3
const COMMANDS: [Deed; 8] = [
    reading("INIT", Role::Lb, MODULES),
    changing("CRECORD", Role::Sr, &[Right::Record]),
    changing("CRECORD rekey", Role::Sr, &[Right::Rekey]),
    changing("ACTIVATE", Role::Aar, &[Right::Activate]),
    open("ACTIVATE code", Role::Aar),
    open("AUTH", Role::Aar),
    open("TOPUP", Role::TopUp),
    open("CREDIT", Role::TopUp),
];

/// The verbs of the management interface.
///
/// Source: protocol.md §7
const VERBS: [Deed; 54] = [
    reading("boxes/list", Role::Aar, &[Right::Read]),
    reading("boxes/export", Role::Aar, &[Right::Read]),
    reading("boxes/show", Role::Aar, &[Right::Read]),
    reading("boxes/find", Role::Aar, &[Right::Read]),
    reading("boxes/history", Role::Aar, &[Right::Read]),
    reading("boxes/usage", Role::Aar, &[Right::Read]),
    reading("boxes/tags", Role::Aar, &[Right::Read]),
    changing("boxes/suspend", Role::Aar, &[Right::Activate]),
    changing("boxes/resume", Role::Aar, &[Right::Activate]),
    changing("boxes/until", Role::Aar, &[Right::Activate]),
    changing("boxes/tag", Role::Aar, &[Right::Support]),
    changing("boxes/replace", Role::Aar, &[Right::Support]),
    changing("boxes/stolen", Role::Aar, &[Right::Support]),
    changing("boxes/retire", Role::Aar, &[Right::Admin]),
    changing("boxes/delete", Role::Aar, &[Right::Admin]),
    changing("boxes/import", Role::Sr, &[Right::Record]),
    changing("boxes/rekey", Role::Sr, &[Right::Rekey]),
    reading("principals/list", Role::Aar, &[Right::Audit, Right::Admin]),
    changing("principals/add", Role::Aar, &[Right::Admin]),
    changing("principals/revoke", Role::Aar, &[Right::Admin]),
    changing("principals/rotate", Role::Aar, &[Right::Admin]),
    reading("audit/list", Role::Aar, &[Right::Audit]),
    reading("audit/verify", Role::Aar, &[Right::Audit]),
    reading("alerts/list", Role::Aar, &[Right::Read, Right::Support]),
    changing("alerts/ack", Role::Aar, &[Right::Support]),
    changing("vouchers/import", Role::TopUp, &[Right::Admin]),
    reading("vouchers/stock", Role::TopUp, &[Right::Sell, Right::Read, Right::Support]),
    changing("vouchers/generate", Role::TopUp, &[Right::Admin]),
    reading("vouchers/batches", Role::TopUp, &[Right::Read, Right::Support, Right::Audit]),
    changing("vouchers/print", Role::TopUp, &[Right::Print]),
    changing("vouchers/activate", Role::TopUp, &[Right::Admin]),
    changing("vouchers/close", Role::TopUp, &[Right::Admin]),
    changing("vouchers/assign", Role::TopUp, &[Right::Admin]),
    changing("vouchers/freeze", Role::TopUp, &[Right::Support]),
    changing("vouchers/thaw", Role::TopUp, &[Right::Support]),
    changing("vouchers/void", Role::TopUp, &[Right::Admin]),
    changing("vouchers/sell", Role::TopUp, &[Right::Sell]),
    changing("vouchers/cancel", Role::TopUp, &[Right::Sell]),
    reading("vouchers/find", Role::TopUp, &[Right::Sell, Right::Read, Right::Support]),
    reading("vouchers/list", Role::TopUp, &[Right::Sell, Right::Read, Right::Support]),
    reading("vouchers/day", Role::TopUp, &[Right::Sell, Right::Read, Right::Support]),
    reading("vouchers/reconcile", Role::TopUp, &[Right::Audit]),
    changing("vouchers/replace", Role::TopUp, &[Right::Support]),
    changing("vouchers/refund", Role::TopUp, &[Right::Support]),
    changing("vouchers/approve", Role::TopUp, &[Right::Support, Right::Admin]),
    changing("vouchers/decline", Role::TopUp, &[Right::Support, Right::Admin]),
    reading("vouchers/refunds", Role::TopUp, &[Right::Support, Right::Audit, Right::Admin]),
    reading("vouchers/to-verify", Role::TopUp, &[Right::Support, Right::Audit]),
    reading("servers/list", Role::Lb, &[Right::Read]),
    reading("servers/why", Role::Lb, &[Right::Read]),
    changing("servers/drain", Role::Lb, &[Right::Admin]),
    changing("servers/maintenance", Role::Lb, &[Right::Admin]),
    changing("servers/ready", Role::Lb, &[Right::Admin]),
    changing("servers/thaw", Role::Lb, &[Right::Admin]),
];

/// Every module.
const MODULES: &[Right] = &[
    Right::Module(Role::Pppx),
    Right::Module(Role::Lb),
    Right::Module(Role::Aar),
    Right::Module(Role::Sr),
    Right::Module(Role::TopUp),
    Right::Module(Role::Gateway),
    Right::Module(Role::Console),
];

/// Every command and every verb.
pub fn deeds() -> impl Iterator<Item = &'static Deed> {
    COMMANDS.iter().chain(&VERBS)
}

/// A verb of the management interface; `None` where there is no such verb.
///
/// Source: protocol.md §7
pub fn verb(noun: &str, verb: &str) -> Option<&'static Deed> {
    VERBS.iter().find(|deed| deed.name.split_once('/') == Some((noun, verb)))
}

/// Who may send a command with its star: a PPPX alone, and for INIT the twin LB.
///
/// Source: protocol.md §3
pub const fn hop(verb: Verb) -> Needs {
    match verb {
        Verb::Init => Needs::any(&[Right::Module(Role::Pppx), Right::Module(Role::Lb)]),
        _ => Needs::any(&[Right::Module(Role::Pppx)]),
    }
}

/// Who may pass a verb of the management interface on to a server: a PPPX.
///
/// Source: protocol.md §7
pub const fn door() -> Needs {
    Needs::any(&[Right::Module(Role::Pppx)])
}

/// Who may watch what a service is asked: whoever reads, and a PPPX for him.
///
/// Source: toki.md §10
pub const fn activity() -> Needs {
    Needs::any(&[Right::Read, Right::Module(Role::Pppx)])
}

/// Who may ask another service for what it knows: any module.
pub const fn modules() -> Needs {
    Needs::any(MODULES)
}

// === impl Command ===

impl Command {
    /// The line of the matrix; `None` for PROVISION, which goes to a key.
    pub fn deed(&self) -> Option<&'static Deed> {
        let name = match self {
            Self::Crecord(Crecord::Record(record)) if record.rekey => "CRECORD rekey",
            // With `until` it is an operator's, whether or not a code is there.
            Self::Activate(ask) if ask.code.is_some() && ask.until.is_none() => "ACTIVATE code",
            command => command.verb().name(),
        };
        COMMANDS.iter().find(|deed| deed.name == name)
    }
}

// === impl Needs ===

impl Needs {
    const fn any(rights: &[Right]) -> Self {
        Self::AnyOf(Rights::of(rights))
    }

    /// Whether rights suffice; somebody without a name has [`Rights::NONE`].
    pub const fn allows(self, rights: Rights) -> bool {
        match self {
            Self::Anyone => true,
            Self::AnyOf(needed) => rights.any_of(needed),
        }
    }

    /// Whether somebody without a name may.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Anyone)
    }
}

impl fmt::Display for Needs {
    /// Writes `anyone`, `any module`, or the rights with `or` between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AnyOf(rights) = self else { return f.write_str("anyone") };
        if *self == modules() {
            return f.write_str("any module");
        }
        for (at, right) in rights.iter().enumerate() {
            if at != 0 {
                f.write_str(" or ")?;
            }
            f.write_str(right.as_str())?;
        }
        Ok(())
    }
}

const fn reading(name: &'static str, role: Role, rights: &[Right]) -> Deed {
    Deed { name, role, needs: Needs::any(rights), reads: true }
}

const fn changing(name: &'static str, role: Role, rights: &[Right]) -> Deed {
    Deed { name, role, needs: Needs::any(rights), reads: false }
}

const fn open(name: &'static str, role: Role) -> Deed {
    Deed { name, role, needs: Needs::Anyone, reads: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activate;

    #[test]
    fn no_line_is_there_twice_and_each_is_well_named() {
        let mut names: Vec<_> = deeds().map(|deed| deed.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for deed in &VERBS {
            let (noun, word) = deed.name.split_once('/').unwrap();
            assert_eq!(verb(noun, word), Some(deed));
        }
    }

    #[test]
    fn each_command_has_its_line_and_the_role_of_its_verb() {
        for command in Verb::ALL.into_iter().filter(|it| it.starrable()) {
            let deed = COMMANDS.iter().find(|deed| deed.name == command.name()).unwrap();
            assert_eq!(Some(deed.role), command.role(), "{command}");
        }
    }

    #[test]
    fn a_code_opens_activate_and_an_end_date_closes_it_again() {
        let deed = |code: bool, until: bool| {
            let ask = Activate {
                code: code.then(|| "0000000000000000".parse().unwrap()),
                until: until.then(|| "2030-12-31".parse().unwrap()),
                ..Activate::default()
            };
            Command::Activate(ask).deed().unwrap().needs.is_open()
        };
        assert_eq!(
            [deed(false, false), deed(true, false), deed(true, true), deed(false, true)],
            [false, true, false, false]
        );
    }

    #[test]
    fn what_is_not_in_the_table_is_nowhere() {
        for (noun, word) in [("boxes", "paint"), ("keys", "list"), ("boxes/list", ""), ("", "")] {
            assert_eq!(verb(noun, word), None);
        }
    }

    #[test]
    fn needs_say_which_right_they_want() {
        let needs = |noun, word| verb(noun, word).unwrap().needs;
        assert_eq!(needs("boxes", "retire").to_string(), "admin");
        assert_eq!(needs("vouchers", "stock").to_string(), "sell or read or support");
        assert_eq!(modules().to_string(), "any module");
        assert_eq!(hop(Verb::Init).to_string(), "module:PPPX or module:LB");
        assert_eq!(Needs::Anyone.to_string(), "anyone");
        assert!(needs("boxes", "list").allows(Rights::PERSON));
        assert!(!needs("boxes", "list").allows(Rights::NONE));
        assert!(Needs::Anyone.allows(Rights::NONE));
    }
}
