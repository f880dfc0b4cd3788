//! The REPORT rows: spool, shippers, both databases.
//!
//! A server appends one [`Row`] for each request to its [`Spool`] before the answer leaves. [`Shippers`] carry the
//! rows from there into two REPORT databases, each by itself: a database that is away slows nothing and loses
//! nothing. [`ReportDb`] reads one of the two, and compares them.
//!
//! | what | promise |
//! | --- | --- |
//! | `append` of [`Lane::Money`] returned | the row survives a power cut |
//! | `append` of [`Lane::Chatter`] returned | the row survives the death of the process; of a power cut, all but the last 100 ms |
//! | a row is in the spool | it will stand in both databases, once in each |
//! | a row left the spool | every configured database has committed it |

mod backlog;
mod code;
mod db;
mod error;
mod row;
mod ship;
mod spool;

pub use backlog::Backlog;
pub use db::{Cell, Comparison, Difference, Filter, Newest, Passed, ReportDb, Second, Span};
pub use error::{AppendError, DbError, OpenError, SpoolError};
pub use row::{BodyError, Lane, Mark, Row, Text};
pub use ship::{DatabaseStatus, Shippers};
pub use spool::{Limits, Spool};
