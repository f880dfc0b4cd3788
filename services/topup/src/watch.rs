//! Looks from time to time at the stock and at the share of wrong codes.

use std::time::Duration;

use chassis::chain;
use protocol::Date;
use store::{Store, StoreError};

/// How often it is looked at. Both twins look: what one has raised, the other finds raised.
pub(crate) const EVERY: Duration = Duration::from_mins(1);

/// Raises and ends alerts; what cannot be done now is done the next time.
pub(crate) async fn look(store: &Store, stock_low: u64, today: Option<Date>, now_ms: i64) {
    if let Err(error) = try_look(store, stock_low, today, now_ms).await {
        tracing::warn!(error = chain(&error), "the stock was not looked at");
    }
}

async fn try_look(
    store: &Store,
    stock_low: u64,
    today: Option<Date>,
    now_ms: i64,
) -> Result<(), StoreError> {
    match today {
        Some(today) => store.watch(stock_low, today, now_ms).await,
        // The clock is off by centuries.
        None => Ok(()),
    }
}
