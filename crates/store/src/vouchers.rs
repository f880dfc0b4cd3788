//! Purchase codes: their sale, and what support may know of them.

use std::{fmt, str::FromStr};

use protocol::{Bridge, Date, Label, PrincipalName, RequestId};
use sqlx::FromRow;

use crate::{
    Keyed, Product, Store, StoreError, Tx,
    hex::hex,
    stock::{end, end_text},
};

const TABLE: &str = "voucher";
const SALE: &str = "sale";

const READ_SALE: &str = "SELECT operator, amount, currency, quantity, good_until, shop, sold_by \
    FROM sale WHERE request = $1";
const OF_SALE: &str = "SELECT id, serial, state, code FROM voucher WHERE sale = $1 ORDER BY serial";
const SPARE: &str = "SELECT \
    (SELECT COUNT(*) FROM recharge WHERE state = 'free' \
        AND operator = $1 AND amount = $2 AND currency = $3 AND good_until >= $4) \
    - (SELECT COUNT(*) FROM voucher WHERE state = 'sold' \
        AND operator = $1 AND amount = $2 AND currency = $3 AND good_until >= $4)";
const INSERT_SALE: &str = "INSERT INTO sale \
    (request, operator, amount, currency, quantity, good_until, shop, sold_ms, sold_by, bridge) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const TAKE_SERIALS: &str =
    "UPDATE voucher_serial SET next = next + $1 WHERE one = 1 RETURNING next - $1";
const INSERT: &str = "INSERT INTO voucher \
    (id, serial, code_index, code_key, code, operator, amount, currency, good_until, state, sale) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'sold', $10)";
const BY_SERIAL: &str = "SELECT voucher.operator, voucher.amount, voucher.currency, \
        voucher.good_until, voucher.state, voucher.redeemed_ms, \
        sale.shop, sale.sold_ms, sale.sold_by, redemption.credit \
    FROM voucher LEFT JOIN sale ON sale.request = voucher.sale \
        LEFT JOIN redemption ON redemption.voucher = voucher.id \
    WHERE voucher.serial = $1";

/// What a voucher may be; it moves forward only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherState {
    /// Made, and nobody's yet.
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

/// What a seller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Made once by the seller; the same one again gets the same vouchers.
    pub request: RequestId,
    /// What is sold.
    pub product: Product,
    /// The last day on which the vouchers are good.
    pub expires: Option<Date>,
    /// Where it is sold, if said.
    pub shop: Option<Label>,
    /// Who sells, where that is proved.
    pub principal: Option<PrincipalName>,
    /// The bridge of the request.
    pub bridge: Bridge,
    /// When.
    pub at_ms: i64,
}

/// A purchase code to be sold.
#[derive(Clone, Debug)]
pub struct NewVoucher {
    /// 16 random bytes; the sealed code is bound to them.
    pub id: [u8; 16],
    /// The code's index under the current pepper.
    pub index: Keyed,
    /// The sealed code.
    pub code: Vec<u8>,
}

/// What became of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sold {
    /// These vouchers, now or at an earlier time by the same request.
    Vouchers(Vec<SoldVoucher>),
    /// The request sold something else, or was another seller's.
    OtherSale,
    /// Fewer recharge codes are free than are owed with this sale.
    OutOfStock,
}

/// A voucher as its seller gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoldVoucher {
    /// Its id, to which the sealed code is bound.
    pub id: [u8; 16],
    /// Its serial number.
    pub serial: u64,
    /// What it is now.
    pub state: VoucherState,
    /// The sealed code, until it is redeemed.
    pub code: Option<Vec<u8>>,
}

/// A voucher as support may know it: never its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Its serial number.
    pub serial: u64,
    /// What it is.
    pub state: VoucherState,
    /// What it buys.
    pub product: Product,
    /// Its last good day.
    pub expires: Option<Date>,
    /// Where it was sold.
    pub shop: Option<String>,
    /// When it was sold.
    pub sold_ms: Option<i64>,
    /// Who sold it.
    pub sold_by: Option<String>,
    /// When it was redeemed.
    pub redeemed_ms: Option<i64>,
    /// What CREDIT said of it.
    pub credit: Option<String>,
}

#[derive(FromRow)]
struct SaleRow {
    operator: String,
    amount: String,
    currency: String,
    quantity: i64,
    good_until: String,
    shop: Option<String>,
    sold_by: Option<String>,
}

#[derive(FromRow)]
struct SoldRow {
    id: Vec<u8>,
    serial: i64,
    state: String,
    code: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct VoucherRow {
    operator: String,
    amount: String,
    currency: String,
    good_until: String,
    state: String,
    redeemed_ms: Option<i64>,
    shop: Option<String>,
    sold_ms: Option<i64>,
    sold_by: Option<String>,
    credit: Option<String>,
}

// === impl VoucherState ===

impl VoucherState {
    const ALL: [Self; 5] = [Self::Created, Self::Sold, Self::Redeemed, Self::Frozen, Self::Void];

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

// === impl SaleRow ===

impl SaleRow {
    /// Says whether a sale asks again for what this one sold.
    fn is(&self, sale: &Sale, quantity: usize) -> bool {
        self.operator == sale.product.operator.to_string()
            && self.amount == sale.product.amount.to_string()
            && self.currency == sale.product.currency.to_string()
            && usize::try_from(self.quantity) == Ok(quantity)
            && self.good_until == end_text(sale.expires)
            && self.shop == sale.shop.as_ref().map(ToString::to_string)
            && self.sold_by == sale.principal.map(|it| it.to_string())
    }
}

// === impl SoldRow ===

impl TryFrom<SoldRow> for SoldVoucher {
    type Error = StoreError;

