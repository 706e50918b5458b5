//! What reading holds at most, whatever a file says of itself.

use tollgate::input::RECORD_LIMIT;

/// The most bytes of one row. A larger one would not fit a plugin's memory.
pub(crate) const ROW_BYTES: usize = RECORD_LIMIT;

/// The most bytes of a line: a quote or a line that is never closed must not
/// take the rest of the file with it. As many as one row may have anywhere.
pub(crate) const LINE_BYTES: usize = ROW_BYTES;

/// The most columns, inner ones included: some hundred bytes of memory each.
pub(crate) const COLUMNS: usize = 100_000;

/// The largest record batch of Arrow. Its writer had to hold it in memory.
pub(crate) const MOST_BODY: u64 = 4 << 30;

/// A record batch of up to so many bytes, packed or unpacked, is decoded as a
/// whole; a larger one in pieces. So much may all dictionaries take, too.
pub(crate) const WHOLE: u64 = 48 << 20;
