//! Payloads: JSON by RFC 8259, read strictly, numbers and all kept as written.

pub(crate) mod number;
mod reader;
pub(crate) mod tree;

pub(crate) use number::Number;
pub(crate) use reader::{Document, Malformed, push_step, read};
pub(crate) use tree::{Members, Tree};
