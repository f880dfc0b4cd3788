//! The spool, its shippers and the databases, on real files.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod crash;
mod database;
mod scene;
mod shipping;
mod spool;
mod torn;
