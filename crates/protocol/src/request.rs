//! What is asked: a head and a command.

use std::borrow::Cow;

use crate::head::Star;
use crate::wire::{DOCUMENT_BYTES, Fields, Printer, REQUEST_ELEMENTS, Reason, Tag, missing, scan};
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

    /// Parses one document.
    ///
    /// # Errors
    /// A document that is not well-formed, over a limit, not a request, or that has an element
    /// missing, repeated or not of its form.
    pub fn parse(document: &[u8]) -> Result<Self, Malformed> {
        let (fields, scanned) = scan(document, REQUEST_ELEMENTS);
        let (verb, star) = command_of(&fields);
        let read = || {
            scanned?;
            let verb = verb.ok_or_else(|| refusal_of(&fields))?;
            let head = Head::read(&fields, star)?;
            Ok(Self { head, command: Command::read(verb, &fields, &head)? })
        };
        read().map_err(|reason: Reason| Malformed {
            verb,
            bridge: bridge_of(&fields, verb, star),
            status: if DOCUMENT_BYTES < document.len() { 413 } else { 400 },
            reason,
        })
    }

    /// Prints the document at the end of `out`, in its written form.
    pub fn print(&self, out: &mut String) {
        let mut printer = Printer::begin(out, "", self.verb().name(), &self.head);
        match &self.command {
            Command::Init(init) => init.write(&mut printer),
            Command::Crecord(crecord) => crecord.write(&mut printer),
            Command::Activate(activate) => activate.write(&mut printer),
            Command::Auth(auth) => auth.write(&mut printer),
            Command::TopUp(topup) => topup.write(&mut printer),
            Command::Credit(credit) => credit.write(&mut printer),
            Command::Provision(provision) => provision.write(&mut printer),
        }
        printer.end();
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

    /// Reads what follows the head.
    fn read(verb: Verb, fields: &Fields<'_>, head: &Head) -> Result<Self, Reason> {
        match verb {
            Verb::Init => Init::read(fields).map(Self::Init),
            Verb::Crecord => Crecord::read(fields, head).map(Self::Crecord),
            Verb::Activate => Activate::read(fields).map(Self::Activate),
            Verb::Auth => Auth::read(fields, head).map(Self::Auth),
            Verb::TopUp => TopUp::read(fields).map(Self::TopUp),
            Verb::Credit => Credit::read(fields).map(Self::Credit),
            Verb::Provision => Provision::read(fields).map(Self::Provision),
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

/// The command of a request, where it is one, and whether it has its star.
fn command_of(fields: &Fields<'_>) -> (Option<Verb>, Star) {
    let (name, star) = Star::split(fields.text(Tag::Cmd).unwrap_or_default());
    let verb = Verb::from_name(name).filter(|verb| star == Star::Absent || verb.starrable());
    (verb, star)
}

/// The bridge of an `X*`, where both were understood.
pub(crate) fn bridge_of(fields: &Fields<'_>, verb: Option<Verb>, star: Star) -> Option<Bridge> {
    let starred = verb.is_some() && star == Star::There;
    starred.then(|| fields.optional(Tag::Bridge).ok().flatten()).flatten()
}

/// Says why there is no command.
fn refusal_of(fields: &Fields<'_>) -> Reason {
    match fields.text(Tag::Cmd) {
        None => missing(Tag::Cmd.name()),
        Some(cmd) if cmd.starts_with("R-") => {
            Reason::Borrowed("the element cmd names an answer, not a command")
        }
        Some(_) => Reason::Borrowed("the element cmd is not a command"),
    }
}
