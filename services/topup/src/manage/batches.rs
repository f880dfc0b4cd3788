//! `vouchers/generate`, `batches`, `activate` and `close`: orders of purchase codes.

use chassis::fields::list;
use chassis::{ManageCall, Managed};
use protocol::{Date, Label, Outcome, Time};
use serde_json::{Map, Value, json};
use store::{
    Batch, BatchAct, BatchFilter, BatchState, NewBatch, NewVoucher, Ordered, Product, Refusal,
    Store, StoreError,
};
use tokio::time::Instant;

use super::change::{Change, Did, entry, once, refused};
use super::fields::{Fault, Fields};
use super::{Failure, sell::put};
use crate::desk::Desk;
use crate::error::Error;

/// Codes of one batch at most.
const MOST: u64 = 100_000;
/// Codes that are drawn and stored in one transaction: some 40 ms in which others wait.
const AT_ONCE: u64 = 500;
/// Codes that are drawn in one call: the caller sees how far it is, and goes on.
const A_CALL: u64 = 5_000;
/// Closed batches lose their codes in so many transactions at once.
const SCRUBS: usize = 40;

/// What is ordered.
struct Order {
    product: Product,
    count: u32,
    expires: Option<Date>,
    label: Option<Label>,
}

/// Orders a batch, or goes on with it: some of its codes are drawn, and told is how many there are.
pub(super) async fn generate(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    let mut fields = Fields::read(&call.body)?;
    let change = Change::read(&mut fields, call)?;
    let order = Order::read(&mut fields, today)?;
    fields.end()?;
    let id = match self::order(desk, store, call, (&change, &order)).await? {
        Ok(id) => id,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let mut left = A_CALL;
    loop {
        let codes = draw(desk, AT_ONCE.min(u64::from(order.count)), call.arrived_ms)?;
        let mut tx = store.begin().await?;
        let batch = match tx.fill_batch(id, &codes).await? {
            Ok(batch) => batch,
            Err(refusal) => return Ok(refused(refusal)),
        };
        tx.commit().await.map_err(Error::Commit)?;
        left = left.saturating_sub(AT_ONCE);
        let over = batch.made == batch.count || batch.state == BatchState::Closed;
        if over || left == 0 || call.deadline <= Instant::now() {
            return Ok(Managed::json(Outcome::Ok, answer(&batch)));
        }
    }
}

/// Takes the serials, with the row in the audit log.
async fn order(
    desk: &Desk,
    store: &Store,
    call: &ManageCall,
    (change, order): (&Change, &Order),
) -> Result<Result<u64, Refusal>, Failure> {
    let new = NewBatch {
        wish: change.wish,
        product: order.product,
        count: order.count,
        expires: order.expires,
        label: order.label.clone(),
        principal: call.principal,
    };
    let mut tx = store.begin().await?;
    let id = match tx.order_batch(&new).await? {
        Ok(Ordered::New(id)) => id,
        Ok(Ordered::Before(id)) => return Ok(Ok(id)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let detail = json!({ "product": order.product.to_string(), "count": order.count });
    let did = Did { subject: format!("batch/{id}"), answer: Value::Null, detail };
    tx.audit(&entry(desk, call, change, &did), desk.vault.index.current()).await?;
    tx.commit().await.map_err(Error::Commit)?;
    Ok(Ok(id))
}

fn draw(desk: &Desk, count: u64, now_ms: i64) -> Result<Vec<NewVoucher>, Error> {
    let mut rng = crypto::random::system();
    (0..count).map(|_| desk.vault.draw_voucher(&mut rng, now_ms)).collect()
}

/// Makes the vouchers of a batch saleable, or closes it.
pub(super) async fn change(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    act: BatchAct,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = if act == BatchAct::Close {
        Change::with_reason(&mut fields, call)?
    } else {
        Change::read(&mut fields, call)?
    };
    let batch = fields.number("batch")?.ok_or_else(|| Fault::new("batch", "missing"))?;
    fields.end()?;
    let managed = change_batch((desk, store), call, &change, (batch, act)).await?;
    if act == BatchAct::Close {
        scrub(store).await?;
    }
    Ok(managed)
}

/// Does something to a whole batch.
pub(super) async fn change_batch(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
    change: &Change,
    (id, act): (u64, BatchAct),
) -> Result<Managed, Failure> {
    let today = desk.date(call.arrived_ms).ok_or(Error::Form("clock"))?;
    once((desk, store), call, change, async |tx| {
        let changed = tx.change_batch(id, act, today).await?;
        Ok(changed.map(|batch| Did {
            subject: format!("batch/{id}"),
            detail: json!({ "state": batch.state.as_str() }),
            answer: json!({
                "result": Outcome::Ok.as_str(), "batch": id, "state": batch.state.as_str(),
            }),
        }))
    })
    .await
}

/// Takes the codes out of closed batches; says whether some are left. The hourly sweep finds them.
pub(crate) async fn scrub(store: &Store) -> Result<bool, StoreError> {
    for _ in 0..SCRUBS {
        let mut tx = store.begin().await?;
        let found = tx.scrub_closed().await?;
        tx.commit().await?;
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lists batches, with how many of their vouchers are in each state.
pub(super) async fn batches(store: &Store, call: &ManageCall) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let state = fields.word::<BatchState>("state", "it is no state of a batch")?;
    let (only, after) = (fields.number("batch")?, fields.number("after")?);
    let limit = fields.limit()?;
    fields.end()?;
    let found = store.batches(&BatchFilter { state, only, after }, limit).await?;
    let full = u32::try_from(found.len()) == Ok(limit);
    let after = found.last().filter(|_| full).map(|it| json!(it.id));
    let rows: Vec<Value> = found.iter().map(row).collect();
    Ok(Managed::lines(Outcome::Ok, list(&rows, after)))
}

fn row(batch: &Batch) -> Value {
    let mut row = answer(batch);
    if let Some(row) = row.as_object_mut() {
        row.remove("result");
    }
    put(&mut row, "created", Some(Time::from_unix_ms(batch.created_ms).to_string()));
    let printed = batch.printed_ms.map(|ms| Time::from_unix_ms(ms).to_string());
    put(&mut row, "printed", printed);
    let mut counts = Map::new();
    for (state, n) in &batch.counts {
        let word = state.split('/').next().unwrap_or_default();
        let sum = counts.get(word).and_then(Value::as_u64).unwrap_or_default();
        counts.insert(word.to_owned(), (sum + n).into());
    }
    put(&mut row, "vouchers", Some(counts));
    row
}

fn answer(batch: &Batch) -> Value {
    let mut answer = json!({
        "result": Outcome::Ok.as_str(),
        "batch": batch.id,
        "state": batch.state.as_str(),
        "count": batch.count,
        "made": batch.made,
    });
    put(&mut answer, "first", batch.first);
    put(&mut answer, "last", batch.last());
    if let Some(product) = &batch.product {
        put(&mut answer, "operator", Some(product.operator.as_str()));
        put(&mut answer, "amount", Some(product.amount.as_str()));
        put(&mut answer, "currency", Some(product.currency.as_str()));
    }
    put(&mut answer, "expires", batch.expires.map(|it| it.to_string()));
    put(&mut answer, "label", batch.label.clone());
    answer
}

// === impl Order ===

impl Order {
    fn read(fields: &mut Fields, today: Date) -> Result<Self, Fault> {
        let product = fields.product()?;
        let count = fields.number("count")?.ok_or_else(|| Fault::new("count", "missing"))?;
        let expires: Option<Date> = fields.find("expires")?;
        let label = fields.find("label")?;
        let within = (1..=MOST).contains(&count).then(|| u32::try_from(count).ok()).flatten();
        let count =
            within.ok_or_else(|| Fault::new("count", format!("it is not within 1 and {MOST}")))?;
        if expires.is_some_and(|last| last < today) {
            return Err(Fault::new("expires", "the day is over"));
        }
        Ok(Self { product, count, expires, label })
    }
}
