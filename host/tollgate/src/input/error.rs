//! What can be wrong with a request or a row.
//!
//! Messages name inputs, places and kinds. They never repeat a value: a
//! request may hold what must not reach a log.

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::Kind;

use super::kind_phrase;
use crate::rows::RowSourceError;

/// Why a request gives no values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// Not UTF-8.
    #[error("the request is not UTF-8: byte {offset} begins no character")]
    NotUtf8 {
        /// The offset of the first bad byte, from 0.
        offset: usize,
    },
    /// Not JSON.
    #[error("the request is not JSON: {reason} at line {line} column {column}")]
    Json {
        /// What was met.
        reason: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// The whole, or something on the way to an input, has no members.
    #[error("{} must be a map, found {found}", at(.pointer))]
    NotMap {
        /// The RFC 6901 pointer; empty for the whole.
        pointer: String,
        /// What there is.
        found: &'static str,
    },
    /// A value of another kind.
    #[error("input `{input}` at {place} must be {}, found {found}", kind_phrase(*.expected))]
    Kind {
        /// The input.
        input: String,
        /// The pointer, header, counter or column.
        place: String,
        /// What the policy wants.
        expected: Kind,
        /// What there is.
        found: &'static str,
    },
    /// A member that the policy reads is there twice.
    #[error("{} is given twice", at(.pointer))]
    Duplicate {
        /// The RFC 6901 pointer.
        pointer: String,
    },
    /// Nothing is there, and the policy cannot do without it.
    #[error("required input `{input}` is missing: there is nothing at {place}")]
    Missing {
        /// The input.
        input: String,
        /// The pointer, header, counter or column.
        place: String,
    },
    /// What keeps a counter cannot say what it is.
    #[error("input `{input}` is not known: counter `{counter}` cannot be read, {why}")]
    Unknown {
        /// The input.
        input: String,
        /// The counter.
        counter: String,
        /// Why, as the end of a sentence.
        why: String,
    },
    /// A row has too few or too many cells.
    #[error("the row has {found} cells, and the header names {expected}")]
    Ragged {
        /// The number of columns.
        expected: usize,
        /// The number of cells.
        found: usize,
    },
    /// A row is longer than [`RECORD_LIMIT`](super::RECORD_LIMIT).
    #[error("the row is longer than 16 MiB")]
    TooLong,
    /// The source of the row could not read it, and says why.
    #[error("{0}")]
    Unread(String),
    /// Counters are kept by a member that is not there.
    #[error("there is nothing at {place}, by which the counters are kept")]
    NoKey {
        /// The pointer or column.
        place: String,
    },
    /// What counters are kept by is no name.
    #[error("{place}, by which the counters are kept, must be text or an integer, found {found}")]
    KeyKind {
        /// The pointer or column.
        place: String,
        /// What there is.
        found: &'static str,
    },
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { "the request".to_owned() } else { format!("`{pointer}`") }
}

/// Why rows cannot be read on.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum RowsError {
    /// Their source says why.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] RowSourceError),
    /// The header lacks a column that the policy needs.
    #[error("there is no column `{column}` for the required input `{input}`{}", hint(.meant))]
    NoColumn {
        /// The column.
        column: String,
        /// The input.
        input: String,
        /// A column that was probably meant.
        meant: Option<String>,
    },
    /// The header names a column twice that the policy reads.
    #[error("column `{0}` is there twice")]
    DuplicateColumn(String),
    /// The header lacks the column that counters are kept by.
    #[error("there is no column `{column}`, by which the counters are kept{}", hint(.meant))]
    NoKeyColumn {
        /// The column.
        column: String,
        /// A column that was probably meant.
        meant: Option<String>,
    },
    /// There is no header.
    #[error("the rows have no header that names the columns")]
    NoHeader,
    /// A file that repeats its texts without end.
    #[error(
        "the texts of the first {rows} rows take {megabytes} MiB: the file repeats large texts, and \
         no more are read"
    )]
    TooMuchText {
        /// The rows so far.
        rows: u64,
        /// What their texts take, unfolded.
        megabytes: u64,
    },
}

fn hint(meant: &Option<String>) -> String {
    meant.as_ref().map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default()
}
