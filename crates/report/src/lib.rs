//! The REPORT rows: spool, shippers, both databases.
//!
//! A server appends one [`Row`] for each request to its [`Spool`] before the answer leaves. [`Shippers`] carry the
//! rows from there into two REPORT databases, each by itself: a database that is away slows nothing and loses
//! nothing. [`ReportDb`] reads one of the two, compares them and copies what one lacks; [`Both`] reads them as one.
//!
//! | what | promise |
//! | --- | --- |
//! | `append` of [`Lane::Money`] returned | the row survives a power cut |
//! | `append` of [`Lane::Chatter`] returned | the row survives the death of the process; of a power cut, all but the last 100 ms |
//! | a row is in the spool | it will stand in both databases, once in each |
//! | a row left the spool | every configured database has committed it, or refused it: then it is a [`DeadLetter`] |
//! | a [`WATERMARK`] stands in a database | so does every row that its server had appended before it |

mod backlog;
mod both;
mod code;
mod db;
mod dead;
mod error;
mod fill;
pub mod plan;
mod row;
mod ship;
mod spool;

pub use backlog::Backlog;
pub use both::{Both, Found, Stream, Tail, Tailed};
pub use db::{
    Cell, Comparison, Copied, Difference, Filter, Newest, Page, Passed, ReportDb, Second, Settled,
    Span,
};
pub use dead::{DeadError, DeadLetter, DeadLetters, Retried};
pub use error::{AppendError, DbError, OpenError, SpoolError};
pub use fill::fill;
pub use row::{BodyError, Lane, Mark, Row, Text, WATERMARK};
pub use ship::{DatabaseStatus, Retention, Shippers};
pub use spool::{Damage, Limits, Spool};
