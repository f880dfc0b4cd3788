//! Caller and callee, driven as a carrier of headers would.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#![expect(clippy::similar_names, reason = "caller and callee are the words of the design")]

mod bad_input;
mod headers;
mod recovery;
mod scene;
