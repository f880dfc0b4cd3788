//! Wrong codes, and who has to wait after them.

use std::fmt;

use protocol::{Client, ClientKind, DeviceId, PrincipalName};
use sqlx::FromRow;

use crate::{Store, StoreError, Tx};

const TABLE: &str = "attempt";

const READ: &str = "SELECT since_ms, wrong, level, until_ms FROM attempt WHERE subject = $1";
const WRITE: &str = "INSERT INTO attempt (subject, since_ms, wrong, level, until_ms) \
    VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (subject) DO UPDATE SET since_ms = excluded.since_ms, wrong = excluded.wrong, \
        level = excluded.level, until_ms = excluded.until_ms";
const SWEEP: &str = "DELETE FROM attempt WHERE since_ms < $1 AND until_ms < $1";

/// The row that counts everybody.
const ALL: &str = "all";

const MINUTE_MS: i64 = 60_000;
/// Wrong codes are counted within this time.
const WINDOW_MS: i64 = 15 * MINUTE_MS;
/// How long one waits: the first, the second, each further time.
const WAITS_MS: [i64; 3] = [15 * MINUTE_MS, 60 * MINUTE_MS, 24 * 60 * MINUTE_MS];
/// Whoever sends no wrong code for so long after a wait starts again from the shortest.
const FORGIVEN_MS: i64 = 24 * 60 * MINUTE_MS;
/// Wrong codes of a box, a principal, or a client that is a person.
const FEW: i64 = 5;
/// Wrong codes of a bare address, behind which there may be many people.
const MANY: i64 = 50;

/// Whose wrong codes are counted.
///
/// Source: protocol.md §5 (Codes)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A box that proved itself.
    Device(DeviceId),
    /// A principal that proved itself.
    Principal(PrincipalName),
    /// The end user of a relay, or a bare address.
    Client(Client),
    /// Whoever came without anything to be told by: counted as one bare address.
    Nobody,
}

/// What follows from a wrong code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It was counted, and may be told.
    Counted {
        /// Wrong codes of everybody in the present minute.
        all: i64,
        /// How long the present minute lasts.
        rest_ms: i64,
    },
    /// Its sender has to wait; nothing was counted.
    Waits {
        /// For how long.
        ms: i64,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
struct Attempt {
    since_ms: i64,
    wrong: i64,
    level: i64,
    until_ms: i64,
}

// === impl Subject ===

impl Subject {
    /// Whose wrong codes these are: the box's, else the principal's, else the client's. What a
    /// relay passes on is its client's.
    ///
    /// Source: protocol.md §5 (Codes)
    pub fn of(
        device: Option<DeviceId>,
        principal: Option<PrincipalName>,
        client: Option<Client>,
    ) -> Self {
        let relayed = client.filter(|client| client.kind() != ClientKind::Address);
        match (device, relayed, principal, client) {
            (Some(device), ..) => Self::Device(device),
            (None, Some(client), ..) | (None, None, None, Some(client)) => Self::Client(client),
            (None, None, Some(principal), _) => Self::Principal(principal),
            (None, None, None, None) => Self::Nobody,
        }
    }

    /// How many wrong codes it may send in 15 minutes.
    fn limit(&self) -> i64 {
        match self {
            Self::Nobody => MANY,
            Self::Client(client) if client.kind() == ClientKind::Address => MANY,
            Self::Device(_) | Self::Principal(_) | Self::Client(_) => FEW,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(device) => write!(f, "device:{device}"),
            Self::Principal(principal) => write!(f, "principal:{principal}"),
            Self::Client(client) => write!(f, "client:{client}"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

// === impl Attempt ===

impl Attempt {
    /// How long its subject has to wait still, if at all.
    fn waits_ms(&self, now_ms: i64) -> Option<i64> {
        (self.until_ms > now_ms).then(|| self.until_ms - now_ms)
    }

    /// Counts a wrong code; the one that reaches the limit begins a wait.
    fn counted(mut self, limit: i64, now_ms: i64) -> Self {
        if now_ms >= self.until_ms.saturating_add(FORGIVEN_MS) {
            self.level = 0;
        }
        self = self.within(WINDOW_MS, now_ms);
        if self.wrong < limit {
            return self;
        }
        let level = usize::try_from(self.level).unwrap_or_default();
        let wait = WAITS_MS.get(level).or(WAITS_MS.last()).copied().unwrap_or_default();
        let level = self.level.saturating_add(1).min(3);
        Self { since_ms: now_ms, wrong: 0, level, until_ms: now_ms.saturating_add(wait) }
    }

    /// Adds one to the window, or begins a new one: also when the clock went back.
    fn within(mut self, window_ms: i64, now_ms: i64) -> Self {
        if !(0..window_ms).contains(&now_ms.saturating_sub(self.since_ms)) {
            self.since_ms = now_ms;
            self.wrong = 0;
        }
        self.wrong = self.wrong.saturating_add(1);
        self
    }
}

// === impl Store ===

impl Store {
    /// Says how long a subject has to wait still.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn waits_ms(
        &self,
        subject: &Subject,
        now_ms: i64,
    ) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query_as::<_, Attempt>(READ).bind(subject.to_string());
        let row = row.fetch_optional(self.reads()).await.map_err(StoreError::on(TABLE))?;
        Ok(row.and_then(|attempt| attempt.waits_ms(now_ms)))
    }
}

// === impl Tx ===

impl Tx {
    /// Counts a wrong code, unless its sender has to wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn wrong_code(
        &mut self,
        subject: &Subject,
        now_ms: i64,
    ) -> Result<Wrong, StoreError> {
        let subject_text = subject.to_string();
        let before = self.attempt(&subject_text).await?;
        if let Some(ms) = before.waits_ms(now_ms) {
            return Ok(Wrong::Waits { ms });
        }
        let after = before.counted(subject.limit(), now_ms);
        self.write_attempt(&subject_text, after).await?;
        let all = self.attempt(ALL).await?.within(MINUTE_MS, now_ms);
        self.write_attempt(ALL, all).await?;
        self.count_wrong(now_ms).await?;
        let rest_ms = MINUTE_MS - now_ms.saturating_sub(all.since_ms);
        Ok(Wrong::Counted { all: all.wrong, rest_ms })
    }

    /// Forgets those whose counts and waits ended a day ago.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn sweep_attempts(&mut self, now_ms: i64) -> Result<u64, StoreError> {
        let before_ms = now_ms.saturating_sub(FORGIVEN_MS);
        self.sweep_wrong_hours(now_ms).await?;
        let done = sqlx::query(SWEEP).bind(before_ms).execute(self.conn()).await;
        done.map(|done| done.rows_affected()).map_err(StoreError::on(TABLE))
    }

    async fn attempt(&mut self, subject: &str) -> Result<Attempt, StoreError> {
        let row = sqlx::query_as::<_, Attempt>(READ).bind(subject.to_owned());
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        Ok(row.unwrap_or_default())
    }

    async fn write_attempt(&mut self, subject: &str, attempt: Attempt) -> Result<(), StoreError> {
        let done = sqlx::query(WRITE)
            .bind(subject.to_owned())
            .bind(attempt.since_ms)
            .bind(attempt.wrong)
            .bind(attempt.level)
            .bind(attempt.until_ms)
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}

#[cfg(test)]
mod tests;
