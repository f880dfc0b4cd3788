//! `principals/<verb>`: who may do what.
//!
//! No key passes here: who asks makes the principal's file from the root that he keeps.
//!
//! Source: toki.md §9

use chassis::Managed;
use chassis::fields::{Fields, Malformed};
use protocol::{
    FormError, Instance, Kind, Outcome, Principal, PrincipalName, RequestId, Rights, Time,
};
use serde_json::{Value, json};
use store::{Enrolled, Entry, PrincipalAct, PrincipalEvent, Tx};
use uuid::Uuid;

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::manage::{Done, lines, refused};

/// Rows of a page, unless the request says otherwise.
const LIMIT: u32 = 100;

/// The most rows of a page.
const LIMIT_MAX: u32 = 1_000;

/// What is wished of one principal.
#[derive(Debug)]
struct Ask {
    request: Uuid,
    name: PrincipalName,
    wish: Wish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Add { kind: Kind, rights: Rights, number: Option<u32> },
    Revoke,
    Rotate { number: u32 },
}

/// Why a wish is not granted.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Unknown,
    Malformed(String),
}

/// Adds a principal, or gives a known one other rights:
/// `{"request", "name", "kind", "rights", "number"?}`.
pub(crate) async fn add(desk: &Desk<'_>, body: &[u8], asker: Asker) -> Done {
    change(desk, Ask::add(body), asker).await
}

/// Takes all rights from a principal: `{"request", "name"}`.
pub(crate) async fn revoke(desk: &Desk<'_>, body: &[u8], asker: Asker) -> Done {
    change(desk, Ask::revoke(body), asker).await
}

/// Takes a principal's tokis under a newer key alone: `{"request", "name", "number"}`.
pub(crate) async fn rotate(desk: &Desk<'_>, body: &[u8], asker: Asker) -> Done {
    change(desk, Ask::rotate(body), asker).await
}

