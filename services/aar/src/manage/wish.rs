//! What is asked to be done with boxes, read from a request.

use chassis::ManageCall;
use chassis::fields::{Fields, Malformed};
use protocol::{Date, DeviceTag, RequestId};
use store::{Act, State, TAGS_MOST};

use crate::desk::Asker;
use crate::find::{NAMES, Named};

/// The longest reason, in characters.
const WHY_MAX: usize = 200;

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    State(Act),
    Until,
    Tag,
    Delete,
}

/// What is wanted of each box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Another state.
    State(Act),
    /// Another end date, or none.
    Until(Option<Date>),
    /// Other tags, or another group.
    Tag(Relabel),
    /// To be no more.
    Delete,
}

/// What changes of tags and group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relabel {
    pub(super) add: Vec<DeviceTag>,
    pub(super) remove: Vec<DeviceTag>,
    pub(super) group: Move,
}

/// Whether a box changes its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// It stays where it is.
    Stay,
    /// It comes into another group, or into none.
    To(Option<DeviceTag>),
}

/// Who wants what, and why.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) wish: Wish,
    pub(super) request: RequestId,
    pub(super) why: Option<String>,
    pub(super) asker: Asker,
}

/// One box, and the state in which who asks saw it last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) named: Named,
    pub(super) was: Option<State>,
}

// === impl Kind ===

impl Kind {
    /// The members of its requests, beside those that name a box.
    fn members(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::State(_) | Self::Delete => &[],
            Self::Until => &["until"],
            Self::Tag => &["add", "remove", "group"],
        };
        [&["request", "reason", "was"], own].concat()
    }

    fn wish(self, fields: &Fields, today: Option<Date>) -> Result<Wish, Malformed> {
        match self {
            Self::State(act) => Ok(Wish::State(act)),
            Self::Delete => Ok(Wish::Delete),
            Self::Until => {
                if !fields.has("until") {
                    return Err(Malformed("until: missing".to_owned()));
                }
                let until: Option<Date> = fields.parse("until")?;
                match until.zip(today) {
                    Some((until, today)) if until < today => {
                        Err(Malformed("until: the day is over".to_owned()))
                    }
                    _ => Ok(Wish::Until(until)),
                }
            }
            Self::Tag => Relabel::read(fields).map(Wish::Tag),
        }
    }
}

// === impl Wish ===

impl Wish {
    /// What the history calls it; nothing where the box has none any more.
    pub(super) fn act(&self) -> Option<Act> {
        match self {
            Self::State(act) => Some(*act),
            Self::Until(_) => Some(Act::Until),
            Self::Tag(_) => Some(Act::Tag),
            Self::Delete => None,
        }
    }
}

// === impl Relabel ===

impl Relabel {
    fn read(fields: &Fields) -> Result<Self, Malformed> {
        let group = if fields.has("group") { Move::To(fields.parse("group")?) } else { Move::Stay };
        let add = fields.list("add", TAGS_MOST)?;
        let remove = fields.list("remove", TAGS_MOST)?;
        if group == Move::Stay && add.is_empty() && remove.is_empty() {
            return Err(Malformed("add: missing, and remove and group too".to_owned()));
        }
        Ok(Self { add, remove, group })
    }
}

// === impl Ask ===

impl Ask {
    /// Reads a request about one box.
    pub(super) fn one(
        call: &ManageCall,
        kind: Kind,
        today: Option<Date>,
    ) -> Result<(Self, Target), Malformed> {
        let fields = Fields::read(&call.body, &[&NAMES, kind.members().as_slice()].concat())?;
        let ask = Self::of(&fields, call, kind, today)?;
        Ok((ask, Target::of(&fields)?))
    }

    /// Reads the first line of a request about many.
    pub(super) fn head(
        line: &[u8],
        call: &ManageCall,
        kind: Kind,
        today: Option<Date>,
    ) -> Result<(Self, Option<State>), Malformed> {
        let fields = Fields::read(line, &kind.members())?;
        Ok((Self::of(&fields, call, kind, today)?, word(&fields, "was")?))
    }

    fn of(
        fields: &Fields,
        call: &ManageCall,
        kind: Kind,
        today: Option<Date>,
    ) -> Result<Self, Malformed> {
        let request = fields.need("request")?;
        let asker = Asker::of(call);
        let why = why(fields)?;
        Ok(Self { wish: kind.wish(fields, today)?, request, why, asker })
    }
}

// === impl Target ===

impl Target {
    /// Reads a further line of a request about many.
    pub(super) fn line(line: &[u8]) -> Result<Self, Malformed> {
        Self::of(&Fields::read(line, &[NAMES.as_slice(), &["was"]].concat())?)
    }

    fn of(fields: &Fields) -> Result<Self, Malformed> {
        Ok(Self { named: Named::of(fields)?, was: word(fields, "was")? })
    }
}

/// The reason that was given.
pub(super) fn why(fields: &Fields) -> Result<Option<String>, Malformed> {
    let why = fields.text("reason")?.map(str::trim).filter(|it| !it.is_empty());
    if why.is_some_and(|it| WHY_MAX < it.chars().count() || it.chars().any(char::is_control)) {
        return Err(Malformed(format!("reason: it is not one line of {WHY_MAX} characters")));
    }
    Ok(why.map(ToOwned::to_owned))
}

/// A state.
pub(super) fn word(fields: &Fields, name: &str) -> Result<Option<State>, Malformed> {
    let state = fields.text(name)?.map(str::parse::<State>).transpose();
    state.map_err(|error| Malformed(format!("{name}: {error}")))
}
