//! Lines.

use std::io::{self, BufRead, Read as _};

use super::stopped::Stopped;

/// What one look at the source comes to.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Line,
    End,
    NoEnd,
}

/// Longer lines are rare.
const KEPT: usize = 1 << 20;

/// So much of a line is skipped over to find its end. A device without an end
/// is given up on; a file with a line of 100 MB in it is read to its end.
pub(crate) const SKIPPED_BYTES: u64 = 256 << 20;

/// Reads lines, of one that is too long only its start.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    limit: usize,
    number: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most `limit` bytes.
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, number: 0, text: Vec::new() }
    }

    /// Reads the next line; false at the end.
    ///
    /// # Errors
    /// When the line has no end, or the source fails.
    pub(crate) fn advance(&mut self) -> Result<bool, Stopped> {
        let read = self.read().map_err(Stopped::Unreadable)?;
        if read == Read::NoEnd {
            Err(Stopped::NoEnd { line: self.number })
        } else {
            Ok(read == Read::Line)
        }
    }

    fn read(&mut self) -> io::Result<Read> {
        self.text.clear();
        // The memory of one long line is not kept for all that follow.
        self.text.shrink_to(KEPT);
        let most = self.limit as u64 + 1;
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.text)?;
        if read == 0 {
            return Ok(Read::End);
        }
        self.number += 1;
        if self.text.last() == Some(&b'\n') {
            self.text.pop();
        } else if self.text.len() > self.limit {
            let mut rest = self.reader.by_ref().take(SKIPPED_BYTES);
            rest.skip_until(b'\n')?;
            if rest.limit() == 0 {
                return Ok(Read::NoEnd);
            }
        }
        // A byte order mark stands at the start of files from Windows.
        if self.number == 1 && self.text.starts_with(b"\xef\xbb\xbf") {
            self.text.drain(..3);
        }
        Ok(Read::Line)
    }

    /// The line, without its end; longer than the limit when it was cut.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The line's number, counted from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}
