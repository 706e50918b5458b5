//! What is decided on.

use std::borrow::Cow;

use tollgate_engine::types::{Column, Value};

use crate::input::RawDigest;

/// What is decided on.
#[derive(Debug)]
pub(super) enum Case<'a> {
    /// The values of the policy's inputs.
    Values(Cow<'a, [Value]>),
    /// A row of columns, one an input.
    Row { columns: &'a [Column], row: usize },
    /// A request or row that gives none.
    Unreadable(RawDigest),
}
