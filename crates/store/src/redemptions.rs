//! Purchase codes for recharge codes: each gives one, once.

mod decision;
mod keys;

use std::collections::BTreeMap;

use protocol::{Bridge, Client, Date, DeviceId, Operator, PrincipalName, RequestId};
use sqlx::{FromRow, SqliteExecutor};

use self::{
    decision::{Known, Repeat, Standing, repeat},
    keys::voucher_by_request,
};
use crate::{
    Keyed, Product, Store, StoreError, Tx, VoucherState,
    hex::hex,
    stock::{end, end_text},
};

const TABLE: &str = "redemption";
const VOUCHER: &str = "voucher";
const RECHARGE: &str = "recharge";

const VOUCHER_BY_CODE: &str = "SELECT voucher.id, voucher.operator, voucher.amount, \
        voucher.currency, voucher.good_until, voucher.state, batch.state AS batch \
    FROM voucher JOIN batch ON batch.id = voucher.batch WHERE voucher.code_index = $1";
/// Both states must allow it, and this statement alone decides.
const REDEEM: &str = "UPDATE voucher SET state = 'redeemed', redeemed_ms = $2, code = NULL \
    WHERE id = $1 AND state = 'sold' AND good_until >= $3 \
        AND EXISTS (SELECT 1 FROM batch WHERE batch.id = voucher.batch AND batch.state = 'active')";
const GIVE: &str = "UPDATE recharge SET state = 'given', voucher = $1, given_ms = $2 \
    WHERE id = (SELECT id FROM recharge WHERE state = 'free' \
        AND operator = $3 AND amount = $4 AND currency = $5 AND good_until >= $6 \
        ORDER BY good_until, id LIMIT 1) AND state = 'free' \
    RETURNING id, code, good_until";
const INSERT: &str = "INSERT INTO redemption (voucher, recharge, at_ms, principal, client, ussd) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const INSERT_LEDGER: &str = "INSERT INTO ledger \
    (at_ms, voucher, recharge, operator, amount, currency, bridge, principal, device) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const READ: &str = "SELECT redemption.at_ms, redemption.principal, redemption.client, \
        redemption.ussd, recharge.id, recharge.code, recharge.good_until \
    FROM redemption JOIN recharge ON recharge.id = redemption.recharge \
    WHERE redemption.voucher = $1";

/// A TOPUP: a purchase code, and who asks.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The code's index under each live pepper.
    pub codes: Vec<Keyed>,
    /// What the client made once for this purchase.
    pub request: Option<RequestId>,
    /// The box, where its crypto opened.
    pub device: Option<DeviceId>,
    /// The bridge of the request.
    pub bridge: Bridge,
    /// Who asks, where that is proved.
    pub principal: Option<PrincipalName>,
    /// Who asks: kind and keyed hash.
    pub client: Option<Client>,
    /// When.
    pub at_ms: i64,
    /// The day, in the zone of the servers.
    pub today: Date,
}

/// What a TOPUP is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The recharge code, now or as it was given before: commit, then answer.
    Given(Given),
    /// There is no such code.
    Unknown,
    /// The request is known with another code; nothing else may be told.
    OtherCode,
    /// The code was redeemed by another.
    Used,
    /// The code was made void, or it or its batch is frozen or closed.
    Void,
    /// The code is past its last day.
    Expired,
    /// No recharge code is left; the sale stays open.
    OutOfStock,
}

/// A recharge code that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its id, to which the sealed code is bound.
    pub recharge: [u8; 16],
    /// The sealed code.
    pub code: Vec<u8>,
    /// What it is worth.
    pub product: Product,
    /// Its last good day.
    pub expires: Option<Date>,
    /// The template of what to dial.
    pub ussd: Option<String>,
}

#[derive(FromRow)]
struct VoucherRow {
    id: Vec<u8>,
    operator: String,
    amount: String,
    currency: String,
    good_until: String,
    state: String,
    batch: String,
}

#[derive(FromRow)]
struct RechargeRow {
    id: Vec<u8>,
    code: Vec<u8>,
    good_until: String,
}

#[derive(FromRow)]
struct Row {
    at_ms: i64,
    principal: Option<String>,
    client: Option<String>,
    ussd: Option<String>,
    #[sqlx(flatten)]
    recharge: RechargeRow,
}

