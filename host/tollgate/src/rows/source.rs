//! Where rows come from.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use super::batch::RowBatch;

/// Gives rows, batch by batch, in order.
///
/// One batch is one call of a plugin: at most
/// [`BATCH_ROWS`](super::BATCH_ROWS), of some
/// [`BATCH_BYTES`](super::BATCH_BYTES). One that is too much for the plugin is
/// judged in halves.
pub trait RowSource: Send {
    /// What the rows are written in.
    fn format(&self) -> RowFormat;

    /// The columns of each batch, in order: name and dtype. None where rows
    /// are JSON.
    fn columns(&self) -> &[(String, String)];

    /// How much there is, as far as that is known before it is read.
    fn extent(&self) -> Extent {
        Extent::default()
    }

    /// How many bytes were read so far; 0 where they are not counted.
    fn bytes_read(&self) -> u64 {
        0
    }

    /// The next batch; none at the end. Nothing is asked for after an error.
    ///
    /// # Errors
    /// When the rows cannot be read on.
    fn next_batch(&mut self) -> Result<Option<RowBatch>, RowSourceError>;
}

/// How much a source of rows has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// How many rows, where that is known.
    pub rows: Option<u64>,
    /// How many bytes, where that is known and they are counted.
    pub bytes: Option<u64>,
}

/// What rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Comma-separated, with a header row (RFC 4180).
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, a file (Feather 2) or a stream.
    Arrow,
}

impl RowFormat {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

impl fmt::Display for RowFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Jsonl => "JSON lines",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow IPC",
        })
    }
}

/// Why a source gives no further rows: its own error, which this says in the
/// same words.
pub struct RowSourceError(Box<dyn Diagnostic + Send + Sync>);

impl RowSourceError {
    /// The error of a source.
    pub fn new(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Debug for RowSourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RowSourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for RowSourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Diagnostic for RowSourceError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.0.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help()
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.url()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        self.0.related()
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.0.diagnostic_source()
    }
}
