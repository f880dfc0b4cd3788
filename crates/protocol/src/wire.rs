//! The documents of the wire; nothing else in the workspace names quick-xml.

mod chars;
mod fields;
mod print;
mod scan;
mod tag;

use std::borrow::Cow;

pub(crate) use fields::{Fields, missing};
pub(crate) use print::Printer;
pub(crate) use scan::scan;
pub(crate) use tag::{Group, Key, Part, Tag};

/// A sentence that names the element at fault and never its value.
pub(crate) type Reason = Cow<'static, str>;

/// The most bytes of a document.
///
/// Source: protocol.md §2
pub const DOCUMENT_BYTES: usize = 16 * 1024;

/// The most elements in each other, the root included.
pub(crate) const DEPTH: usize = 4;

/// The most elements under the root of a request.
pub(crate) const REQUEST_ELEMENTS: usize = 64;

/// The most elements under the root of an answer.
///
/// A full R-INIT with names, weights and states of six roles has 68.
pub(crate) const RESPONSE_ELEMENTS: usize = 128;
