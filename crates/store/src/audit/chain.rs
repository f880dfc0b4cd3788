//! The chain: what a row's hash covers, and the sealed end.

use std::{fmt, str::FromStr};

use crypto::{KeyId, Secret32};
use sqlx::{FromRow, SqliteExecutor};

use super::Entry;
use crate::{StoreError, Tx, hex::hex};

const TABLE: &str = "audit_head";

const READ: &str = "SELECT number, hash, seal, key FROM audit_head WHERE one = 1";
const MOVE: &str =
    "UPDATE audit_head SET number = $1, hash = $2, seal = $3, key = $4 WHERE one = 1";

/// Begins what is hashed of a row; another form of rows would have another one.
const FORM: &[u8] = b"ngondo/audit/1";

/// What stands for a column without a value: no text or bytes are so long.
const NONE: [u8; 4] = [0xff; 4];

/// A place in the chain: so many rows, the last of which has this hash.
///
/// Whoever wrote one down can prove later that nothing before it was changed or cut.
///
/// # Format
/// `number:hash`, the hash in 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditMark {
    /// How many rows stand up to here.
    pub number: i64,
    /// The hash of the last of them; zeros where there is none.
    pub hash: [u8; 32],
}

/// A text that is no [`AuditMark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not NUMBER:HASH, the hash in 64 hex digits")]
pub struct NotAnAuditMark;

/// The sealed end of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The end that it claims.
    pub mark: AuditMark,
    seal: Option<[u8; 32]>,
    key: Option<KeyId>,
}

#[derive(FromRow)]
struct Row {
    number: i64,
    hash: Vec<u8>,
    seal: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

// === impl AuditMark ===

impl AuditMark {
    /// Before the first row.
    pub const START: Self = Self { number: 0, hash: [0; 32] };

    /// The place behind a row that follows.
    ///
    /// # Format
    /// SHA-256 of `ngondo/audit/1`, the hash before, and each column: 4 bytes of length, then its
    /// bytes; numbers as 8 bytes, all big-endian; a column without a value is four bytes of ones.
    #[must_use]
    pub fn next(&self, entry: &Entry) -> Self {
        let number = self.number.saturating_add(1);
        let mut text = Vec::with_capacity(512);
        text.extend_from_slice(FORM);
        text.extend_from_slice(&self.hash);
        text.extend_from_slice(&number.to_be_bytes());
        text.extend_from_slice(&entry.at_ms.to_be_bytes());
        put(&mut text, Some(entry.who.as_bytes()));
        put(&mut text, Some(entry.verb.as_bytes()));
        put(&mut text, Some(entry.subject.as_bytes()));
        put(&mut text, entry.request.as_ref().map(|it| it.as_bytes().as_slice()));
        put(&mut text, Some(entry.bridge.as_str().as_bytes()));
        put(&mut text, entry.why.as_deref());
        put(&mut text, entry.detail.as_ref().map(String::as_bytes));
        Self { number, hash: crypto::sha256(&text) }
    }

    /// What seals this place as the end.
    fn seal(&self, key: &Secret32) -> [u8; 32] {
        crypto::index(key, &format!("audit/{}/{}", self.number, hex(&self.hash)))
    }
}

impl fmt::Display for AuditMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex(&self.hash))
    }
}

impl FromStr for AuditMark {
    type Err = NotAnAuditMark;

    fn from_str(text: &str) -> Result<Self, NotAnAuditMark> {
        let (number, digits) = text.split_once(':').ok_or(NotAnAuditMark)?;
        let number = number.parse().ok().filter(|it| 0 <= *it).ok_or(NotAnAuditMark)?;
        // The digits of a hash are those of a 32-byte key, which this reads in either case.
        let hash = Secret32::from_hex(digits).ok_or(NotAnAuditMark)?;
        Ok(Self { number, hash: *hash.expose() })
    }
}

// === impl AuditHead ===

impl AuditHead {
    /// Whether the end is sealed by one of these keys, or there is nothing yet.
    pub fn is_sealed<'k>(&self, keys: impl IntoIterator<Item = (KeyId, &'k Secret32)>) -> bool {
        match (self.seal, self.key) {
            (None, None) => self.mark == AuditMark::START,
            (Some(seal), Some(id)) => keys
                .into_iter()
                .filter(|(known, _)| *known == id)
                // Secrets compare in constant time.
                .any(|(_, key)| Secret32::new(self.mark.seal(key)) == Secret32::new(seal)),
            _ => false,
        }
    }

    /// Reads the end.
    pub(super) async fn read(db: impl SqliteExecutor<'_>) -> Result<Self, StoreError> {
        let row = sqlx::query_as::<_, Row>(READ).fetch_one(db).await;
        row.map_err(StoreError::on(TABLE))?.try_into()
    }
}

impl TryFrom<Row> for AuditHead {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at =
            |column| StoreError::Inconsistent { table: TABLE, column, row: row.number.to_string() };
        let hash = row.hash.as_slice().try_into().map_err(|_| at("hash"))?;
        let seal = row.seal.map(|it| it.as_slice().try_into().map_err(|_| at("seal")));
        let key = row.key.map(|it| it.as_slice().try_into().map(KeyId::new).map_err(|_| at("key")));
        let mark = AuditMark { number: row.number, hash };
        Ok(Self { mark, seal: seal.transpose()?, key: key.transpose()? })
    }
}

// === impl Tx ===

impl Tx {
    /// The end of the chain, as this transaction sees it.
    pub(super) async fn audit_mark(&mut self) -> Result<AuditMark, StoreError> {
        Ok(AuditHead::read(self.conn()).await?.mark)
    }

    /// Moves the end, sealed.
    pub(super) async fn move_audit_head(
        &mut self,
        end: &AuditMark,
        (id, key): (KeyId, &Secret32),
    ) -> Result<(), StoreError> {
        let done = sqlx::query(MOVE)
            .bind(end.number)
            .bind(end.hash.to_vec())
            .bind(end.seal(key).to_vec())
            .bind(id.bytes().to_vec())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}

fn put(text: &mut Vec<u8>, column: Option<&[u8]>) {
    let Some(column) = column else {
        text.extend_from_slice(&NONE);
        return;
    };
    let length = u32::try_from(column.len()).unwrap_or(u32::MAX);
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(column);
}
