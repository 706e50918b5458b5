//! Rows to judge, in batches, wherever they come from.
//!
//! Judging reads any [`RowSource`]: files are one kind, which the crate
//! `tollgate-frames` reads; columns that a program has in memory are another.

mod batch;
mod dictionary;
mod fault;
mod source;
mod untyped;

pub use self::batch::{RowBatch, RowContent, RowNumbers, validity_bits};
pub use self::dictionary::DictionaryBuilder;
pub use self::fault::RowFault;
pub use self::source::{Extent, RowFormat, RowSource, RowSourceError};
pub use self::untyped::{CSV_DTYPE, UntypedCells};

/// How much of a guest's memory one batch may take: the general way of a
/// plugin needs some twenty times as much as the cells, and has 64 MiB.
pub const BATCH_BYTES: usize = 2 << 20;

/// The most rows of a batch: judging them takes milliseconds, beside which the
/// microseconds of a call do not show.
pub const BATCH_ROWS: usize = 64 << 10;

/// The most rows of a batch that is decided: some hundred KiB of columns, far
/// beyond the point where the cost of a call matters, and no more that the
/// first of a stream have to wait for.
pub const DECIDED_ROWS: usize = 8 << 10;

/// How rows are judged, which says what they are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// As one frame: JSON lines are the records of a request, numbers of a
    /// CSV file may be numbers, and what JSON cannot say is tagged.
    Together,
    /// Each by itself, as the JSON value that it is: a line of JSON is that
    /// value, cells of a CSV file keep how they are written, and a date or a
    /// decimal number is the text or the number that JSON has for it.
    Apart,
    /// Each by itself, by a policy, which reads some of its columns: lines of
    /// JSON and records of CSV are what was written, whatever is wrong with
    /// them, since that only matters where it is read, and the ids of decisions
    /// go by it.
    Decided,
}
