//! Purchase codes: what each is, and what support may know of it.

use std::{fmt, str::FromStr};

use protocol::{Date, DeviceId, Label};
use sqlx::{FromRow, QueryBuilder, Sqlite};

use crate::{
    Keyed, Product, Store, StoreError,
    hex::hex,
    stock::{end, end_text},
};

const TABLE: &str = "voucher";

const READ: &str = "SELECT voucher.serial, voucher.batch, voucher.operator, voucher.amount, \
        voucher.currency, voucher.good_until, voucher.state, voucher.shop, voucher.redeemed_ms, \
        sale.sold_ms, sale.sold_by, redemption.credit, ledger.device \
    FROM voucher LEFT JOIN sale ON sale.request = voucher.sale \
        LEFT JOIN redemption ON redemption.voucher = voucher.id \
        LEFT JOIN ledger ON ledger.voucher = voucher.id";

/// What a voucher may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherState {
    /// Made, and not sold.
    Created,
    /// Somebody has paid for it.
    Sold,
    /// It gave out its recharge code.
    Redeemed,
    /// It gives nothing for now.
    Frozen,
    /// It gives nothing any more.
    Void,
}

/// A word that names no state.
#[derive(Debug, thiserror::Error)]
#[error("not one of created, sold, redeemed, frozen, void")]
pub struct UnknownVoucherState;

/// A purchase code that was drawn.
#[derive(Clone, Debug)]
pub struct NewVoucher {
    /// 16 random bytes; the sealed code is bound to them.
    pub id: [u8; 16],
    /// The code's index under the current pepper.
    pub index: Keyed,
    /// The sealed code.
    pub code: Vec<u8>,
}

/// A voucher as support may know it: never its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Its serial number.
    pub serial: u64,
    /// Its batch; 0 where it was drawn as it was sold.
    pub batch: u64,
    /// What it is.
    pub state: VoucherState,
    /// What it buys.
    pub product: Product,
    /// Its last good day.
    pub expires: Option<Date>,
    /// Whose stock it is, or who sold it.
    pub shop: Option<String>,
    /// When it was sold.
    pub sold_ms: Option<i64>,
    /// Who sold it.
    pub sold_by: Option<String>,
    /// When it was redeemed.
    pub redeemed_ms: Option<i64>,
    /// What CREDIT said of it.
    pub credit: Option<String>,
    /// The box that redeemed it, where one proved itself.
    pub device: Option<DeviceId>,
}

/// Which vouchers are asked for; nothing set means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoucherFilter {
    /// Only those of this shop.
    pub shop: Option<Label>,
    /// Only those in this state.
    pub state: Option<VoucherState>,
    /// Only serials from here on.
    pub from: Option<u64>,
    /// Only serials up to here.
    pub to: Option<u64>,
    /// Only serials behind this one: where the last page ended.
    pub after: Option<u64>,
}

#[derive(FromRow)]
struct Row {
    serial: i64,
    batch: i64,
    operator: String,
    amount: String,
    currency: String,
    good_until: String,
    state: String,
    shop: Option<String>,
    redeemed_ms: Option<i64>,
    sold_ms: Option<i64>,
    sold_by: Option<String>,
    credit: Option<String>,
    device: Option<Vec<u8>>,
}

// === impl VoucherState ===

impl VoucherState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Created, Self::Sold, Self::Redeemed, Self::Frozen, Self::Void];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Sold => "sold",
            Self::Redeemed => "redeemed",
            Self::Frozen => "frozen",
            Self::Void => "void",
        }
    }

    /// Reads the column; `row` names the row for the error.
    pub(crate) fn read(word: &str, row: impl fmt::Display) -> Result<Self, StoreError> {
        let at =
            || StoreError::Inconsistent { table: TABLE, column: "state", row: row.to_string() };
        word.parse().map_err(|UnknownVoucherState| at())
    }
}

impl FromStr for VoucherState {
    type Err = UnknownVoucherState;

    fn from_str(word: &str) -> Result<Self, UnknownVoucherState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(UnknownVoucherState)
    }
}

impl fmt::Display for VoucherState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl NewVoucher ===

impl NewVoucher {
    /// The place of the sealed code with this id.
    ///
    /// Source: protocol.md §6
    pub fn place(id: &[u8; 16]) -> String {
        format!("voucher/code/{}", hex(id))
    }
}

