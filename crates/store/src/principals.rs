//! Principals: who may do what, and what was done to them.

use protocol::{Kind, Principal, PrincipalName};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Store, StoreError, Tx, changes::Counted};

const TABLE: &str = "principal";
const EVENTS: &str = "principal_event";

const ALL: &str = "SELECT * FROM principal ORDER BY name";
const AFTER: &str = "SELECT * FROM principal WHERE name > $1 AND ($2 IS NULL OR kind = $2) \
    ORDER BY name LIMIT $3";
const ONE: &str = "SELECT * FROM principal WHERE name = $1";
const PUT: &str = "INSERT INTO principal \
    (name, kind, rights, number, revoked, created_ms, created_by, changed_ms, changed_by) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7) ON CONFLICT (name) DO UPDATE SET \
    rights = excluded.rights, number = excluded.number, revoked = excluded.revoked, \
    changed_ms = excluded.changed_ms, changed_by = excluded.changed_by";
const EVENT: &str = "SELECT * FROM principal_event WHERE request = $1";
const ADD_EVENT: &str = "INSERT INTO principal_event \
    (request, at_ms, who, act, asked, name, kind, rights, number, revoked, already) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// A principal with who made it what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The principal.
    pub principal: Principal,
    /// When it was added.
    pub created_ms: i64,
    /// Who added it.
    pub created_by: String,
    /// When it last changed.
    pub changed_ms: i64,
    /// Who changed it.
    pub changed_by: String,
}

/// What can be done to a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalAct {
    /// It was added, or given other rights.
    Add,
    /// It was revoked.
    Revoke,
    /// It was given a newer key.
    Rotate,
}

/// What a request did to a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalEvent {
    /// The request.
    pub request: Uuid,
    /// When.
    pub at_ms: i64,
    /// Who asked.
    pub who: String,
    /// What was asked.
    pub act: PrincipalAct,
    /// The rest of what was asked, in one canonical text.
    pub asked: String,
    /// The principal as it was then.
    pub after: Principal,
    /// Whether it had been so before.
    pub already: bool,
}

/// What [`Tx::ensure_principal`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensured {
    /// It was not there, and is now.
    Added,
    /// The same one was there.
    Same,
    /// One of that name was there, and is another; it stays as it was.
    Other(Principal),
}

#[derive(FromRow)]
struct Row {
    name: String,
    kind: String,
    rights: String,
    number: i64,
    revoked: bool,
    created_ms: i64,
    created_by: String,
    changed_ms: i64,
    changed_by: String,
}

#[derive(FromRow)]
struct EventRow {
    request: Uuid,
    at_ms: i64,
    who: String,
    act: String,
    asked: String,
    name: String,
    kind: String,
    rights: String,
    number: i64,
    revoked: bool,
    already: bool,
}

/// The columns of a principal, wherever they stand.
struct Columns<'a> {
    table: &'static str,
    name: &'a str,
    kind: &'a str,
    rights: &'a str,
    number: i64,
    revoked: bool,
}

// === impl PrincipalAct ===

impl PrincipalAct {
    const ALL: [Self; 3] = [Self::Add, Self::Revoke, Self::Rotate];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
        }
    }
}

// === impl Columns ===

impl Columns<'_> {
    fn read(&self) -> Result<Principal, StoreError> {
        let at = |column| StoreError::Inconsistent {
            table: self.table,
            column,
            row: self.name.to_owned(),
        };
        Ok(Principal {
            name: self.name.parse().map_err(|_| at("name"))?,
            kind: self.kind.parse().map_err(|_| at("kind"))?,
            rights: self.rights.parse().map_err(|_| at("rights"))?,
            number: u32::try_from(self.number).map_err(|_| at("number"))?,
            revoked: self.revoked,
        })
    }
}

// === impl Row ===

impl Row {
    fn principal(&self) -> Result<Principal, StoreError> {
        let Self { name, kind, rights, number, revoked, .. } = self;
        let (number, revoked) = (*number, *revoked);
        Columns { table: TABLE, name, kind, rights, number, revoked }.read()
    }
}

impl TryFrom<Row> for Enrolled {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            principal: row.principal()?,
            created_ms: row.created_ms,
            created_by: row.created_by,
            changed_ms: row.changed_ms,
            changed_by: row.changed_by,
        })
    }
}

// === impl EventRow ===

