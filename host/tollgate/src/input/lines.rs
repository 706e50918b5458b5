//! JSON lines: one request a line.

use std::io::{BufRead, Read};

use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::{Extractor, InputError, Outside, ROW_LIMIT, Rows, RowsBuilder, RowsError};

/// Reads the inputs of a policy from JSON lines, some rows at a time.
///
/// A line that gives no values is a fault of its row, and the next line is
/// read all the same. Empty lines are no rows.
#[derive(Debug)]
pub struct JsonLines<'a, R> {
    reader: R,
    extractor: &'a Extractor,
    outside: &'a Outside,
    line: u64,
    text: Vec<u8>,
    values: Vec<Value>,
}

impl<'a, R: BufRead> JsonLines<'a, R> {
    /// Reads from `reader`. `outside` holds for every row.
    pub fn new(reader: R, extractor: &'a Extractor, outside: &'a Outside) -> Self {
        Self { reader, extractor, outside, line: 0, text: Vec::new(), values: Vec::new() }
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_rows(&mut self, most: u32) -> Result<Option<Rows>, RowsError> {
        let mut rows = RowsBuilder::new(&self.extractor.plan().wanted);
        while rows.rows() < most && self.next_line()? {
            if self.text.len() > ROW_LIMIT {
                rows.push(
                    self.line,
                    Err((InputError::TooLong, raw_digest([self.text.as_slice()]))),
                );
                continue;
            }
            if self.text.trim_ascii().is_empty() {
                continue;
            }
            let values = self
                .extractor
                .extract(&self.text, self.outside, &mut self.values)
                .map_err(|error| (error, raw_digest([self.text.as_slice()])))
                .map(|()| &mut self.values);
            rows.push(self.line, values);
        }
        Ok(rows.finish())
    }

    /// Reads one line into `text`, of a line that is too long only its start.
    fn next_line(&mut self) -> Result<bool, RowsError> {
        self.text.clear();
        let limit = ROW_LIMIT as u64 + 1;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.text)?;
        if read == 0 {
            return Ok(false);
        }
        self.line += 1;
        if self.text.last() == Some(&b'\n') {
            self.text.pop();
        } else if self.text.len() > ROW_LIMIT {
            self.reader.skip_until(b'\n')?;
        }
        // A byte order mark stands at the start of files from Windows.
        if self.line == 1 && self.text.starts_with(b"\xef\xbb\xbf") {
            self.text.drain(..3);
        }
        Ok(true)
    }
}
