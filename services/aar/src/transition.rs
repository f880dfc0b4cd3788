//! From state to state: no database, no key.

use protocol::Outcome;
use store::{Act, State};

/// Who activates a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// An operator, who may change what was said before.
    Operator,
    /// Whoever has its activation code.
    Code,
}

/// What ACTIVATE does to a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// It becomes active.
    Begins,
    /// It stays active; what an operator says of it may change.
    Amended,
    /// It stays as it is, and that is well.
    Stays,
    /// Its state forbids it.
    Refused(Outcome),
}

/// Why a box does not change its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its state forbids it.
    State(Outcome),
    /// Who takes a box back from there must say why.
    NoReason,
}

/// Whether a reason was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Given,
    Missing,
}

/// Says what ACTIVATE does.
///
/// Source: protocol.md §3 (ACTIVATE)
pub(crate) fn activation(state: State, by: By) -> Activation {
    match (state, by) {
        (State::Registered, _) => Activation::Begins,
        (State::Active, By::Operator) => Activation::Amended,
        (State::Active, By::Code) => Activation::Stays,
        (State::Suspended, _) => Activation::Refused(Outcome::Suspended),
        (State::Retired, _) => Activation::Refused(Outcome::Retired),
        (State::Stolen, _) => Activation::Refused(Outcome::Stolen),
    }
}

/// Says which state follows; the same one where nothing is to be done.
///
/// Source: protocol.md §3 (ACTIVATE)
pub(crate) fn next(state: State, act: Act, reason: Reason) -> Result<State, Refusal> {
    match (act, state) {
        (Act::Retire, _) => Ok(State::Retired),
        (Act::Stolen, _) => Ok(State::Stolen),
        (Act::Suspend, State::Active | State::Suspended) => Ok(State::Suspended),
        (Act::Resume, State::Active | State::Suspended) => Ok(State::Active),
        (Act::Suspend, State::Retired | State::Stolen) => match reason {
            Reason::Given => Ok(State::Suspended),
            Reason::Missing => Err(Refusal::NoReason),
        },
        (_, State::Registered) => Err(Refusal::State(Outcome::NotActivated)),
        (_, State::Retired) => Err(Refusal::State(Outcome::Retired)),
        (_, State::Stolen) => Err(Refusal::State(Outcome::Stolen)),
        (_, state) => Ok(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_box_begins_whoever_asks() {
        assert_eq!(activation(State::Registered, By::Code), Activation::Begins);
        assert_eq!(activation(State::Registered, By::Operator), Activation::Begins);
    }

    #[test]
    fn the_right_code_changes_nothing_of_an_active_box() {
        assert_eq!(activation(State::Active, By::Code), Activation::Stays);
        assert_eq!(activation(State::Active, By::Operator), Activation::Amended);
    }

    #[test]
    fn a_shut_box_is_not_activated_even_by_an_operator() {
        for (state, outcome) in [
            (State::Suspended, Outcome::Suspended),
            (State::Retired, Outcome::Retired),
            (State::Stolen, Outcome::Stolen),
        ] {
            for by in [By::Code, By::Operator] {
                assert_eq!(activation(state, by), Activation::Refused(outcome));
            }
        }
    }

    #[test]
    fn suspending_and_resuming_undo_each_other() {
        let next = |state, act| next(state, act, Reason::Missing);
        assert_eq!(next(State::Active, Act::Suspend), Ok(State::Suspended));
        assert_eq!(next(State::Suspended, Act::Resume), Ok(State::Active));
        assert_eq!(next(State::Suspended, Act::Suspend), Ok(State::Suspended));
        assert_eq!(next(State::Active, Act::Resume), Ok(State::Active));
        for act in [Act::Suspend, Act::Resume] {
            let refused = Err(Refusal::State(Outcome::NotActivated));
            assert_eq!(next(State::Registered, act), refused);
        }
    }

    #[test]
    fn any_box_can_be_retired_or_stolen() {
        for state in State::ALL {
            assert_eq!(next(state, Act::Retire, Reason::Missing), Ok(State::Retired));
            assert_eq!(next(state, Act::Stolen, Reason::Missing), Ok(State::Stolen));
        }
    }

    #[test]
    fn a_stolen_or_retired_box_comes_back_suspended_and_with_a_reason() {
        for (state, outcome) in
            [(State::Retired, Outcome::Retired), (State::Stolen, Outcome::Stolen)]
        {
            assert_eq!(next(state, Act::Suspend, Reason::Given), Ok(State::Suspended));
            assert_eq!(next(state, Act::Suspend, Reason::Missing), Err(Refusal::NoReason));
            let refused = Err(Refusal::State(outcome));
            assert_eq!(next(state, Act::Resume, Reason::Given), refused);
        }
    }
}
