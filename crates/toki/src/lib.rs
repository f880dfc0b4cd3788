//! Toki: proof on every request, and on every answer.
//!
//! Everything here is pure: no I/O and no clock; time (Unix milliseconds) and randomness are
//! arguments. Whoever carries the headers, over HTTP or otherwise, drives two state machines:
//!
//! | end | makes | checks |
//! | --- | --- | --- |
//! | [`Caller`] | [`Caller::sign`]: the request's header | [`Caller::verify`]: the answer; [`Caller::refused`]: a refusal |
//! | [`Callee`] | [`Admitted::answer`]: the answer's headers | [`Callee::verify`]: the request |
//!
//! | job | where |
//! | --- | --- |
//! | key files, from the fleet's root down | [`RootFile`], [`PrincipalFile`] of [`CalleeFile`] and [`CallerFile`] |
//! | what a seal covers | [`canon`] |
//! | each derivation | [`mod@derive`] |
//! | the headers | [`header`] |
//! | the original form, for clients that exist | [`legacy`] |
//!
//! Source: toki.md §1 (What it is for), checked against `tests/vectors.json`.

mod callee;
mod caller;
pub mod canon;
mod chain;
pub mod derive;
mod exchange;
mod form;
mod generation;
mod gone;
pub mod header;
mod key_file;
mod keyed;
pub mod legacy;
mod principal_file;
mod print;
mod refusal;
mod session;
mod sessions;
mod sync;
mod window;

pub use crate::callee::{Admitted, AnswerHeaders, BOOT_MS, Callee, OPENING_SKEW_MS, Refused};
pub use crate::caller::{Advice, Caller, NotVerified, REOPEN_MS, Signed, Ticket};
pub use crate::canon::{Answer, Request};
pub use crate::form::{KeyNumber, MAX_NUMBER, Nonce, Proof, Seal, SessionId, Share};
pub use crate::key_file::{CalleeFile, CallerFile, KeyFileError, KeyFileFault, Numbered, RootFile};
pub use crate::principal_file::PrincipalFile;
pub use crate::refusal::{Malformed, Refusal};
pub use crate::session::{GENERATION_MS, GENERATION_REQUESTS, PREVIOUS_MS, REQUEST_SKEW_MS};
pub use crate::sessions::{SESSION_MS, SESSIONS, SESSIONS_PER_CALLER};
