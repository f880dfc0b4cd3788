//! What is asked: a head and a command.

use std::borrow::Cow;

use crate::{
    Activate, Auth, Bridge, Client, Crecord, Credit, Head, Init, PrincipalName, Provision, TopUp,
    Verb,
};

/// One request, `X` or `X*`.
///
/// Source: protocol.md §2
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What every document has first; `bridge` is there in an `X*` alone.
    pub head: Head,
    /// What is asked.
    pub command: Command,
}

/// What is asked.
///
/// Source: protocol.md §3
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The address map.
    Init(Init),
    /// Who a key is, or to register it.
    Crecord(Crecord),
    /// To let a box begin to serve.
    Activate(Activate),
    /// Whether a box may surf.
    Auth(Auth),
    /// A recharge code for a purchase code.
    TopUp(TopUp),
    /// Nothing: it is told what became of a recharge code.
    Credit(Credit),
    /// That a key keep its credential.
    Provision(Provision),
}

/// A document that is not one of the protocol, to be answered `MALFORMED`.
///
/// Source: protocol.md §1
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// The command, where it was understood.
    pub verb: Option<Verb>,
    /// The bridge of an `X*`, where it was understood; then the answer has its star too.
    pub bridge: Option<Bridge>,
    /// 400, or 413 where the document is too large.
    pub status: u16,
    /// A sentence that names the element at fault and never its value.
    pub reason: Cow<'static, str>,
}

// === impl Request ===

impl Request {
    /// The command's name.
    pub const fn verb(&self) -> Verb {
        self.command.verb()
    }

    /// Makes `X*` of `X`: what PPPX sends on.
    #[must_use]
    pub const fn star(
        mut self,
        bridge: Bridge,
        principal: Option<PrincipalName>,
        client: Option<Client>,
    ) -> Self {
        self.head.bridge = Some(bridge);
        self.head.principal = principal;
        self.head.client = client;
        self
    }
}

// === impl Command ===

impl Command {
    /// The command's name.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Init(_) => Verb::Init,
            Self::Crecord(_) => Verb::Crecord,
            Self::Activate(_) => Verb::Activate,
            Self::Auth(_) => Verb::Auth,
            Self::TopUp(_) => Verb::TopUp,
            Self::Credit(_) => Verb::Credit,
            Self::Provision(_) => Verb::Provision,
        }
    }
}

// === impl Malformed ===

impl Malformed {
    /// Whether the document was an `X*` whose bridge was understood.
    pub const fn starred(&self) -> bool {
        self.bridge.is_some()
    }
}
