//! The spool, its shippers and the databases, on real files.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod crash;
mod database;
mod dead;
mod reading;
mod retention;
mod scene;
mod seeds;
mod shipping;
mod sim;
mod spool;
mod torn;
