//! Sales: purchase codes for money, and back within half an hour.

mod cancel;

use protocol::{Bridge, Date, Label, PrincipalName, RequestId};
use sqlx::FromRow;

pub use self::cancel::Cancel;
use crate::{
    NewVoucher, Product, Refusal, StoreError, Tx, VoucherState, stock::end_text, vouchers::Placed,
};

const TABLE: &str = "voucher";
const SALE: &str = "sale";

const READ: &str = "SELECT operator, amount, currency, quantity, good_until, shop, sold_by \
    FROM sale WHERE request = $1";
const VOUCHERS: &str =
    "SELECT id, serial, state, code FROM voucher WHERE sale = $1 ORDER BY serial";
const SPARE: &str = "SELECT \
    (SELECT COALESCE(SUM(n), 0) FROM recharge_tally WHERE state = 'free' \
        AND operator = $1 AND amount = $2 AND currency = $3 AND good_until >= $4) \
    - (SELECT COALESCE(SUM(n), 0) FROM voucher_tally WHERE state IN ('sold', 'frozen/sold') \
        AND operator = $1 AND amount = $2 AND currency = $3 AND good_until >= $4)";
const INSERT: &str = "INSERT INTO sale \
    (request, operator, amount, currency, quantity, good_until, shop, sold_ms, sold_by, bridge) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const TAKE_SERIALS: &str =
    "UPDATE voucher_serial SET next = next + $1 WHERE one = 1 RETURNING next - $1";
/// Where a shop has what it may sell: the batch that ends first, first.
const SHELVES: &str = "SELECT batch.first, batch.first + batch.count - 1 AS last \
    FROM voucher_tally JOIN batch ON batch.id = voucher_tally.batch \
    WHERE voucher_tally.state = 'created' AND voucher_tally.shop = $1 AND voucher_tally.n > 0 \
        AND voucher_tally.operator = $2 AND voucher_tally.amount = $3 \
        AND voucher_tally.currency = $4 AND voucher_tally.good_until >= $5 \
        AND batch.state = 'active' \
    ORDER BY voucher_tally.good_until, batch.id";
const TAKE: &str = "UPDATE voucher SET state = 'sold', sale = $1 \
    WHERE id IN (SELECT id FROM voucher WHERE shop = $2 AND state = 'created' \
        AND serial BETWEEN $3 AND $4 ORDER BY serial LIMIT $5) AND state = 'created'";
/// One card: of this shop's stock, or of nobody's where no shop is named.
const TAKE_ONE: &str = "UPDATE voucher SET state = 'sold', sale = $1, shop = COALESCE(shop, $2) \
    WHERE serial = $3 AND state = 'created' AND good_until >= $4 \
        AND (shop = $2 OR shop IS NULL AND $5) \
        AND EXISTS (SELECT 1 FROM batch WHERE batch.id = voucher.batch AND batch.state = 'active')";
const BOOK: &str = "INSERT INTO takings \
    (at_ms, kind, voucher, shop, operator, amount, currency, principal, bridge) \
    SELECT $1, 'sale', id, COALESCE(shop, ''), operator, amount, currency, $2, $3 \
    FROM voucher WHERE sale = $4 ORDER BY serial";
/// What a seller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Made once by the seller; the same one again gets the same vouchers.
    pub request: RequestId,
    /// What is sold.
    pub product: Product,
    /// The last day on which the vouchers are good, where they are drawn as they are sold.
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

/// Which vouchers are sold.
#[derive(Clone, Copy, Debug)]
pub enum Goods<'a> {
    /// New ones, drawn for this sale.
    Drawn(&'a [NewVoucher]),
    /// The next so many of the shop's stock.
    Next(u32),
    /// This one: a card that lies on the counter, of this shop's stock.
    Card(u64),
    /// This one, of this shop's stock or nobody's.
    AnyCard(u64),
}

/// What became of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sold {
    /// These vouchers, now.
    Vouchers(Vec<SoldVoucher>),
    /// These, at an earlier time by the same request.
    Again(Vec<SoldVoucher>),
    /// None, and why.
    Refused(Refusal),
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
    /// The sealed code, until it is redeemed or void.
    pub code: Option<Vec<u8>>,
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
struct Shelf {
    first: i64,
    last: i64,
}

// === impl Goods ===

impl Goods<'_> {
    /// How many there are.
    pub fn count(self) -> i64 {
        match self {
            Self::Drawn(drawn) => i64::try_from(drawn.len()).unwrap_or(i64::MAX),
            Self::Next(count) => i64::from(count),
            Self::Card(_) | Self::AnyCard(_) => 1,
        }
    }

    fn serial(self) -> Option<u64> {
        match self {
            Self::Card(serial) | Self::AnyCard(serial) => Some(serial),
            Self::Drawn(_) | Self::Next(_) => None,
        }
    }
}

// === impl SaleRow ===

