//! What became of a recharge code on the network, as whoever used it says.

use protocol::{Bridge, CreditOutcome, DeviceId, NetworkText, PrincipalName, RequestId};
use sqlx::FromRow;

use crate::{Keyed, StoreError, Tx};

const TABLE: &str = "credit";
const REDEMPTION: &str = "redemption";

const READ: &str = "SELECT redemption.principal, redemption.credit, \
        (SELECT COUNT(*) FROM credit WHERE credit.voucher = redemption.voucher) AS notes, \
        EXISTS (SELECT 1 FROM credit \
            WHERE credit.voucher = redemption.voucher AND bridge = $2) AS again \
    FROM redemption WHERE redemption.voucher = $1";
const NOTE: &str = "INSERT INTO credit (voucher, number, at_ms, outcome, note, bridge) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const STAND: &str = "UPDATE redemption SET credit = $2, credit_text = $3, credit_ms = $4 \
    WHERE voucher = $1";

/// Nobody has so much to say of one code; what comes after is left out.
const NOTES: i64 = 20;

/// A CREDIT: what became of the recharge code of a TOPUP.
#[derive(Clone, Debug)]
pub struct Said {
    /// The index of the TOPUP's code under each live pepper; empty where only `request` is said.
    pub codes: Vec<Keyed>,
    /// The TOPUP's request.
    pub request: Option<RequestId>,
    /// The box, where its crypto opened.
    pub device: Option<DeviceId>,
    /// Who says it, where that is proved.
    pub principal: Option<PrincipalName>,
    /// What the network did.
    pub outcome: CreditOutcome,
    /// What the network said.
    pub text: Option<NetworkText>,
    /// The bridge of the CREDIT.
    pub bridge: Bridge,
    /// When.
    pub at_ms: i64,
}

/// What a CREDIT is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is kept: commit, then answer.
    Kept,
    /// No such code was redeemed.
    Unknown,
    /// The request is known with another code.
    OtherCode,
    /// The TOPUP had a principal or a box, and this is another.
    OtherSender,
}

#[derive(FromRow)]
struct Row {
    principal: Option<String>,
    credit: Option<String>,
    notes: i64,
    again: bool,
}

// === impl Row ===

impl Row {
    /// Whether what is said takes the place of what was said before.
    fn gives_way(&self) -> bool {
        let before = self.credit.as_deref().and_then(|word| word.parse::<CreditOutcome>().ok());
        !before.is_some_and(CreditOutcome::is_definite)
    }

    /// Whether this sender may speak: what the TOPUP had, CREDIT needs.
    fn hears(&self, devices: &[DeviceId], said: &Said) -> bool {
        let principal = match &self.principal {
            Some(name) => said.principal.is_some_and(|it| it.as_str() == name),
            None => true,
        };
        let device = devices.is_empty() || said.device.is_some_and(|it| devices.contains(&it));
        principal && device
    }
}

// === impl Tx ===

impl Tx {
    /// Keeps what a CREDIT says. The first definite outcome stands; later ones are noted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    ///
    /// Source: protocol.md §3 (TOPUP)
    pub async fn credit(&mut self, said: &Said) -> Result<Heard, StoreError> {
        let by_code = self.voucher_id(&said.codes).await?;
        let by_request = self.voucher_of_request(said.request).await?;
        let voucher = match (by_code, by_request) {
            (Some(code), Some(request)) if code != request => return Ok(Heard::OtherCode),
            (None, Some(_)) if !said.codes.is_empty() => return Ok(Heard::OtherCode),
            (Some(voucher), _) | (None, Some(voucher)) => voucher,
            (None, None) => return Ok(Heard::Unknown),
        };
        let row = sqlx::query_as::<_, Row>(READ).bind(voucher.as_slice());
        let row = row.bind(said.bridge.to_string());
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(REDEMPTION))?;
        let Some(row) = row else { return Ok(Heard::Unknown) };
        if !row.hears(&self.devices_of(&voucher).await?, said) {
            return Ok(Heard::OtherSender);
        }
        self.keep(&voucher, &row, said).await?;
        Ok(Heard::Kept)
    }

    async fn keep(&mut self, voucher: &[u8], row: &Row, said: &Said) -> Result<(), StoreError> {
        if row.again {
            return Ok(());
        }
        if row.notes < NOTES {
            self.note(voucher, row.notes.saturating_add(1), said).await?;
        }
        if row.gives_way() {
            self.stand(voucher, said).await?;
        }
        Ok(())
    }

    async fn note(&mut self, voucher: &[u8], number: i64, said: &Said) -> Result<(), StoreError> {
        let done = sqlx::query(NOTE)
            .bind(voucher)
            .bind(number)
            .bind(said.at_ms)
            .bind(said.outcome.as_str())
            .bind(said.text.as_ref().map(NetworkText::as_str))
            .bind(said.bridge.to_string())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }

    async fn stand(&mut self, voucher: &[u8], said: &Said) -> Result<(), StoreError> {
        let done = sqlx::query(STAND)
            .bind(voucher)
            .bind(said.outcome.as_str())
            .bind(said.text.as_ref().map(NetworkText::as_str))
            .bind(said.at_ms)
            .execute(self.conn())
            .await
            .map_err(StoreError::on(REDEMPTION))?;
        StoreError::ensure_affected(REDEMPTION, done.rows_affected(), 1)
    }
}

#[cfg(test)]
mod tests;
