//! What every service does: start, INIT, listen, report, measure, drain, stop.
//!
//! A service is a library with a [`Service`] and a `main.rs` of one call to [`run()`]. `ngondo up`
//! and the tests [`start()`] the same libraries in one process, on real sockets.
//!
//! A request's way through here ([`exchange`], [`command`], [`manage`]): read it within its limits,
//! parse it once, refuse who may not, take a place in flight, let the service decide, write the
//! report row into the spool, print the answer.

mod activity;
mod admin;
mod admit;
mod arrive;
mod body;
mod caught;
mod client_hash;
mod clock;
mod command;
mod context;
mod error;
mod exchange;
mod failures;
pub mod fields;
pub mod headers;
mod legacy;
mod manage;
mod meter;
mod own;
mod principals;
mod probe;
mod proof;
pub mod random;
mod refresh;
mod refusal;
mod refuse;
mod rights;
mod run;
mod serve;
mod server;
mod service;
mod sockets;
mod start;
mod tasks;
mod telemetry;
mod toki_file;
mod watermark;
mod why;

pub use clock::Clock;
pub use context::{Context, Known, MapHandle};
pub use error::{StartError, chain};
pub use principals::{PrincipalList, Principals, Standing};
pub use run::run;
pub use service::{Answered, Call, ManageCall, Managed, ManagedBody, Note, Peer, Service};
pub use start::{Running, start};
pub use tasks::Tasks;
pub use telemetry::{LogFormat, install as install_log};

use protocol::Version;

/// Lets the many small allocations of a request be cheap: a quarter to a half more requests a
/// second than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The version of the back office.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The same, as documents carry it.
#[expect(clippy::expect_used, reason = "a package's version has the form of the element")]
pub(crate) fn version() -> Version {
    VERSION.parse().expect("digits and points")
}
