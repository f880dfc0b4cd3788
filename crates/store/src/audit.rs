//! The audit log: every change that somebody asked for, each row chained to the one before.
//!
//! A row's hash covers the hash before it, so that a changed, missing, added or swapped row shows
//! at its number ([`crate::Store::verify_audit`], in `audit/verify.rs`). The head keeps how many rows
//! there are and the last hash, sealed under a key that the database does not hold: whoever can
//! write in the database alone cannot rewrite the whole chain, nor cut its end.

mod chain;
mod list;
mod verify;

use crypto::{KeyId, Secret32};
use protocol::{Bridge, RequestId};
use uuid::Uuid;

pub use self::chain::{AuditHead, AuditMark, NotAnAuditMark};
pub use self::list::{AuditFilter, Audited};
pub use self::verify::{AuditFault, AuditVerified};
use crate::{StoreError, Tx};

const TABLE: &str = "audit";

const INSERT: &str = "INSERT INTO audit \
    (number, at_ms, who, verb, subject, request, bridge, why, detail, hash) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// One change, as the audit log keeps it.
///
/// No field may hold a code, or who a customer is: those stand sealed elsewhere, or in `why`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Principal, `local` where none is proved, `code` where an activation code was given.
    pub who: String,
    /// `noun/verb` of the management interface, or the command's name.
    pub verb: String,
    /// What it was done to: `box/<id>`, `voucher/<serial>`, `vouchers/<first>-<last>`, `batch/<n>`.
    pub subject: String,
    /// The request by which it is known again.
    pub request: Option<Uuid>,
    /// The bridge of the request.
    pub bridge: Bridge,
    /// The reason given, sealed under `wrap` at [`Entry::place_of_why`].
    pub why: Option<Vec<u8>>,
    /// What changed, as JSON.
    pub detail: Option<String>,
}

// === impl Entry ===

impl Entry {
    /// The place of the sealed reason of a request.
    ///
    /// Source: protocol.md §6
    pub fn place_of_why(request: RequestId) -> String {
        format!("audit/why/{}", request.uuid().simple())
    }
}

// === impl Tx ===

impl Tx {
    /// Adds a row to the audit log; it stands when this transaction is committed.
    ///
    /// `key` is the current key `index`, which seals the log's end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn audit(
        &mut self,
        entry: &Entry,
        key: (KeyId, &Secret32),
    ) -> Result<(), StoreError> {
        self.audit_all(std::slice::from_ref(entry), key).await
    }

    /// Adds rows to the audit log, in this order: cheaper than one by one.
    ///
    /// # Errors
    /// Those of [`Tx::audit`].
    pub async fn audit_all(
        &mut self,
        entries: &[Entry],
        key: (KeyId, &Secret32),
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut end = self.audit_mark().await?;
        for entry in entries {
            end = end.next(entry);
            self.insert_audit(entry, &end).await?;
        }
        self.move_audit_head(&end, key).await
    }

    async fn insert_audit(&mut self, entry: &Entry, at: &AuditMark) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT)
            .bind(at.number)
            .bind(entry.at_ms)
            .bind(entry.who.as_str())
            .bind(entry.verb.as_str())
            .bind(entry.subject.as_str())
            .bind(entry.request)
            .bind(entry.bridge.to_string())
            .bind(entry.why.as_deref())
            .bind(entry.detail.as_deref())
            .bind(at.hash.to_vec())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}

#[cfg(test)]
mod tests;