// === impl VoucherRow ===

impl VoucherRow {
    fn name(&self) -> String {
        hex(&self.id)
    }

    fn product(&self) -> Result<Product, StoreError> {
        Product::read([&self.operator, &self.amount, &self.currency], VOUCHER, &self.name())
    }

    fn standing(&self, today: Date) -> Result<Standing, StoreError> {
        let state = VoucherState::read(&self.state, self.name())?;
        let expires = end(&self.good_until, VOUCHER, &self.name())?;
        let batch = self.batch.parse().map_err(|_| inconsistent("batch", "state", &self.id))?;
        Ok(Standing::of(state, batch, expires, today))
    }
}

// === impl RechargeRow ===

impl RechargeRow {
    fn given(self, product: Product, ussd: Option<String>) -> Result<Given, StoreError> {
        let row = hex(&self.id);
        let id = self.id.as_slice().try_into().map_err(|_| inconsistent(RECHARGE, "id", &self.id));
        let expires = end(&self.good_until, RECHARGE, &row)?;
        Ok(Given { recharge: id?, code: self.code, product, expires, ussd })
    }
}

// === impl Store ===

impl Store {
    /// Says whether a TOPUP has anything to do with what is sold: a first look without writing,
    /// so that those who guess do not hold up those who write.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    pub async fn knows_code(
        &self,
        codes: &[Keyed],
        request: Option<RequestId>,
    ) -> Result<bool, StoreError> {
        for code in codes {
            if voucher_by_code(self.reads(), code).await?.is_some() {
                return Ok(true);
            }
        }
        match request {
            Some(request) => Ok(voucher_by_request(self.reads(), request).await?.is_some()),
            None => Ok(false),
        }
    }
}

// === impl Tx ===

impl Tx {
    /// Gives out the recharge code of a purchase code, once; to the same asker again the same.
    ///
    /// `ussd` has the template of what to dial for each operator. Only [`Redeemed::Given`] is to
    /// be committed; the answer may leave when the commit has returned.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    ///
    /// Source: protocol.md §3 (TOPUP)
    pub async fn redeem(
        &mut self,
        asked: &Asked,
        ussd: &BTreeMap<Operator, String>,
    ) -> Result<Redeemed, StoreError> {
        let voucher = self.voucher_of(&asked.codes).await?;
        if self.is_other_code(asked.request, voucher.as_ref().map(|it| &it.id)).await? {
            return Ok(Redeemed::OtherCode);
        }
        let Some(voucher) = voucher else { return Ok(Redeemed::Unknown) };
        match voucher.standing(asked.today)? {
            Standing::Good if self.mark_redeemed(&voucher, asked).await? => {
                self.give(&voucher, asked, ussd).await
            }
            // Where transactions do not exclude each other, another one was first.
            Standing::Good | Standing::Redeemed => self.give_again(&voucher, asked).await,
            Standing::Void => Ok(Redeemed::Void),
            Standing::Expired => Ok(Redeemed::Expired),
            Standing::Unsold => Ok(Redeemed::Unknown),
        }
    }

