//! One `fuzz(&[u8])` for each parser of outside input.
//!
//! A parser may refuse, never panic; what it takes must mean the same after one more turn.
//! `cargo test` runs the corpus and seeded mutations of it, `make fuzz` runs libfuzzer on the
//! same functions.

pub mod authenticator;
pub mod credential;
mod file;
pub mod ini;
pub mod inventory;
pub mod keys;
pub mod mutate;
pub mod request;
pub mod response;
pub mod toki;
