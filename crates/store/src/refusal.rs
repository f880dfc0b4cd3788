//! Why vouchers are not sold, changed or printed.

use crate::{BatchState, VoucherState};

/// Why vouchers are not sold, changed or printed; nothing was changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request asked for something else before, or was another's.
    OtherWish,
    /// There is no such batch.
    NoBatch,
    /// There is no such voucher, or it is not the shop's.
    NoVoucher,
    /// The card is not for sale: sold, frozen, another shop's, past its day, or its batch not active.
    NotForSale,
    /// The batch is in this state, which does not allow it.
    BatchIs(BatchState),
    /// The voucher is in this state, which does not allow it.
    VoucherIs(VoucherState),
    /// Not all codes of the batch are drawn yet.
    Unfinished,
    /// It was printed before, by another request or for another key.
    Printed,
    /// So many of its vouchers are sold, good, and not redeemed.
    Owed(u64),
    /// Fewer recharge codes are free, or fewer vouchers in the shop's stock.
    OutOfStock,
    /// The shop would sell more today than it may.
    OverLimit,
    /// The time for it is over.
    TooLate,
}
