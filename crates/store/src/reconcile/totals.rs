//! The totals of a reconciliation, counted anew, and the running counts against them.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::Difference;
use crate::{Money, Product, Store, StoreError};

/// All in one statement, so that all counts are of one moment.
const COUNTED: &str = "SELECT 'voucher' AS what, batch, state || COALESCE('/' || was, '') AS state, \
        COALESCE(shop, '') AS shop, operator, amount, currency, good_until, COUNT(*) AS n \
    FROM voucher GROUP BY 2, 3, 4, 5, 6, 7, 8 \
    UNION ALL SELECT 'voucher_tally', batch, state, shop, operator, amount, currency, \
        good_until, n FROM voucher_tally \
    UNION ALL SELECT 'recharge', 0, state, '', operator, amount, currency, good_until, COUNT(*) \
    FROM recharge GROUP BY 3, 5, 6, 7, 8 \
    UNION ALL SELECT 'recharge_tally', 0, state, '', operator, amount, currency, good_until, n \
    FROM recharge_tally \
    UNION ALL SELECT 'ledger', 0, '', '', operator, amount, currency, '', COUNT(*) \
    FROM ledger GROUP BY 5, 6, 7 \
    UNION ALL SELECT 'takings', 0, kind, '', operator, amount, currency, '', COUNT(*) \
    FROM takings GROUP BY 3, 5, 6, 7 \
    UNION ALL SELECT 'batch', id, 'made', '', COALESCE(operator, ''), COALESCE(amount, ''), \
        COALESCE(currency, ''), '', made FROM batch WHERE id > 0 \
    UNION ALL SELECT 'batch', id, 'count', '', COALESCE(operator, ''), COALESCE(amount, ''), \
        COALESCE(currency, ''), '', count FROM batch WHERE id > 0 \
    UNION ALL SELECT 'serials', 0, '', '', '', '', '', '', next - 1 FROM voucher_serial";

/// How all vouchers of one product stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// What they buy.
    pub product: Product,
    /// All that were ever drawn.
    pub generated: u64,
    /// Not sold.
    pub stock: u64,
    /// Sold, and not redeemed.
    pub sold: u64,
    /// Redeemed.
    pub redeemed: u64,
    /// Frozen, sold or not.
    pub frozen: u64,
    /// Void; among them those whose sale was cancelled.
    pub void: u64,
    /// Recharge codes that were given out.
    pub given: u64,
    /// Sales that were made and not cancelled.
    pub sales: u64,
    /// So many of these were paid back by a person.
    pub refunded: u64,
    /// The money that is left of them, as it was booked.
    pub money: Money,
}

/// The totals, and what in them does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// By product.
    pub totals: Vec<Total>,
    /// Each difference.
    pub differences: Vec<Difference>,
}

#[derive(FromRow)]
struct Row {
    what: String,
    batch: i64,
    state: String,
    shop: String,
    operator: String,
    amount: String,
    currency: String,
    good_until: String,
    n: i64,
}

/// Counts by name.
#[derive(Debug, Default)]
struct Counts(BTreeMap<String, i64>);

// === impl Counts ===

impl Counts {
    fn add(&mut self, name: String, n: i64) {
        let sum = self.0.entry(name).or_default();
        *sum = sum.saturating_add(n);
    }

    fn of(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }
}

// === impl Row ===

impl Row {
    fn product(&self) -> [&str; 3] {
        [&self.operator, &self.amount, &self.currency]
    }

    /// What both a table and its running count say of the same vouchers or codes.
    fn kind(&self) -> String {
        let product = self.product().join(" ");
        let Self { batch, state, shop, good_until, .. } = self;
        let table = self.what.trim_end_matches("_tally");
        format!("{table} batch {batch} {state} shop {shop:?} {product} until {good_until}")
    }
}

// === impl Store ===

impl Store {
    /// Counts everything anew, by product, and compares.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Statement`], [`StoreError::Inconsistent`].
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        let rows = sqlx::query_as::<_, Row>(COUNTED).fetch_all(self.reads()).await;
        let rows = rows.map_err(StoreError::on("voucher"))?;
        let mut differences = running(&rows);
        differences.extend(batches(&rows));
        let mut products: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.operator.is_empty()) {
            products.entry(row.product().join(" ")).or_default().push(row);
        }
        let mut totals = Vec::new();
        for rows in products.values() {
            let total = total(rows)?;
            differences.extend(unbalanced(rows, &total));
            totals.push(total);
        }
        Ok(Totals { totals, differences })
    }
}

