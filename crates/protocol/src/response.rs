//! What is answered: a head and an answer.

use std::borrow::Cow;

use crate::head::Star;
use crate::request::bridge_of;
use crate::wire::{DOCUMENT_BYTES, Fields, Printer, RESPONSE_ELEMENTS, Reason, Tag, missing, scan};
use crate::{
    ActivateAnswer, AuthAnswer, CrecordAnswer, CreditAnswer, Head, InitAnswer, KeyIdentity,
    Malformed, Outcome, ProvisionAnswer, TopUpAnswer, Verb,
};

/// What an answer's command begins with.
const PREFIX: &str = "R-";

/// The command's name where it was not understood.
const ERROR: &str = "ERROR";

/// Said of a document whose command is no answer.
const NO_ANSWER: Reason = Reason::Borrowed("the element cmd is not an answer");

/// One answer, `R-X` or `R-X*`.
///
/// Source: protocol.md §2
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// What every document has first; `bridge` is there in an `R-X*` alone.
    pub head: Head,
    /// What is answered.
    pub answer: Answer,
}

/// What is answered.
///
/// A refusal that has nothing but its result reads back as [`Answer::Refused`].
///
/// Source: protocol.md §3
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The address map.
    Init(Box<InitAnswer>),
    /// Who a key is: R-CRECORD of a key.
    Key(Box<KeyIdentity>),
    /// What became of a registration.
    Crecord(CrecordAnswer),
    /// What became of an activation.
    Activate(ActivateAnswer),
    /// Whether a box may surf.
    Auth(AuthAnswer),
    /// A recharge code.
    TopUp(Box<TopUpAnswer>),
    /// That it was noted.
    Credit(CreditAnswer),
    /// Whether the key keeps its credential.
    Provision(ProvisionAnswer),
    /// A refusal without more.
    Refused(Refused),
}

/// A refusal without more than a reason and a time to wait.
///
/// Source: protocol.md §1
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The command, where it was understood; else the document is an R-ERROR.
    pub verb: Option<Verb>,
    /// The result, never `OK`.
    pub outcome: Outcome,
    /// A sentence for people.
    pub reason: Option<Cow<'static, str>>,
    /// Seconds to wait before asking again.
    pub retry_s: Option<u32>,
}

// === impl Response ===

impl Response {
    /// Makes `R-X` of `R-X*`: what PPPX passes back, under its own head.
    ///
    /// R-INIT keeps the bridge.
    #[must_use]
    pub fn unstar(mut self, own: Head) -> Self {
        if let Answer::Init(init) = &mut self.answer {
            init.bridge = self.head.bridge.or(init.bridge);
        }
        self.head = Head { bridge: None, ..own };
        self
    }

    /// Parses one document.
    ///
    /// # Errors
    /// Those of [`Request::parse`](crate::Request::parse), for answers.
    pub fn parse(document: &[u8]) -> Result<Self, Malformed> {
        let (fields, scanned) = scan(document, RESPONSE_ELEMENTS);
        let named = command_of(&fields);
        let (verb, star) = named.as_ref().map_or((None, Star::Absent), |&named| named);
        let read = || {
            scanned?;
            named?;
            let head = Head::read(&fields, star)?;
            Ok(Self { head, answer: Answer::read(verb, &fields, &head)? })
        };
        read().map_err(|reason: Reason| Malformed {
            verb,
            bridge: bridge_of(&fields, verb, star),
            status: if DOCUMENT_BYTES < document.len() { 413 } else { 400 },
            reason,
        })
    }

