//! What is answered: a head and an answer.

use std::borrow::Cow;

use crate::{
    ActivateAnswer, AuthAnswer, CrecordAnswer, CreditAnswer, Head, InitAnswer, KeyIdentity,
    Malformed, Outcome, ProvisionAnswer, TopUpAnswer, Verb,
};

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

    /// A refusal of a command, without more.
    pub const fn refused(verb: Verb, outcome: Outcome) -> Self {
        Self::Refused(Refused::new(Some(verb), outcome))
    }
}

// === impl Refused ===

impl Refused {
    /// A refusal with a result alone.
    pub const fn new(verb: Option<Verb>, outcome: Outcome) -> Self {
        Self { verb, outcome, reason: None, retry_s: None }
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

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.verb, Outcome::Malformed).because(malformed.reason)
    }
}