impl TryFrom<EventRow> for PrincipalEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let EventRow { name, kind, rights, number, revoked, .. } = &row;
        let (number, revoked) = (*number, *revoked);
        let after = Columns { table: EVENTS, name, kind, rights, number, revoked }.read()?;
        let act = PrincipalAct::ALL.into_iter().find(|act| act.as_str() == row.act);
        let unread =
            || StoreError::Inconsistent { table: EVENTS, column: "act", row: row.name.clone() };
        Ok(Self {
            request: row.request,
            at_ms: row.at_ms,
            act: act.ok_or_else(unread)?,
            who: row.who,
            asked: row.asked,
            after,
            already: row.already,
        })
    }
}

// === impl Store ===

impl Store {
    /// The number of the last change of any principal.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn last_principal_change(&self) -> Result<i64, StoreError> {
        self.last_change(Counted::Principal).await
    }

    /// Every principal, also the revoked, in the order of the names.
    ///
    /// A reader asks for the number of the last change first: then it can have missed none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn principals(&self) -> Result<Vec<Principal>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(ALL).fetch_all(self.reads()).await;
        rows.map_err(StoreError::on(TABLE))?.iter().map(Row::principal).collect()
    }

    /// One page of principals after a name, in the order of the names.
    ///
    /// # Errors
    /// Those of [`Store::principals`].
    pub async fn principals_after(
        &self,
        after: Option<&PrincipalName>,
        kind: Option<Kind>,
        limit: u32,
    ) -> Result<Vec<Enrolled>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(AFTER)
            .bind(after.map_or("", |it| it.as_str()).to_owned())
            .bind(kind.map(Kind::as_str))
            .bind(limit)
            .fetch_all(self.reads())
            .await;
        rows.map_err(StoreError::on(TABLE))?.into_iter().map(Enrolled::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Finds a principal.
    ///
    /// # Errors
    /// Those of [`Store::principals`].
    pub async fn principal(
        &mut self,
        name: &PrincipalName,
    ) -> Result<Option<Principal>, StoreError> {
        let query = sqlx::query_as::<_, Row>(ONE).bind(name.as_str().to_owned());
        let row = query.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        row.as_ref().map(Row::principal).transpose()
    }

    /// Adds a principal, or changes rights, number and revocation of the one of that name. Its
    /// kind never changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn put_principal(
        &mut self,
        principal: &Principal,
        who: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let put = sqlx::query(PUT)
            .bind(principal.name.as_str().to_owned())
            .bind(principal.kind.as_str())
            .bind(principal.rights.to_string())
            .bind(i64::from(principal.number))
            .bind(principal.revoked)
            .bind(now_ms)
            .bind(who.to_owned())
            .execute(self.conn())
            .await;
        let put = put.map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, put.rows_affected(), 1)?;
        self.next_change(Counted::Principal).await.map(drop)
    }

    /// Adds a principal unless one of that name is there, which then stays as it is: what the
    /// first start does. `who` is `init`.
    ///
    /// # Errors
    /// Those of [`Store::principals`].
    pub async fn ensure_principal(
        &mut self,
        principal: &Principal,
        now_ms: i64,
    ) -> Result<Ensured, StoreError> {
        match self.principal(&principal.name).await? {
            None => {
                self.put_principal(principal, "init", now_ms).await?;
                Ok(Ensured::Added)
            }
            Some(there) if there == *principal => Ok(Ensured::Same),
            Some(there) => Ok(Ensured::Other(there)),
        }
    }

    /// Finds what a request did.
    ///
    /// # Errors
    /// Those of [`Store::principals`].
    pub async fn principal_event(
        &mut self,
        request: Uuid,
    ) -> Result<Option<PrincipalEvent>, StoreError> {
        let query = sqlx::query_as::<_, EventRow>(EVENT).bind(request);
        let row = query.fetch_optional(self.conn()).await.map_err(StoreError::on(EVENTS))?;
        row.map(PrincipalEvent::try_from).transpose()
    }

    /// Adds what a request did.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when it did something before; [`StoreError::Unavailable`] or
    /// [`StoreError::Statement`].
    pub async fn add_principal_event(&mut self, event: &PrincipalEvent) -> Result<(), StoreError> {
        let query = sqlx::query(ADD_EVENT)
            .bind(event.request)
            .bind(event.at_ms)
            .bind(event.who.clone())
            .bind(event.act.as_str())
            .bind(event.asked.clone())
            .bind(event.after.name.as_str().to_owned())
            .bind(event.after.kind.as_str())
            .bind(event.after.rights.to_string())
            .bind(i64::from(event.after.number))
            .bind(event.after.revoked)
            .bind(event.already);
        query.execute(self.conn()).await.map(drop).map_err(StoreError::on(EVENTS))
    }
}

#[cfg(test)]
mod tests;