    /// Prints the document at the end of `out`.
    pub fn print(&self, out: &mut String) {
        let name = self.answer.verb().map_or(ERROR, Verb::name);
        let mut printer = Printer::begin(out, PREFIX, name, &self.head);
        match &self.answer {
            Answer::Init(init) => init.write(&self.head, &mut printer),
            Answer::Key(key) => key.write(&mut printer),
            Answer::Crecord(answer) => answer.write(&mut printer),
            Answer::Activate(answer) => answer.write(&mut printer),
            Answer::Auth(answer) => answer.write(&mut printer),
            Answer::TopUp(answer) => answer.write(&mut printer),
            Answer::Credit(answer) => answer.write(&mut printer),
            Answer::Provision(answer) => printer.one(Tag::Result, answer.outcome),
            Answer::Refused(refused) => refused.write(&mut printer),
        }
        printer.end();
    }
}

// === impl Answer ===

impl Answer {
    /// The result.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Init(_) | Self::Key(_) => Outcome::Ok,
            Self::Crecord(answer) => answer.outcome,
            Self::Activate(answer) => answer.outcome,
            Self::Auth(answer) => answer.outcome,
            Self::TopUp(answer) => answer.outcome,
            Self::Credit(answer) => answer.outcome,
            Self::Provision(answer) => answer.outcome,
            Self::Refused(refused) => refused.outcome,
        }
    }

    /// The command that it answers, where it was understood.
    pub const fn verb(&self) -> Option<Verb> {
        match self {
            Self::Init(_) => Some(Verb::Init),
            Self::Key(_) | Self::Crecord(_) => Some(Verb::Crecord),
            Self::Activate(_) => Some(Verb::Activate),
            Self::Auth(_) => Some(Verb::Auth),
            Self::TopUp(_) => Some(Verb::TopUp),
            Self::Credit(_) => Some(Verb::Credit),
            Self::Provision(_) => Some(Verb::Provision),
            Self::Refused(refused) => refused.verb,
        }
    }

    /// Seconds to wait before asking again, where it says so.
    pub const fn retry_s(&self) -> Option<u32> {
        match self {
            Self::Refused(refused) => refused.retry_s,
            _ => None,
        }
    }

    /// An answer with a result alone, in the type of its command; INIT has only refusals.
    pub fn new(verb: Verb, outcome: Outcome) -> Self {
        match verb {
            Verb::Init => Self::refused(verb, outcome),
            Verb::Crecord => Self::Crecord(CrecordAnswer::new(outcome)),
            Verb::Activate => Self::Activate(ActivateAnswer::new(outcome)),
            Verb::Auth => Self::Auth(AuthAnswer::new(outcome)),
            Verb::TopUp => Self::TopUp(Box::new(TopUpAnswer::new(outcome))),
            Verb::Credit => Self::Credit(CreditAnswer::new(outcome)),
            Verb::Provision => Self::Provision(ProvisionAnswer::new(outcome)),
        }
    }

    /// A refusal of a command, without more.
    pub const fn refused(verb: Verb, outcome: Outcome) -> Self {
        Self::Refused(Refused::new(Some(verb), outcome))
    }

    /// Reads what follows the head; `verb` is `None` in an R-ERROR.
    fn read(verb: Option<Verb>, fields: &Fields<'_>, head: &Head) -> Result<Self, Reason> {
        let result: Option<Outcome> = fields.optional(Tag::Result)?;
        let Some(verb) = verb else { return Refused::read(None, fields).map(Self::Refused) };
        let answer = match (verb, result) {
            (Verb::Init, None | Some(Outcome::Ok)) => {
                let mut init = InitAnswer::read(fields)?;
                init.bridge = init.bridge.filter(|_| head.bridge.is_none());
                return Ok(Self::Init(Box::new(init)));
            }
            (Verb::Crecord, None)
                if head.bridge.is_none() && fields.text(Tag::Macaddr).is_some() =>
            {
                return KeyIdentity::read(fields).map(|key| Self::Key(Box::new(key)));
            }
            (Verb::Crecord, Some(_)) if fields.text(Tag::Macaddr).is_some() => {
                return Err(Reason::Borrowed("the element result stands beside macaddr"));
            }
            (Verb::TopUp, None) if fields.text(Tag::Code2).is_some() => {
                Self::read_own(verb, fields, Outcome::Ok)?
            }
            (_, None) => return Err(missing(Tag::Result.name())),
            (_, Some(outcome)) => Self::read_own(verb, fields, outcome)?,
        };
        if answer.outcome().is_refusal() && answer == Self::new(verb, answer.outcome()) {
            return Refused::read(Some(verb), fields).map(Self::Refused);
        }
        Ok(answer)
    }

    /// Reads the elements that only this command's answer has.
    fn read_own(verb: Verb, fields: &Fields<'_>, outcome: Outcome) -> Result<Self, Reason> {
        Ok(match verb {
            Verb::Crecord => Self::Crecord(CrecordAnswer::read(fields, outcome)?),
            Verb::Activate => Self::Activate(ActivateAnswer::read(fields, outcome)?),
            Verb::Auth => Self::Auth(AuthAnswer::read(fields, outcome)?),
            Verb::TopUp => Self::TopUp(Box::new(TopUpAnswer::read(fields, outcome)?)),
            Verb::Credit => Self::Credit(CreditAnswer::read(fields, outcome)?),
            Verb::Provision | Verb::Init => Self::new(verb, outcome),
        })
    }
}

