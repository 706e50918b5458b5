//! Why reading ends before the text does.

use std::io;

/// Why there is no further record or line.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// One is so long that it may have no end, as where a quote is never
    /// closed.
    NoEnd {
        /// The line that it begins at, from 1.
        line: u64,
    },
    /// A quote is still open where the text ends.
    OpenQuote {
        /// The line that it stands in, from 1.
        line: u64,
    },
    /// The source failed.
    Unreadable(io::Error),
}
