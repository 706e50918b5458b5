//! A file of rows that is being read.

use tollgate::rows::{Extent, RowBatch, RowFormat, RowSource, RowSourceError};

use crate::error::FrameError;
use crate::progress::Progress;

/// The batches of a file.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RowBatch, FrameError>> + Send>;

/// What a reader finds in a file.
pub(crate) struct FileRows {
    /// Its columns: name and dtype. None in JSON lines.
    pub(crate) columns: Vec<(String, String)>,
    /// How many rows there are, where the file says so.
    pub(crate) count: Option<u64>,
    pub(crate) batches: Batches,
}

/// A file that is being read.
pub struct Frames {
    pub(crate) format: RowFormat,
    /// Its columns: name and dtype. None in JSON lines.
    pub(crate) columns: Vec<(String, String)>,
    /// How much there is, where that is known.
    pub(crate) extent: Extent,
    /// How far it is read.
    pub(crate) progress: Progress,
    pub(crate) batches: Batches,
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("format", &self.format).finish_non_exhaustive()
    }
}

impl RowSource for Frames {
    fn format(&self) -> RowFormat {
        self.format
    }

    fn columns(&self) -> &[(String, String)] {
        &self.columns
    }

    fn extent(&self) -> Extent {
        self.extent
    }

    /// 0 where the file is read in parts.
    fn bytes_read(&self) -> u64 {
        self.progress.bytes()
    }

    fn next_batch(&mut self) -> Result<Option<RowBatch>, RowSourceError> {
        self.batches.next().transpose().map_err(RowSourceError::new)
    }
}
