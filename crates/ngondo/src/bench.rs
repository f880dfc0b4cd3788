//! What measures: a load generator that sends real AUTHs, and the table of `make bench`.
//!
//! A figure counts as a ratio, or a difference, of two things timed in turn in one run on one machine; see [`Measure`].

mod auth;
mod init;
mod machine;
mod measure;
mod overload;
mod pace;
mod page;
mod pages;
mod storm;
mod table;
mod tally;
mod toki;
mod vouchers;
mod wire;

pub use auth::{AuthScript, Phase, auth};
pub use init::init;
pub use machine::Machine;
pub use measure::{Better, Compare, Measure, Met};
pub use overload::overload;
pub use pages::{Filled, pages};
pub use storm::{Blow, Storm, storm};
pub use table::Table;
pub use tally::{AuthReport, Latency, Turned};
pub use toki::{HopCost, toki};
pub use vouchers::vouchers;