/// Lists principals in the order of their names: `{"kind"?, "limit"?, "after"?}`.
pub(crate) async fn list(desk: &Desk<'_>, body: &[u8]) -> Done {
    let (kind, limit, after) = match page(body) {
        Ok(page) => page,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let page = desk.store.principals_after(after.as_ref(), kind, limit).await?;
    let full = u32::try_from(page.len()).is_ok_and(|rows| rows == limit);
    let last = page.last().filter(|_| full).map(|it| it.principal.name.as_str().into());
    let rows: Vec<Value> = page.iter().map(row).collect();
    Ok(Ok(lines(&rows, last)))
}

/// Does what is wished, in one transaction; the same request changes nothing again, and gets the
/// same answer.
async fn change(desk: &Desk<'_>, ask: Result<Ask, Malformed>, asker: Asker) -> Done {
    let ask = match ask {
        Ok(ask) => ask,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut tx = desk.store.begin().await?;
    if let Some(event) = tx.principal_event(ask.request).await? {
        return Ok(if ask.is_of(&event) {
            Ok(done(&event))
        } else {
            Err(Malformed("request: known with another wish".to_owned()))
        });
    }
    let there = tx.principal(&ask.name).await?;
    match ask.wish.on(ask.name, there) {
        Ok(after) => write(desk, tx, ask.event(desk, asker, (there, after))).await.map(Ok),
        Err(Refusal::Unknown) => Ok(Ok(refused(Outcome::CodeUnknown, "name: no such principal"))),
        Err(Refusal::Malformed(reason)) => Ok(Err(Malformed(reason))),
    }
}

async fn write(desk: &Desk<'_>, mut tx: Tx, event: PrincipalEvent) -> Result<Managed, Error> {
    if !event.already {
        tx.put_principal(&event.after, &event.who, desk.now_ms).await?;
    }
    tx.add_principal_event(&event).await?;
    if !event.already {
        tx.audit(&entry(desk, &event), desk.audit_key()?).await?;
    }
    tx.commit().await?;
    Ok(done(&event))
}

/// What the audit log keeps of a change.
fn entry(desk: &Desk<'_>, event: &PrincipalEvent) -> Entry {
    let Principal { name, kind, rights, number, revoked } = event.after;
    let after = json!({
        "kind": kind.as_str(), "rights": rights.to_string(), "number": number, "revoked": revoked,
    });
    Entry {
        at_ms: event.at_ms,
        who: event.who.clone(),
        verb: format!("principals/{}", event.act.as_str()),
        subject: format!("principal/{name}"),
        request: Some(event.request),
        bridge: desk.bridge,
        why: None,
        detail: Some(after.to_string()),
    }
}

// === impl Ask ===

impl Ask {
    fn add(body: &[u8]) -> Result<Self, Malformed> {
        let fields = Fields::read(body, &["request", "name", "kind", "rights", "number"])?;
        let (kind, rights): (Kind, Rights) = (fields.need("kind")?, fields.need("rights")?);
        let number = fields.number("number")?;
        kind.check(rights).map_err(|error| Malformed(format!("rights: {error}")))?;
        let ask = Self::of(&fields, Wish::Add { kind, rights, number })?;
        let instance: Result<Instance, FormError> = ask.name.as_str().parse();
        match instance {
            Err(error) if kind == Kind::Module => Err(Malformed(format!("name: {error}"))),
            _ => Ok(ask),
        }
    }

    fn revoke(body: &[u8]) -> Result<Self, Malformed> {
        Self::of(&Fields::read(body, &["request", "name"])?, Wish::Revoke)
    }

    fn rotate(body: &[u8]) -> Result<Self, Malformed> {
        let fields = Fields::read(body, &["request", "name", "number"])?;
        let number = fields.number("number")?;
        let number = number.ok_or_else(|| Malformed("number: missing".to_owned()))?;
        Self::of(&fields, Wish::Rotate { number })
    }

    fn of(fields: &Fields, wish: Wish) -> Result<Self, Malformed> {
        let request: RequestId = fields.need("request")?;
        Ok(Self { request: request.uuid(), name: fields.need("name")?, wish })
    }

    /// Whether an event is of this same wish.
    fn is_of(&self, event: &PrincipalEvent) -> bool {
        let asked = (self.wish.act(), self.wish.asked(), self.name);
        (event.act, event.asked.clone(), event.after.name) == asked
    }

    fn event(
        &self,
        desk: &Desk<'_>,
        asker: Asker,
        (there, after): (Option<Principal>, Principal),
    ) -> PrincipalEvent {
        PrincipalEvent {
            request: self.request,
            at_ms: desk.now_ms,
            who: asker.who(),
            act: self.wish.act(),
            asked: self.wish.asked(),
            after,
            already: there == Some(after),
        }
    }
}

// === impl Wish ===

impl Wish {
    fn act(self) -> PrincipalAct {
        match self {
            Self::Add { .. } => PrincipalAct::Add,
            Self::Revoke => PrincipalAct::Revoke,
            Self::Rotate { .. } => PrincipalAct::Rotate,
        }
    }

    /// What makes two wishes of one act the same, in one text.
    fn asked(self) -> String {
        match self {
            Self::Add { kind, rights, number } => {
                let number = number.map_or_else(|| "-".to_owned(), |it| it.to_string());
                format!("{kind} {number} {rights}")
            }
            Self::Revoke => String::new(),
            Self::Rotate { number } => number.to_string(),
        }
    }

    /// The principal as it is after it.
    fn on(self, name: PrincipalName, there: Option<Principal>) -> Result<Principal, Refusal> {
        match (self, there) {
            (Self::Add { kind, rights, number }, None) => {
                let number = number.unwrap_or(1);
                Ok(Principal { name, kind, rights, number, revoked: false })
            }
            (Self::Add { kind, .. }, Some(there)) if there.kind != kind => {
                Err(Refusal::Malformed(format!("kind: the name is known as {}", there.kind)))
            }
            // His old files must stay dead: a key that was lost is why one revokes.
            (Self::Add { number, .. }, Some(there))
                if there.revoked && number.is_none_or(|number| number <= there.number) =>
            {
                let least = there.number;
                Err(Refusal::Malformed(format!(
                    "number: it was revoked, and comes back with a key over number {least} alone"
                )))
            }
            (Self::Add { rights, number, .. }, Some(there)) => {
                let number = raised(there, number.unwrap_or(there.number))?;
                Ok(Principal { rights, number, revoked: false, ..there })
            }
            (Self::Revoke | Self::Rotate { .. }, None) => Err(Refusal::Unknown),
            (Self::Revoke, Some(there)) => Ok(Principal { revoked: true, ..there }),
            (Self::Rotate { .. }, Some(there)) if there.revoked => {
                let reason = "name: it was revoked; add it again";
                Err(Refusal::Malformed(reason.to_owned()))
            }
            (Self::Rotate { number }, Some(there)) => {
                Ok(Principal { number: raised(there, number)?, ..there })
            }
        }
    }
}

/// A number that is not under the one there: it would bring old files back to life.
fn raised(there: Principal, number: u32) -> Result<u32, Refusal> {
    if number < there.number {
        let least = there.number;
        return Err(Refusal::Malformed(format!("number: it only grows, and is {least} now")));
    }
    Ok(number)
}

type Page = (Option<Kind>, u32, Option<PrincipalName>);

fn page(body: &[u8]) -> Result<Page, Malformed> {
    let fields = Fields::read(body, &["kind", "limit", "after"])?;
    Ok((fields.parse("kind")?, fields.count("limit", LIMIT, LIMIT_MAX)?, fields.parse("after")?))
}

fn done(event: &PrincipalEvent) -> Managed {
    let Principal { name, kind, rights, number, revoked } = event.after;
    let mut shown = json!({
        "result": Outcome::Ok.as_str(),
        "name": name.as_str(),
        "kind": kind.as_str(),
        "rights": rights.to_string(),
        "number": number,
        "revoked": revoked,
    });
    if let (Some(members), true) = (shown.as_object_mut(), event.already) {
        members.insert("already".to_owned(), true.into());
    }
    Managed::json(Outcome::Ok, shown)
}

fn row(enrolled: &Enrolled) -> Value {
    let Principal { name, kind, rights, number, revoked } = enrolled.principal;
    let time = |unix_ms| Time::from_unix_ms(unix_ms).to_string();
    json!({
        "name": name.as_str(),
        "kind": kind.as_str(),
        "rights": rights.to_string(),
        "number": number,
        "revoked": revoked,
        "created": time(enrolled.created_ms),
        "created_by": enrolled.created_by,
        "changed": time(enrolled.changed_ms),
        "changed_by": enrolled.changed_by,
    })
}

#[cfg(test)]
mod tests;
