//! The rows of `refund`, and what of a voucher decides about one.

use protocol::RequestId;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Refund, RefundKind, RefundRefusal, Replacement, TABLE, UnknownRefundState};
use crate::{Product, StoreError, Tx, VoucherState};

pub(super) const VOUCHER: &str = "voucher";

const FIND: &str = "SELECT voucher.id, voucher.good_until, voucher.state, voucher.shop, redemption.credit, \
        (SELECT number FROM refund WHERE voucher = voucher.id AND state <> 'declined') AS before, \
        EXISTS (SELECT 1 FROM refund WHERE replacement = voucher.id) AS given \
    FROM voucher LEFT JOIN redemption ON redemption.voucher = voucher.id \
    WHERE voucher.serial = $1";
pub(super) const READ: &str = "SELECT refund.*, voucher.operator, voucher.amount, voucher.currency, \
        given.serial AS given_serial, given.state AS given_state, given.code AS given_code \
    FROM refund JOIN voucher ON voucher.id = refund.voucher \
        LEFT JOIN voucher AS given ON given.id = refund.replacement ";

#[derive(FromRow)]
pub(super) struct VoucherRow {
    pub(super) id: Vec<u8>,
    pub(super) good_until: String,
    pub(super) state: String,
    pub(super) shop: Option<String>,
    pub(super) credit: Option<String>,
    before: Option<i64>,
    given: bool,
}

#[derive(FromRow)]
pub(super) struct Row {
    number: i64,
    kind: String,
    serial: i64,
    voucher_state: String,
    request: Uuid,
    why: Vec<u8>,
    state: String,
    asked_ms: i64,
    asked_by: String,
    decided_ms: Option<i64>,
    decided_by: Option<String>,
    decided_request: Option<Uuid>,
    replacement: Option<Vec<u8>>,
    operator: String,
    amount: String,
    currency: String,
    given_serial: Option<i64>,
    given_state: Option<String>,
    given_code: Option<Vec<u8>>,
}

// === impl Row ===

impl Row {
    fn replacement(&self) -> Result<Option<Replacement>, StoreError> {
        let at = |column| inconsistent(column, self.number);
        let Some(id) = &self.replacement else { return Ok(None) };
        let serial = self.given_serial.ok_or_else(|| at("replacement"))?;
        Ok(Some(Replacement {
            id: id.as_slice().try_into().map_err(|_| at("replacement"))?,
            serial: u64::try_from(serial).map_err(|_| at("replacement"))?,
            state: VoucherState::read(self.given_state.as_deref().unwrap_or_default(), serial)?,
            code: self.given_code.clone(),
        }))
    }
}

impl TryFrom<Row> for Refund {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = |column| inconsistent(column, row.number);
        let kinds = [RefundKind::Replace, RefundKind::Refund];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == row.kind);
        let product = [row.operator.as_str(), &row.amount, &row.currency];
        Ok(Self {
            number: row.number,
            kind: kind.ok_or_else(|| at("kind"))?,
            state: row.state.parse().map_err(|UnknownRefundState| at("state"))?,
            serial: u64::try_from(row.serial).map_err(|_| at("serial"))?,
            voucher_state: VoucherState::read(&row.voucher_state, row.serial)?,
            product: Product::read(product, VOUCHER, &row.serial.to_string())?,
            request: RequestId::from_uuid(row.request),
            replacement: row.replacement()?,
            why: row.why,
            asked: (row.asked_ms, row.asked_by),
            decided: row.decided_ms.zip(row.decided_by),
            decided_request: row.decided_request,
        })
    }
}

pub(super) fn inconsistent(column: &'static str, number: i64) -> StoreError {
    StoreError::Inconsistent { table: TABLE, column, row: number.to_string() }
}

// === impl VoucherRow ===

impl VoucherRow {
    /// Whether anything may be given for it, and in which state it is then.
    pub(super) fn judge(
        &self,
        serial: i64,
    ) -> Result<Result<VoucherState, RefundRefusal>, StoreError> {
        let state = VoucherState::read(&self.state, serial)?;
        if let Some(number) = self.before {
            return Ok(Err(RefundRefusal::Before(number)));
        }
        Ok(match state {
            _ if self.given => Err(RefundRefusal::IsReplacement),
            VoucherState::Redeemed if self.credit.as_deref() == Some("CREDITED") => {
                Err(RefundRefusal::Credited)
            }
            VoucherState::Sold | VoucherState::Redeemed => Ok(state),
            VoucherState::Created | VoucherState::Frozen | VoucherState::Void => {
                Err(RefundRefusal::VoucherIs(state))
            }
        })
    }
}

// === impl Tx ===

impl Tx {
    /// The voucher of a serial, with the number as it is stored.
    pub(super) async fn voucher_row(
        &mut self,
        serial: u64,
    ) -> Result<Option<(i64, VoucherRow)>, StoreError> {
        let Ok(serial) = i64::try_from(serial) else { return Ok(None) };
        let row = sqlx::query_as::<_, VoucherRow>(FIND).bind(serial);
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(VOUCHER))?;
        Ok(row.map(|row| (serial, row)))
    }
}
