//! A module's ini: read, check, rewrite atomically.
//!
//! | job | where |
//! | --- | --- |
//! | what an ini may hold: sections, keys, kinds, units, defaults | [`schema()`], [`SectionSpec`] |
//! | read it, with all problems at once | [`Module::load`], [`Problems`] |
//! | keep the map that INIT gave, changing nothing but its values | [`Module::persist`] |
//! | which map is the newer one | [`reconcile()`] |
//! | LB's list of servers | [`inventory`] |
//! | key files that nobody else may read | [`secret_file`] |
//! | replace a file so that a reader sees the old or the new one | [`atomic`] |
//!
//! rust-ini reads the values; it never writes, for it drops comments and truncates in place.
//!
//! Source: architecture.md (The ini)

pub mod atomic;
mod checks;
mod cidr;
mod code_form;
mod ini;
pub mod inventory;
mod listen_addr;
mod load;
mod managed;
mod module;
mod nearest;
mod persist;
mod problem;
mod reader;
mod reconcile;
mod schema;
mod secret;
mod setting;
mod shown;
mod spec;
mod tool;

pub use crate::cidr::Cidr;
pub use crate::code_form::CodeForm;
pub use crate::listen_addr::ListenAddr;
pub use crate::module::{Legacy, Limits, Log, Module};
pub use crate::persist::{NotPersistent, PersistError, Persisted};
pub use crate::problem::{Expected, Fault, Problem, Problems, Warning};
pub use crate::reconcile::{Verdict, moved, reconcile};
pub use crate::schema::{purposes, schema};
pub use crate::secret::{SecretError, read_secret, secret_file};
pub use crate::setting::{FromSetting, Setting, Settings};
pub use crate::shown::{Origin, Shown};
pub use crate::spec::{Fallback, KeySpec, Kind, SectionSpec};
pub use crate::tool::Tool;