// === impl Refused ===

impl Refused {
    /// A refusal with a result alone.
    pub const fn new(verb: Option<Verb>, outcome: Outcome) -> Self {
        Self { verb, outcome, reason: None, retry_s: None }
    }

    /// Reads a refusal.
    fn read(verb: Option<Verb>, fields: &Fields<'_>) -> Result<Self, Reason> {
        let outcome: Outcome = fields.required(Tag::Result)?;
        if !outcome.is_refusal() {
            return Err(Reason::Borrowed("the element result is OK in an R-ERROR"));
        }
        let reason = fields.text(Tag::Reason).filter(|text| !text.is_empty());
        let reason = reason.map(|text| Cow::Owned(text.to_owned()));
        Ok(Self { verb, outcome, reason, retry_s: fields.number(Tag::Retry)? })
    }

    /// Writes what follows the head.
    fn write(&self, printer: &mut Printer<'_>) {
        printer.one(Tag::Result, self.outcome);
        printer.maybe(Tag::Reason, self.reason.as_deref());
        printer.maybe(Tag::Retry, self.retry_s);
    }

    /// Adds a sentence for people.
    #[must_use]
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Adds the seconds to wait.
    #[must_use]
    pub fn retry(self, retry_s: u32) -> Self {
        Self { retry_s: Some(retry_s), ..self }
    }
}

/// Makes an [`Answer`] of what a command answers.
macro_rules! into_answer {
    ($($answer:ident $variant:ident,)+) => {$(
        impl From<$answer> for Answer {
            fn from(answer: $answer) -> Self {
                Self::$variant(answer.into())
            }
        }
    )+};
}

into_answer! {
    InitAnswer Init,
    KeyIdentity Key,
    CrecordAnswer Crecord,
    ActivateAnswer Activate,
    AuthAnswer Auth,
    TopUpAnswer TopUp,
    CreditAnswer Credit,
    ProvisionAnswer Provision,
    Refused Refused,
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.verb, Outcome::Malformed).because(malformed.reason)
    }
}

/// The command that is answered, `None` in an R-ERROR, and whether the answer has its star.
fn command_of(fields: &Fields<'_>) -> Result<(Option<Verb>, Star), Reason> {
    let (name, star) = Star::split(fields.text(Tag::Cmd).unwrap_or_default());
    let name = name.strip_prefix(PREFIX).ok_or(NO_ANSWER)?;
    if name == ERROR {
        return Ok((None, star));
    }
    let verb = Verb::from_name(name).filter(|verb| star == Star::Absent || verb.starrable());
    verb.map(|verb| (Some(verb), star)).ok_or(NO_ANSWER)
}
