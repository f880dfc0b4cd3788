//! What is drawn at random, so that those told to wait do not come back together.

use protocol::Bridge;
use rand::RngExt;

/// The longest wait that a shedding server asks for, in seconds: its queue is empty long before,
/// and a crowd spread over it comes back at a rate that it can serve.
const LONGEST_RETRY_S: u32 = 5;

/// Seconds for `retry` and `Retry-After`.
///
/// Source: protocol.md §1 (`BUSY`)
pub fn retry_s() -> u32 {
    rand::rng().random_range(1..=LONGEST_RETRY_S)
}

/// A fraction of `0.0..1.0`, for jitter.
pub fn fraction() -> f64 {
    rand::rng().random()
}

/// A new bridge: a `UUIDv7` of this instant.
///
/// Source: protocol.md §2 (`bridge`)
pub(crate) fn bridge(now_ms: i64) -> Bridge {
    Bridge::from_uuid(uuid(now_ms))
}

/// A new `UUIDv7` of this instant.
pub(crate) fn uuid(now_ms: i64) -> uuid::Uuid {
    let random: [u8; 10] = rand::rng().random();
    let now_ms = u64::try_from(now_ms).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(now_ms, &random).into_uuid()
}