// === impl Row ===

impl TryFrom<Row> for Voucher {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let name = row.serial.to_string();
        let at = |column| StoreError::Inconsistent { table: TABLE, column, row: name.clone() };
        let product = [row.operator.as_str(), &row.amount, &row.currency];
        let device = row.device.map(|it| <[u8; 16]>::try_from(it.as_slice())).transpose();
        Ok(Self {
            serial: u64::try_from(row.serial).map_err(|_| at("serial"))?,
            batch: u64::try_from(row.batch).map_err(|_| at("batch"))?,
            state: VoucherState::read(&row.state, row.serial)?,
            product: Product::read(product, TABLE, &name)?,
            expires: end(&row.good_until, TABLE, &name)?,
            shop: row.shop,
            sold_ms: row.sold_ms,
            sold_by: row.sold_by,
            redeemed_ms: row.redeemed_ms,
            credit: row.credit,
            device: device.map_err(|_| at("device"))?.map(DeviceId::from_bytes),
        })
    }
}

// === impl Store ===

impl Store {
    /// Finds a voucher by its serial number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn voucher(&self, serial: u64) -> Result<Option<Voucher>, StoreError> {
        let only =
            VoucherFilter { from: Some(serial), to: Some(serial), ..VoucherFilter::default() };
        Ok(self.vouchers(&only, 1).await?.pop())
    }

    /// Lists vouchers by their serials.
    ///
    /// # Errors
    /// Those of [`Store::voucher`].
    pub async fn vouchers(
        &self,
        filter: &VoucherFilter,
        limit: u32,
    ) -> Result<Vec<Voucher>, StoreError> {
        let number = |serial: u64| i64::try_from(serial).unwrap_or(i64::MAX);
        let mut query = QueryBuilder::<Sqlite>::new(READ);
        // One lower bound: of two, SQLite may take the one that leaves more to scan.
        let behind = filter.after.map_or(0, |it| it.saturating_add(1));
        query.push(" WHERE voucher.serial >= ");
        query.push_bind(number(behind.max(filter.from.unwrap_or(0))));
        if let Some(to) = filter.to {
            query.push(" AND voucher.serial <= ").push_bind(number(to));
        }
        if let Some(shop) = &filter.shop {
            query.push(" AND voucher.shop = ").push_bind(shop.to_string());
        }
        if let Some(state) = filter.state {
            query.push(" AND voucher.state = ").push_bind(state.as_str());
        }
        query.push(" ORDER BY voucher.serial LIMIT ").push_bind(limit);
        let rows = query.build_query_as::<Row>().fetch_all(self.reads()).await;
        rows.map_err(StoreError::on(TABLE))?.into_iter().map(Voucher::try_from).collect()
    }
}

/// Inserts a drawn code.
const INSERT: &str = "INSERT INTO voucher \
    (id, serial, code_index, code_key, code, operator, amount, currency, good_until, state, \
     batch, sale, shop) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// What a new voucher is beside its code.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) product: &'a Product,
    pub(crate) expires: Option<Date>,
    pub(crate) batch: i64,
    /// The request of its sale, and where, if it is sold as it is drawn.
    pub(crate) sold: Option<(uuid::Uuid, Option<&'a Label>)>,
}

// === impl Tx ===

impl crate::Tx {
    /// Adds a voucher under a serial number.
    pub(crate) async fn insert_voucher(
        &mut self,
        voucher: &NewVoucher,
        serial: i64,
        placed: &Placed<'_>,
    ) -> Result<(), StoreError> {
        let state = if placed.sold.is_some() { VoucherState::Sold } else { VoucherState::Created };
        let done = sqlx::query(INSERT)
            .bind(voucher.id.to_vec())
            .bind(serial)
            .bind(voucher.index.digest.to_vec())
            .bind(voucher.index.key.to_vec())
            .bind(voucher.code.as_slice())
            .bind(placed.product.operator.to_string())
            .bind(placed.product.amount.to_string())
            .bind(placed.product.currency.to_string())
            .bind(end_text(placed.expires))
            .bind(state.as_str())
            .bind(placed.batch)
            .bind(placed.sold.map(|(request, _)| request))
            .bind(placed.sold.and_then(|(_, shop)| shop).map(ToString::to_string))
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}

#[cfg(test)]
mod tests;