    fn try_from(row: SoldRow) -> Result<Self, StoreError> {
        let at =
            |column| StoreError::Inconsistent { table: TABLE, column, row: row.serial.to_string() };
        Ok(Self {
            id: row.id.as_slice().try_into().map_err(|_| at("id"))?,
            serial: u64::try_from(row.serial).map_err(|_| at("serial"))?,
            state: VoucherState::read(&row.state, row.serial)?,
            code: row.code,
        })
    }
}

// === impl VoucherRow ===

impl VoucherRow {
    fn voucher(self, serial: u64) -> Result<Voucher, StoreError> {
        let row = serial.to_string();
        let product = [self.operator.as_str(), &self.amount, &self.currency];
        Ok(Voucher {
            serial,
            state: VoucherState::read(&self.state, serial)?,
            product: Product::read(product, TABLE, &row)?,
            expires: end(&self.good_until, TABLE, &row)?,
            shop: self.shop,
            sold_ms: self.sold_ms,
            sold_by: self.sold_by,
            redeemed_ms: self.redeemed_ms,
            credit: self.credit,
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
        let Ok(number) = i64::try_from(serial) else { return Ok(None) };
        let row = sqlx::query_as::<_, VoucherRow>(BY_SERIAL).bind(number);
        let row = row.fetch_optional(self.reads()).await.map_err(StoreError::on(TABLE))?;
        row.map(|row| row.voucher(serial)).transpose()
    }
}

// === impl Tx ===

impl Tx {
    /// Sells vouchers, one for each new code, if there is a free recharge code for each.
    ///
    /// A request that sold before gets what it got then, and the new codes are not used.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a code was drawn before; [`StoreError::Unavailable`],
    /// [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn sell(
        &mut self,
        sale: &Sale,
        vouchers: &[NewVoucher],
        today: Date,
    ) -> Result<Sold, StoreError> {
        match self.sale(sale.request).await? {
            Some(row) if row.is(sale, vouchers.len()) => {
                return self.sold(sale.request).await.map(Sold::Vouchers);
            }
            Some(_) => return Ok(Sold::OtherSale),
            None => {}
        }
        let quantity = i64::try_from(vouchers.len()).unwrap_or(i64::MAX);
        if self.spare(&sale.product, today).await? < quantity {
            return Ok(Sold::OutOfStock);
        }
        self.insert_sale(sale, quantity).await?;
        let first = self.take_serials(quantity).await?;
        for (serial, voucher) in (first..).zip(vouchers) {
            self.insert_voucher(sale, voucher, serial).await?;
        }
        self.sold(sale.request).await.map(Sold::Vouchers)
    }

    async fn sale(&mut self, request: RequestId) -> Result<Option<SaleRow>, StoreError> {
        let row = sqlx::query_as::<_, SaleRow>(READ_SALE).bind(request.uuid());
        row.fetch_optional(self.conn()).await.map_err(StoreError::on(SALE))
    }

    async fn sold(&mut self, request: RequestId) -> Result<Vec<SoldVoucher>, StoreError> {
        let rows = sqlx::query_as::<_, SoldRow>(OF_SALE).bind(request.uuid());
        let rows = rows.fetch_all(self.conn()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(SoldVoucher::try_from).collect()
    }

    /// How many recharge codes are free beyond those owed for open sales.
    async fn spare(&mut self, product: &Product, today: Date) -> Result<i64, StoreError> {
        let spare = sqlx::query_scalar(SPARE)
            .bind(product.operator.to_string())
            .bind(product.amount.to_string())
            .bind(product.currency.to_string())
            .bind(today.to_string());
        spare.fetch_one(self.conn()).await.map_err(StoreError::on(TABLE))
    }

    async fn insert_sale(&mut self, sale: &Sale, quantity: i64) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT_SALE)
            .bind(sale.request.uuid())
            .bind(sale.product.operator.to_string())
            .bind(sale.product.amount.to_string())
            .bind(sale.product.currency.to_string())
            .bind(quantity)
            .bind(end_text(sale.expires))
            .bind(sale.shop.as_ref().map(ToString::to_string))
            .bind(sale.at_ms)
            .bind(sale.principal.map(|it| it.to_string()))
            .bind(sale.bridge.to_string())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(SALE))?;
        StoreError::ensure_affected(SALE, done.rows_affected(), 1)
    }

    /// Takes so many serial numbers, and returns the first.
    async fn take_serials(&mut self, quantity: i64) -> Result<i64, StoreError> {
        let first = sqlx::query_scalar(TAKE_SERIALS).bind(quantity).fetch_one(self.conn()).await;
        first.map_err(StoreError::on("voucher_serial"))
    }

    async fn insert_voucher(
        &mut self,
        sale: &Sale,
        voucher: &NewVoucher,
        serial: i64,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT)
            .bind(voucher.id.to_vec())
            .bind(serial)
            .bind(voucher.index.digest.to_vec())
            .bind(voucher.index.key.to_vec())
            .bind(voucher.code.as_slice())
            .bind(sale.product.operator.to_string())
            .bind(sale.product.amount.to_string())
            .bind(sale.product.currency.to_string())
            .bind(end_text(sale.expires))
            .bind(sale.request.uuid())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }
}

#[cfg(test)]
mod tests;
