//! Replacement and refund: what a person gives for a voucher that did not do its work.
//!
//! Either is given once a voucher. For the books a refund is money that goes back, and a
//! replacement is that and a sale of the same value: nothing else has to be counted.

mod give;
mod rows;

use std::str::FromStr;

use protocol::{Bridge, PrincipalName, RequestId};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use self::rows::{READ, Row, inconsistent};
use crate::{Product, Refusal, Store, StoreError, Tx, VoucherState};

const TABLE: &str = "refund";

const INSERT: &str = "INSERT INTO refund \
    (kind, voucher, serial, voucher_state, request, why, state, asked_ms, asked_by) \
    VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, $8) RETURNING number";

/// What is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundKind {
    /// A new purchase code.
    Replace,
    /// The money.
    Refund,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// A second person has to decide.
    Asked,
    /// It was given.
    Done,
    /// It was not given, and may be asked for again.
    Declined,
}

/// A word that names no state.
#[derive(Debug, thiserror::Error)]
#[error("not one of asked, done, declined")]
pub struct UnknownRefundState;

/// One replacement or refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its number, from 1.
    pub number: i64,
    /// What is given.
    pub kind: RefundKind,
    /// How far it is.
    pub state: RefundState,
    /// The voucher for which.
    pub serial: u64,
    /// What that was when somebody asked: sold or redeemed.
    pub voucher_state: VoucherState,
    /// What it is worth.
    pub product: Product,
    /// The request that asked.
    pub request: RequestId,
    /// The reason, sealed under `wrap` at [`crate::Entry::place_of_why`] of the request.
    pub why: Vec<u8>,
    /// When, Unix milliseconds, and by whom.
    pub asked: (i64, String),
    /// When and by whom it was decided.
    pub decided: Option<(i64, String)>,
    /// The request that decided.
    pub decided_request: Option<Uuid>,
    /// The voucher that was given.
    pub replacement: Option<Replacement>,
}

/// The voucher that was given for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Its id, to which the sealed code is bound.
    pub id: [u8; 16],
    /// Its serial number.
    pub serial: u64,
    /// What it is now.
    pub state: VoucherState,
    /// The sealed code, until it is redeemed.
    pub code: Option<Vec<u8>>,
}

/// Who asks for a replacement or a refund, and why.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// What is to be given.
    pub kind: RefundKind,
    /// For which voucher.
    pub serial: u64,
    /// Made once for this wish.
    pub request: RequestId,
    /// The sealed reason.
    pub why: Vec<u8>,
    /// Principal, or `local`.
    pub who: String,
    /// When.
    pub at_ms: i64,
}

/// Who decides.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Made once for this wish; that of the asker where nobody else has to decide.
    pub request: RequestId,
    /// Principal, or `local`.
    pub who: String,
    /// The same, where it is proved.
    pub principal: Option<PrincipalName>,
    /// The bridge of the request.
    pub bridge: Bridge,
    /// When.
    pub at_ms: i64,
}

/// Why nothing is given; nothing was changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundRefusal {
    /// There is no such voucher.
    NoVoucher,
    /// The voucher is in this state: nobody has paid for it, or it is shut.
    VoucherIs(VoucherState),
    /// The network has credited it.
    Credited,
    /// It was replaced or refunded before, or somebody has asked: under this number.
    Before(i64),
    /// It was given for another one itself.
    IsReplacement,
    /// It was redeemed since somebody asked.
    Meanwhile,
    /// There is no such number.
    NoRefund,
    /// It was decided before.
    Decided(RefundState),
    /// Who asked does not decide.
    SamePerson,
    /// The new one cannot be sold.
    NotSold(Refusal),
}

// === impl RefundKind ===

impl RefundKind {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Refund => "refund",
        }
    }
}

// === impl RefundState ===

impl FromStr for RefundState {
    type Err = UnknownRefundState;

    fn from_str(word: &str) -> Result<Self, UnknownRefundState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(UnknownRefundState)
    }
}

impl RefundState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Done, Self::Declined];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done => "done",
            Self::Declined => "declined",
        }
    }
}

// === impl Store ===

impl Store {
    /// Lists replacements and refunds, newest first; those before a number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn refunds(
        &self,
        state: Option<RefundState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Refund>, StoreError> {
        let mut builder = QueryBuilder::<Sqlite>::new(READ);
        builder.push(" WHERE refund.number < ").push_bind(before.unwrap_or(i64::MAX));
        if let Some(state) = state {
            builder.push(" AND refund.state = ").push_bind(state.as_str());
        }
        builder.push(" ORDER BY refund.number DESC LIMIT ").push_bind(limit);
        let rows = builder.build_query_as::<Row>().fetch_all(self.reads()).await;
        let rows = rows.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(Refund::try_from).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Finds what a request asked for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn refund_by_request(
        &mut self,
        request: RequestId,
    ) -> Result<Option<Refund>, StoreError> {
        let mut builder = QueryBuilder::new(READ);
        builder.push(" WHERE refund.request = ").push_bind(request.uuid());
        self.one_refund(builder).await
    }

    /// Finds one by its number.
    ///
    /// # Errors
    /// Those of [`Tx::refund_by_request`].
    pub async fn refund(&mut self, number: i64) -> Result<Option<Refund>, StoreError> {
        let mut builder = QueryBuilder::new(READ);
        builder.push(" WHERE refund.number = ").push_bind(number);
        self.one_refund(builder).await
    }

    async fn one_refund(
        &mut self,
        mut query: QueryBuilder<Sqlite>,
    ) -> Result<Option<Refund>, StoreError> {
        let row = query.build_query_as::<Row>().fetch_optional(self.conn()).await;
        row.map_err(StoreError::on(TABLE))?.map(Refund::try_from).transpose()
    }

    /// Notes that somebody asks; it is then to be given or declined.
    ///
    /// # Errors
    /// Those of [`Tx::refund_by_request`].
    pub async fn ask_refund(
        &mut self,
        new: &NewRefund,
    ) -> Result<Result<Refund, RefundRefusal>, StoreError> {
        let Some((serial, voucher)) = self.voucher_row(new.serial).await? else {
            return Ok(Err(RefundRefusal::NoVoucher));
        };
        let state = match voucher.judge(serial)? {
            Ok(state) => state,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let number: i64 = sqlx::query_scalar(INSERT)
            .bind(new.kind.as_str())
            .bind(voucher.id)
            .bind(serial)
            .bind(state.as_str())
            .bind(new.request.uuid())
            .bind(new.why.as_slice())
            .bind(new.at_ms)
            .bind(new.who.as_str())
            .fetch_one(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        let refund = self.refund(number).await?;
        refund.ok_or_else(|| inconsistent("number", number)).map(Ok)
    }
}

#[cfg(test)]
mod tests;
