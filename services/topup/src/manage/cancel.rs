//! `vouchers/cancel`: a sale is taken back within half an hour, if it is not used.

use chassis::{ManageCall, Managed};
use protocol::{Label, Outcome};
use serde_json::json;
use store::{Cancel, Store, VoucherState};

use super::Failure;
use super::change::{Change, Did, once, shop_of};
use super::fields::{Fault, Fields};
use crate::desk::Desk;

/// Cancels the sale of one voucher.
pub(super) async fn cancel(
    (desk, store): (&Desk, &Store),
    call: &ManageCall,
) -> Result<Managed, Failure> {
    let mut fields = Fields::read(&call.body)?;
    let change = Change::read(&mut fields, call)?;
    let serial = fields.number("serial")?.ok_or_else(|| Fault::new("serial", "missing"))?;
    let named: Option<Label> = fields.find("shop")?;
    fields.end()?;
    let shop = shop_of(call, named)?;
    let cancel = Cancel {
        serial,
        shop,
        principal: call.principal,
        bridge: call.bridge,
        at_ms: call.arrived_ms,
    };
    once((desk, store), call, &change, async |tx| {
        let done = tx.cancel(&cancel).await?;
        let state = VoucherState::Void.as_str();
        Ok(done.map(|()| Did {
            subject: format!("voucher/{serial}"),
            detail: json!({ "state": state }),
            answer: json!({ "result": Outcome::Ok.as_str(), "serial": serial, "state": state }),
        }))
    })
    .await
}