/// Running counts that differ from what is there.
fn running(rows: &[Row]) -> Vec<Difference> {
    let mut counts = Counts::default();
    for row in rows {
        match row.what.as_str() {
            "voucher" | "recharge" => counts.add(row.kind(), row.n),
            "voucher_tally" | "recharge_tally" => counts.add(row.kind(), -row.n),
            _ => {}
        }
    }
    let off = counts.0.into_iter().filter(|(_, n)| *n != 0);
    off.map(|(kind, n)| Difference {
        subject: format!("count/{kind}"),
        what: format!("the running count is off by {}", -n),
    })
    .collect()
}

/// Batches with more or fewer vouchers than were drawn, and serials that belong to none.
fn batches(rows: &[Row]) -> Vec<Difference> {
    let mut there = Counts::default();
    let mut counter = 0;
    let mut ordered = 0;
    let mut differences = Vec::new();
    for row in rows.iter().filter(|row| row.what == "voucher") {
        there.add(row.batch.to_string(), row.n);
        counter += if row.batch == 0 { row.n } else { 0 };
    }
    for row in rows.iter().filter(|row| row.what == "batch") {
        if row.state == "count" {
            ordered += row.n;
            continue;
        }
        let found = there.of(&row.batch.to_string());
        if found != row.n {
            let what = format!("{} were drawn, and {found} are there", row.n);
            differences.push(Difference { subject: format!("batch/{}", row.batch), what });
        }
    }
    for row in rows.iter().filter(|row| row.what == "serials") {
        if row.n != ordered + counter {
            let what = format!("{} were given, and {} are used", row.n, ordered + counter);
            differences.push(Difference { subject: "serials".to_owned(), what });
        }
    }
    differences
}

fn total(rows: &[&Row]) -> Result<Total, StoreError> {
    let mut counts = Counts::default();
    for row in rows {
        let state = row.state.split('/').next().unwrap_or_default();
        counts.add(format!("{} {state}", row.what), row.n);
    }
    let product = rows.first().map(|row| row.product()).unwrap_or_default();
    let product = Product::read(product, "voucher", "(sum)")?;
    let of = |name: &str| u64::try_from(counts.of(name)).unwrap_or_default();
    let sales = counts.of("takings sale") - counts.of("takings cancel");
    let refunded = counts.of("takings refund");
    let states = ["created", "sold", "redeemed", "frozen", "void"];
    Ok(Total {
        generated: states.iter().map(|state| of(&format!("voucher {state}"))).sum(),
        stock: of("voucher created"),
        sold: of("voucher sold"),
        redeemed: of("voucher redeemed"),
        frozen: of("voucher frozen"),
        void: of("voucher void"),
        given: of("ledger "),
        sales: u64::try_from(sales).unwrap_or_default(),
        refunded: u64::try_from(refunded).unwrap_or_default(),
        money: Money::times(&product.amount, sales - refunded),
        product,
    })
}

/// The three equations, by product.
fn unbalanced(rows: &[&Row], total: &Total) -> Vec<Difference> {
    let subject = format!("product/{}", total.product);
    let sum = |what: &str, states: &[&str]| -> i64 {
        let rows = rows.iter().filter(|row| row.what == what);
        rows.filter(|row| states.contains(&row.state.as_str())).map(|row| row.n).sum()
    };
    let sold = ["sold", "redeemed", "frozen/sold", "void/sold", "void/refunded"];
    let (standing, sales) = (sum("voucher", &sold), sum("takings", &["sale"]));
    let sales = sales - sum("takings", &["cancel"]);
    let given = sum("recharge", &["given"]);
    let redeemed = sum("voucher", &["redeemed"]);
    let ledger = sum("ledger", &[""]);
    let equal = |one: i64, other: i64, names: [&str; 2]| {
        let [first, second] = names;
        (one != other).then(|| Difference {
            subject: subject.clone(),
            what: format!("{first} {one}, {second} {other}"),
        })
    };
    [
        equal(ledger, redeemed, ["given out", "redeemed"]),
        equal(given, redeemed, ["taken from stock", "redeemed"]),
        equal(standing, sales, ["sold", "paid for"]),
    ]
    .into_iter()
    .flatten()
    .collect()
}