impl SaleRow {
    /// Says whether a sale asks again for what this one sold.
    fn is(&self, sale: &Sale, quantity: i64) -> bool {
        self.operator == sale.product.operator.to_string()
            && self.amount == sale.product.amount.to_string()
            && self.currency == sale.product.currency.to_string()
            && self.quantity == quantity
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

// === impl Tx ===

impl Tx {
    /// Sells vouchers, if there is a free recharge code for each and the shop's limit allows it.
    ///
    /// A request that sold before gets what it got then, and drawn codes are not used.
    /// `day_ms` is when today began. Only [`Sold::Vouchers`] is to be committed.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a code was drawn before; [`StoreError::Unavailable`],
    /// [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn sell(
        &mut self,
        sale: &Sale,
        goods: Goods<'_>,
        (today, day_ms): (Date, i64),
    ) -> Result<Sold, StoreError> {
        if let Some(row) = self.sale(sale.request).await? {
            let sold = self.sold(sale.request).await?;
            let card = goods.serial().is_none_or(|it| sold.iter().all(|one| one.serial == it));
            let repeated = card && row.is(sale, goods.count());
            return Ok(if repeated {
                Sold::Again(sold)
            } else {
                Sold::Refused(Refusal::OtherWish)
            });
        }
        if self.spare(&sale.product, today).await? < goods.count() {
            return Ok(Sold::Refused(Refusal::OutOfStock));
        }
        if let Some(shop) = &sale.shop
            && !self.within_limit(shop, &sale.product, goods.count(), day_ms).await?
        {
            return Ok(Sold::Refused(Refusal::OverLimit));
        }
        self.insert_sale(sale, goods.count()).await?;
        let found = match goods {
            Goods::Drawn(drawn) => self.sell_drawn(sale, drawn).await?,
            Goods::Next(count) => self.take_next(sale, i64::from(count), today).await?,
            Goods::Card(serial) | Goods::AnyCard(serial) => {
                self.take_card(sale, (serial, goods), today).await?
            }
        };
        if !found {
            let none = goods.serial().map_or(Refusal::OutOfStock, |_| Refusal::NotForSale);
            return Ok(Sold::Refused(none));
        }
        self.book(sale, goods.count()).await?;
        self.sold(sale.request).await.map(Sold::Vouchers)
    }

    /// Takes so many serial numbers, and returns the first.
    pub(crate) async fn take_serials(&mut self, quantity: i64) -> Result<i64, StoreError> {
        let first = sqlx::query_scalar(TAKE_SERIALS).bind(quantity).fetch_one(self.conn()).await;
        first.map_err(StoreError::on("voucher_serial"))
    }

    async fn sale(&mut self, request: RequestId) -> Result<Option<SaleRow>, StoreError> {
        let row = sqlx::query_as::<_, SaleRow>(READ).bind(request.uuid());
        row.fetch_optional(self.conn()).await.map_err(StoreError::on(SALE))
    }

    async fn sold(&mut self, request: RequestId) -> Result<Vec<SoldVoucher>, StoreError> {
        let rows = sqlx::query_as::<_, SoldRow>(VOUCHERS).bind(request.uuid());
        let rows = rows.fetch_all(self.conn()).await.map_err(StoreError::on(TABLE))?;
        rows.into_iter().map(SoldVoucher::try_from).collect()
    }

    /// Free recharge codes that no sold voucher is owed.
    async fn spare(&mut self, product: &Product, today: Date) -> Result<i64, StoreError> {
        sqlx::query_scalar(SPARE)
            .bind(product.operator.to_string())
            .bind(product.amount.to_string())
            .bind(product.currency.to_string())
            .bind(end_text(Some(today)))
            .fetch_one(self.conn())
            .await
            .map_err(StoreError::on("recharge_tally"))
    }

    async fn insert_sale(&mut self, sale: &Sale, quantity: i64) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT)
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

    async fn sell_drawn(&mut self, sale: &Sale, drawn: &[NewVoucher]) -> Result<bool, StoreError> {
        let first = self.take_serials(Goods::Drawn(drawn).count()).await?;
        let placed = Placed {
            product: &sale.product,
            expires: sale.expires,
            batch: 0,
            sold: Some((sale.request.uuid(), sale.shop.as_ref())),
        };
        for (serial, voucher) in (first..).zip(drawn) {
            self.insert_voucher(voucher, serial, &placed).await?;
        }
        Ok(true)
    }

    /// Takes the next of a shop's stock, all or none.
    async fn take_next(
        &mut self,
        sale: &Sale,
        count: i64,
        today: Date,
    ) -> Result<bool, StoreError> {
        let Some(shop) = &sale.shop else { return Ok(false) };
        let shelves = sqlx::query_as::<_, Shelf>(SHELVES)
            .bind(shop.to_string())
            .bind(sale.product.operator.to_string())
            .bind(sale.product.amount.to_string())
            .bind(sale.product.currency.to_string())
            .bind(end_text(Some(today)))
            .fetch_all(self.conn())
            .await
            .map_err(StoreError::on("voucher_tally"))?;
        let mut left = count;
        for shelf in shelves {
            let done = sqlx::query(TAKE)
                .bind(sale.request.uuid())
                .bind(shop.to_string())
                .bind(shelf.first)
                .bind(shelf.last)
                .bind(left)
                .execute(self.conn())
                .await
                .map_err(StoreError::on(TABLE))?;
            left -= i64::try_from(done.rows_affected()).unwrap_or(left);
            if left == 0 {
                break;
            }
        }
        Ok(left == 0)
    }

    async fn take_card(
        &mut self,
        sale: &Sale,
        (serial, goods): (u64, Goods<'_>),
        today: Date,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(TAKE_ONE)
            .bind(sale.request.uuid())
            .bind(sale.shop.as_ref().map(ToString::to_string))
            .bind(i64::try_from(serial).unwrap_or(i64::MAX))
            .bind(end_text(Some(today)))
            .bind(matches!(goods, Goods::AnyCard(_)))
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        Ok(done.rows_affected() == 1)
    }

    /// Books the money of a sale.
    async fn book(&mut self, sale: &Sale, quantity: i64) -> Result<(), StoreError> {
        let done = sqlx::query(BOOK)
            .bind(sale.at_ms)
            .bind(sale.principal.map(|it| it.to_string()))
            .bind(sale.bridge.to_string())
            .bind(sale.request.uuid())
            .execute(self.conn())
            .await
            .map_err(StoreError::on("takings"))?;
        let expected = u64::try_from(quantity).unwrap_or_default();
        StoreError::ensure_affected("takings", done.rows_affected(), expected)
    }
}

#[cfg(test)]
mod tests;