    /// The voucher that a code names, by its id.
    pub(crate) async fn voucher_id(
        &mut self,
        codes: &[Keyed],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.voucher_of(codes).await?.map(|voucher| voucher.id))
    }

    async fn voucher_of(&mut self, codes: &[Keyed]) -> Result<Option<VoucherRow>, StoreError> {
        for code in codes {
            if let Some(row) = voucher_by_code(self.conn(), code).await? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Takes one recharge code, and keeps what the answer is made of.
    async fn give(
        &mut self,
        voucher: &VoucherRow,
        asked: &Asked,
        ussd: &BTreeMap<Operator, String>,
    ) -> Result<Redeemed, StoreError> {
        let product = voucher.product()?;
        let Some(recharge) = self.take_recharge(voucher, &product, asked).await? else {
            return Ok(Redeemed::OutOfStock);
        };
        let given = recharge.given(product, ussd.get(&product.operator).cloned())?;
        self.insert_redemption(voucher, asked, &given).await?;
        self.insert_keys(&voucher.id, &asked.keys(), asked.at_ms).await?;
        self.insert_ledger(voucher, asked, &given).await?;
        Ok(Redeemed::Given(given))
    }

    async fn give_again(
        &mut self,
        voucher: &VoucherRow,
        asked: &Asked,
    ) -> Result<Redeemed, StoreError> {
        let row = sqlx::query_as::<_, Row>(READ).bind(voucher.id.as_slice());
        let row = row.fetch_optional(self.conn()).await.map_err(StoreError::on(TABLE))?;
        // Somebody froze it or its batch in the meantime.
        let Some(row) = row else { return Ok(Redeemed::Void) };
        let known = Known {
            at_ms: row.at_ms,
            principal: read(row.principal.as_deref(), "principal", &voucher.id)?,
            client: read(row.client.as_deref(), "client", &voucher.id)?,
            keys: self.redemption_keys(&voucher.id).await?,
        };
        match repeat(&known, asked) {
            Repeat::Other => Ok(Redeemed::Used),
            Repeat::Same { learn } => {
                self.insert_keys(&voucher.id, &learn, asked.at_ms).await?;
                row.recharge.given(voucher.product()?, row.ussd).map(Redeemed::Given)
            }
        }
    }

    /// Moves the voucher, unless it is moved already.
    async fn mark_redeemed(
        &mut self,
        voucher: &VoucherRow,
        asked: &Asked,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(REDEEM)
            .bind(voucher.id.as_slice())
            .bind(asked.at_ms)
            .bind(asked.today.to_string())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(VOUCHER))?;
        Ok(done.rows_affected() == 1)
    }

    async fn take_recharge(
        &mut self,
        voucher: &VoucherRow,
        product: &Product,
        asked: &Asked,
    ) -> Result<Option<RechargeRow>, StoreError> {
        sqlx::query_as::<_, RechargeRow>(GIVE)
            .bind(voucher.id.as_slice())
            .bind(asked.at_ms)
            .bind(product.operator.to_string())
            .bind(product.amount.to_string())
            .bind(product.currency.to_string())
            .bind(end_text(Some(asked.today)))
            .fetch_optional(self.conn())
            .await
            .map_err(StoreError::on(RECHARGE))
    }

    async fn insert_redemption(
        &mut self,
        voucher: &VoucherRow,
        asked: &Asked,
        given: &Given,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT)
            .bind(voucher.id.as_slice())
            .bind(given.recharge.to_vec())
            .bind(asked.at_ms)
            .bind(asked.principal.map(|it| it.to_string()))
            .bind(asked.client.map(|it| it.to_string()))
            .bind(given.ussd.as_deref())
            .execute(self.conn())
            .await
            .map_err(StoreError::on(TABLE))?;
        StoreError::ensure_affected(TABLE, done.rows_affected(), 1)
    }

    async fn insert_ledger(
        &mut self,
        voucher: &VoucherRow,
        asked: &Asked,
        given: &Given,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(INSERT_LEDGER)
            .bind(asked.at_ms)
            .bind(voucher.id.as_slice())
            .bind(given.recharge.to_vec())
            .bind(given.product.operator.to_string())
            .bind(given.product.amount.to_string())
            .bind(given.product.currency.to_string())
            .bind(asked.bridge.to_string())
            .bind(asked.principal.map(|it| it.to_string()))
            .bind(asked.device.map(|it| it.as_bytes().to_vec()))
            .execute(self.conn())
            .await
            .map_err(StoreError::on("ledger"))?;
        StoreError::ensure_affected("ledger", done.rows_affected(), 1)
    }
}

async fn voucher_by_code(
    db: impl SqliteExecutor<'_>,
    code: &Keyed,
) -> Result<Option<VoucherRow>, StoreError> {
    let row = sqlx::query_as::<_, VoucherRow>(VOUCHER_BY_CODE).bind(code.digest.to_vec());
    row.fetch_optional(db).await.map_err(StoreError::on(VOUCHER))
}

/// Reads an optional text of the row of this voucher.
fn read<T: std::str::FromStr>(
    text: Option<&str>,
    column: &'static str,
    voucher: &[u8],
) -> Result<Option<T>, StoreError> {
    text.map(|text| text.parse().map_err(|_| inconsistent(TABLE, column, voucher))).transpose()
}

fn inconsistent(table: &'static str, column: &'static str, id: &[u8]) -> StoreError {
    StoreError::Inconsistent { table, column, row: hex(id) }
}

#[cfg(test)]
mod tests;
