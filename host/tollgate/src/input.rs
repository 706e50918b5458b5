//! What a policy reads, taken from requests and rows as typed values.
//!
//! [`Extractor`] takes the values of one JSON request; [`Cases`] those of many
//! rows, wherever they come from, as columns.
//!
//! White space: texts keep what is around them, as data, in requests and in
//! cells. Names in a header, numbers and booleans in cells and what counters
//! are kept by are read without it.

mod case_counters;
mod cases;
mod columns;
mod counters;
mod error;
mod extract;
mod header;
mod members;
mod outside;
mod plan;

use tollgate_engine::types::{Kind, Value};

pub use self::cases::Cases;
pub(crate) use self::columns::{Cell, cell, raw_digest};
pub use self::columns::{InputFault, RawDigest, Rows};
pub use self::counters::Counters;
pub use self::error::{InputError, RowsError};
pub use self::extract::{CaseKey, Extractor};
pub use self::outside::Outside;
pub use self::plan::Shadowed;
pub use crate::kind::{kind_phrase, of_kind};

/// The most bytes of one record of a file or stream, 16 MiB: one that has no
/// end, or a quote that is never closed, must not fill the memory.
pub const RECORD_LIMIT: usize = 16 << 20;

/// A text without the byte order mark that files from Windows begin with. It
/// says nothing in UTF-8, in JSON no more than in CSV.
#[must_use]
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// What is in a cell, in a sentence.
fn found(cell: Cell<'_>) -> &'static str {
    match cell {
        Cell::Null => "null",
        Cell::Boolean(_) => "a boolean",
        Cell::Integer(_) | Cell::Unsigned(_) => "an integer",
        Cell::Number(_) => "a number",
        Cell::Text(_) => "text",
    }
}

/// Reads text, as headers and cells hold it, as the kind that an input wants.
/// Empty text is null. None when it is not of that kind.
#[must_use]
pub fn from_text(text: &str, kind: Kind) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    if kind == Kind::Text {
        return Some(Value::Text(text.to_owned()));
    }
    let text = text.trim();
    match kind {
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
        Kind::Integer => text.parse().ok().map(Value::Integer),
        // NaN is passed on where it is written, for the plugin to refuse; a
        // number that only rounds to infinity is none.
        Kind::Number => match crate::tree::non_finite_from_name(text) {
            Some(value) => Some(Value::Number(value)),
            None => {
                let value: f64 = text.parse().ok()?;
                value.is_finite().then_some(Value::Number(value))
            }
        },
        _ => None,
    }
}
