//! The headers: `oscartoki`, `oscartokikey` and `oscartoki-error`.
//!
//! Parsing is strict: fields in their one order, each at most once, nothing unknown, numbers and
//! base64 as they would be printed. So what parses prints the same bytes again.
//!
//! Source: toki.md §3 (Headers)

mod answer;
mod error;
mod fields;
mod request;

pub use crate::header::answer::AnswerHeader;
pub use crate::header::error::{ErrorHeader, ErrorSeal};
pub use crate::header::request::{Last, RequestHeader};

/// The toki of a request, and that of an answer.
pub const TOKI: &str = "oscartoki";
/// The proof of an answer's key.
pub const KEY: &str = "oscartokikey";
/// Why a toki was refused.
pub const ERROR: &str = "oscartoki-error";
