//! Lines.

use std::io::{self, BufRead, Read as _};

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
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        self.text.clear();
        let most = self.limit as u64 + 1;
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.text)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.text.last() == Some(&b'\n') {
            self.text.pop();
        } else if self.text.len() > self.limit {
            self.reader.skip_until(b'\n')?;
        }
        // A byte order mark stands at the start of files from Windows.
        if self.number == 1 && self.text.starts_with(b"\xef\xbb\xbf") {
            self.text.drain(..3);
        }
        Ok(true)
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
