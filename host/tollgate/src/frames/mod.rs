//! Files of rows, read in batches that a plugin can judge, so that memory
//! stays the same however long the file is.
//!
//! One reader a format: [`open`] gives its batches. CSV has no types: its
//! cells are texts of the dtype `csv`, and what they mean is the plugin's
//! business. JSON lines stay JSON. Parquet and Arrow declare types, which
//! become the contract's dtypes; what those cannot say is an error, never
//! another value.

mod arrow;
mod batch;
mod claims;
mod csv;
mod delta;
mod error;
mod footer;
mod format;
mod guard;
mod ipc;
mod levels;
mod lines;
mod merge;
mod messages;
mod nested;
mod pages;
mod parquet;
mod pieces;
mod plain;
mod plan;
mod sniff;
mod stream;
mod texts;
mod thrift;
mod types;
mod unpack;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::batch::{Batch, Content, RowFault, Rows, Values};
pub use self::error::FrameError;
pub use self::format::{Format, PayloadFormat};
pub use self::guard::is_guarded;
pub use self::merge::{ColumnSummary, Merged, Merger};
pub use self::texts::Spare;

use self::format::Source;

/// How much of a guest's memory one batch may take: the general way of a
/// plugin needs some twenty times as much as the cells, and has 64 MiB.
pub(crate) const BATCH_BYTES: usize = 2 << 20;

/// The most rows of a batch: judging them takes milliseconds, beside which the
/// microseconds of a call do not show.
pub(crate) const BATCH_ROWS: usize = 64 << 10;

/// The most bytes of one row. A larger one would not fit a plugin's memory.
pub(crate) const ROW_BYTES: usize = 16 << 20;

/// The most bytes of a line: a quote or a line that is never closed must not
/// take the rest of the file with it. As many as one row may have anywhere.
pub(crate) const LINE_BYTES: usize = ROW_BYTES;

/// The most columns, inner ones included: some hundred bytes of memory each.
pub(crate) const COLUMNS: usize = 100_000;

/// How the rows of a file are judged, which says what they are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// As one frame: JSON lines are the records of a request, numbers of a
    /// CSV file may be numbers, and what JSON cannot say is tagged.
    Together,
    /// Each by itself, as the JSON value that it is: a line of JSON is that
    /// value, cells of a CSV file keep how they are written, and a date or a
    /// decimal number is the text or the number that JSON has for it.
    Apart,
}

/// How far reading has come, for a person who waits.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    bytes: Arc<AtomicU64>,
}

impl Progress {
    /// Bytes of the file that were read; 0 where the file is read in parts.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// A file that is being read.
pub struct Frames {
    /// What it is.
    pub format: Format,
    /// How many rows there are, where the file says so.
    pub rows: Option<u64>,
    /// How many bytes there are, where that is known.
    pub bytes: Option<u64>,
    /// How far it is read.
    pub progress: Progress,
    /// Where batches that were judged may go.
    pub spare: Spare,
    /// Its columns: name and dtype. None in JSON lines.
    pub columns: Vec<(String, String)>,
    batches: Box<dyn Iterator<Item = Result<Batch, FrameError>> + Send>,
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Frames {
    /// The batches, in order.
    #[must_use]
    pub fn into_batches(self) -> Box<dyn Iterator<Item = Result<Batch, FrameError>> + Send> {
        self.batches
    }
}

/// A payload: a file of rows, or what is left to be read whole.
#[derive(Debug)]
pub enum Payload {
    /// Rows.
    Frames(Frames),
    /// A request body.
    Request(Vec<u8>),
}

/// What a file of rows is, by its name, else by its first bytes; none when they
/// say nothing of the kind, or it cannot be read.
#[must_use]
pub fn told(path: &Path) -> Option<Format> {
    if let Some(named) = sniff::named(path) {
        return named;
    }
    let mut start = Vec::new();
    File::open(path).ok()?.take(sniff::START).read_to_end(&mut start).ok()?;
    sniff::told(&start).ok().flatten()
}

/// Opens a payload: `asked` says what it is, or its name, or its first bytes.
///
/// # Errors
/// When it cannot be read, or is not what it is said to be.
pub fn open(path: &Path, asked: PayloadFormat, judged: Judged) -> Result<Payload, FrameError> {
    let progress = Progress::default();
    let spare = Spare::default();
    let source = Source::open(path, asked, judged, &progress, spare.clone())?;
    let bytes = source.bytes;
    let format = match source.format {
        Some(format) => format,
        None => return source.read_whole().map(Payload::Request),
    };
    let name = source.name.clone();
    let mut frames = match format {
        Format::Csv => guard::opening(&name, format, || csv::open(source))?,
        Format::Jsonl => lines::open(source),
        Format::Parquet => guard::opening(&name, format, || parquet::open(source))?,
        Format::Arrow => guard::opening(&name, format, || ipc::open(source))?,
    };
    frames.progress = progress;
    frames.spare = spare;
    frames.bytes = bytes.filter(|_| format != Format::Parquet);
    Ok(Payload::Frames(frames))
}
