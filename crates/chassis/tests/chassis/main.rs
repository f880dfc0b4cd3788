//! Services of one command, asked over real sockets: what the chassis does for all of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and spawn"
)]

mod activity;
mod principals;
mod recording;
mod rights;
mod scene;
mod serve;
mod sockets;
mod toki;
