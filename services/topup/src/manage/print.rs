//! `vouchers/print`: the codes of a batch, once, for the printer's eyes alone.

use std::fmt::Write as _;

use chassis::{ManageCall, Managed};
use crypto::{PublicKey, Zeroizing, print};
use protocol::{Outcome, PubKey};
use serde_json::json;
use store::{Print, Printed, Store};

use super::Failure;
use super::change::{Change, Did, entry, refused};
use super::fields::{Fault, Fields};
use crate::desk::Desk;
use crate::error::Error;

/// Gives out the print file of a batch, sealed for the printer's key.
pub(super) async fn print(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::read(&mut fields, call)?;
    let batch = fields.number("batch")?.ok_or_else(|| Fault::new("batch", "missing"))?;
    let spki: PubKey = fields.take("key")?;
    fields.end()?;
    let key = PublicKey::from_spki_der(spki.as_der()).map_err(|error| Fault::new("key", error))?;
    let request = change.wish.request;
    let digest = crypto::sha256_hex(spki.as_der());
    let print = Print { batch, request, key: digest.clone(), at_ms: call.arrived_ms };
    let mut tx = store.begin().await?;
    let printed = match tx.print_batch(&print).await? {
        Ok(printed) => printed,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let file = file(desk, &printed, &key)?;
    let detail = json!({
        "key": digest, "vouchers": printed.vouchers.len(), "duplicata": printed.again,
    });
    let mut answer = json!({
        "result": Outcome::Ok.as_str(),
        "batch": batch,
        "state": printed.batch.state.as_str(),
        "vouchers": printed.vouchers.len(),
        "key": digest,
        "file": file,
    });
    if printed.again {
        super::sell::put(&mut answer, "duplicata", Some(true));
    }
    // Each time that the codes leave is in the audit log.
    let did = Did { subject: format!("batch/{batch}"), answer, detail };
    tx.audit(&entry(desk, call, &change, &did), desk.vault.index.current()).await?;
    tx.commit().await.map_err(Error::Commit)?;
    Ok(Managed::json(Outcome::Ok, did.answer))
}

/// A CSV, sealed.
fn file(desk: &Desk, printed: &Printed, key: &PublicKey) -> Result<String, Error> {
    let mut text = Zeroizing::new(String::from("serial,code,operator,amount,currency,expires\n"));
    // Grown as it is filled, the text would leave copies of codes behind in memory.
    text.reserve(printed.vouchers.len().saturating_mul(128));
    let product = printed.batch.product.ok_or(Error::Form("batch"))?;
    let expires = printed.batch.expires.map(|it| it.to_string()).unwrap_or_default();
    for voucher in &printed.vouchers {
        let Some(code) = desk.vault.open_purchase(voucher)? else { continue };
        let (serial, code) = (voucher.serial, code.digits());
        let (operator, amount) = (product.operator.as_str(), product.amount.as_str());
        let currency = product.currency.as_str();
        writeln!(text, "{serial},{code},{operator},{amount},{currency},{expires}")
            .map_err(|_| Error::Form("print file"))?;
    }
    let sealed = print::seal(key, text.as_bytes(), &mut crypto::random::system());
    sealed.map_err(|_| Error::Form("print file"))
}
