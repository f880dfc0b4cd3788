//! What PPPX answers itself, without asking a server.

use chassis::{Answered, Call};
use protocol::{Command, Crecord, Outcome, Verb};

/// An answer, where none of the servers is needed for it.
///
/// Source: protocol.md §1 (codes), §3 (`X*` from outside, CRECORD), §5
pub(crate) fn answer(call: &Call) -> Option<Answered> {
    let verb = call.verb();
    if call.request.head.bridge.is_some() {
        return Some(Answered::refused(
            verb,
            Outcome::Forbidden,
            "cmd: only PPPX sends a command with *",
        ));
    }
    let mistyped =
        || Some(Answered::refused(verb, Outcome::CodeUnknown, "code: a digit is mistyped"));
    match &call.request.command {
        Command::Crecord(Crecord::Ask) => {
            Some(Answered::refused(verb, Outcome::Malformed, "macaddr: missing"))
        }
        Command::Provision(_) => Some(not_ours(verb)),
        Command::TopUp(top_up) if !top_up.code.luhn_ok() => mistyped(),
        Command::Activate(activate) if activate.code.as_ref().is_some_and(|it| !it.luhn_ok()) => {
            mistyped()
        }
        Command::Credit(credit) if credit.code.as_ref().is_some_and(|it| !it.luhn_ok()) => {
            mistyped()
        }
        Command::Init(_)
        | Command::Crecord(Crecord::Record(_))
        | Command::Activate(_)
        | Command::Auth(_)
        | Command::TopUp(_)
        | Command::Credit(_) => None,
    }
}

/// What is asked of a key, and not of us.
pub(crate) fn not_ours(verb: Verb) -> Answered {
    Answered::refused(verb, Outcome::Malformed, "cmd: this is asked of a key")
}
