//! The CRYPTO database: boxes, their history, their counters; vouchers and codes; principals.
//!
//! The same rules hold in every file of this crate:
//!
//! - One file an entity. Row types are private: column names do not leave their file.
//! - A read is a method of [`Store`]; whatever writes is a method of [`Tx`], begun with
//!   `BEGIN IMMEDIATE`, so writers never meet half way.
//! - Not found is `Ok(None)`. [`StoreError`] names the table, and the column where it knows it.
//! - Time and randomness are arguments.
//! - What is secret comes sealed and indexed: this crate holds no key.

mod alerts;
mod answers;
mod attempts;
mod audit;
mod batches;
mod changes;
mod credits;
mod db;
mod devices;
mod doubts;
mod error;
mod gone;
mod guard;
mod hex;
mod history;
mod labels;
mod money;
mod place;
mod principals;
mod ranges;
mod reconcile;
mod redemptions;
mod refunds;
mod refusal;
mod registry;
mod sales;
#[cfg(test)]
mod scene;
mod schema;
mod shops;
mod state;
mod stock;
#[cfg(test)]
mod till;
mod turn;
mod tx;
mod usage;
mod vouchers;
mod wishes;
mod wrong;

pub use alerts::{Ack, Alert, AlertKind, Alerts, Raised, Seen};
pub use answers::StoredAnswer;
pub use attempts::{Subject, Wrong};
pub use audit::{
    AuditFault, AuditFilter, AuditHead, AuditMark, AuditVerified, Audited, Entry, NotAnAuditMark,
};
pub use batches::{
    Batch, BatchAct, BatchFilter, BatchState, NewBatch, Ordered, Print, Printed, UnknownBatchState,
};
pub use credits::{Heard, Said};
pub use db::Store;
pub use devices::{Device, Keyed};
pub use doubts::Doubt;
pub use error::StoreError;
pub use gone::Gone;
pub use guard::{Guard, GuardCursor};
pub use history::{Act, Event};
pub use labels::{Labels, TAGS_MOST};
pub use money::Money;
pub use place::Place;
pub use principals::{Enrolled, Ensured, PrincipalAct, PrincipalEvent};
pub use ranges::{Changed, RangeAct, Serials};
pub use reconcile::{Difference, Total, Totals};
pub use redemptions::{Asked, Given, Redeemed};
pub use refunds::{
    Decision, NewRefund, Refund, RefundKind, RefundRefusal, RefundState, Replacement,
    UnknownRefundState,
};
pub use refusal::Refusal;
pub use registry::Registry;
pub use sales::{Cancel, Goods, Sale, Sold, SoldVoucher};
pub use shops::{OnShelf, Taking};
pub use state::{State, UnknownState};
pub use stock::{Import, Level, NewRecharge, Product, Stocked};
pub use tx::Tx;
pub use usage::Usage;
pub use vouchers::{NewVoucher, UnknownVoucherState, Voucher, VoucherFilter, VoucherState};
pub use wishes::{Wish, Wished};
pub use wrong::{CROWD_WAIT_S, Told};
