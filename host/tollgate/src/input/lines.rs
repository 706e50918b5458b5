//! JSON lines: one request a line.

use std::io::BufRead;

use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::{Extractor, InputError, Outside, ROW_LIMIT, Rows, RowsBuilder, RowsError};
use crate::records::lines::{Lines, Stopped};

impl From<Stopped> for RowsError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::NoEnd { line } => Self::RowTooLong { line },
            Stopped::Unreadable(error) => Self::Unreadable(error),
        }
    }
}

/// Reads the inputs of a policy from JSON lines, some rows at a time.
///
/// A line that gives no values is a fault of its row, and the next line is
/// read all the same. Empty lines are no rows.
#[derive(Debug)]
pub struct JsonLines<'a, R> {
    lines: Lines<R>,
    extractor: &'a Extractor,
    outside: &'a Outside,
    values: Vec<Value>,
}

impl<'a, R: BufRead> JsonLines<'a, R> {
    /// Reads from `reader`. `outside` holds for every row.
    pub fn new(reader: R, extractor: &'a Extractor, outside: &'a Outside) -> Self {
        Self { lines: Lines::new(reader, ROW_LIMIT), extractor, outside, values: Vec::new() }
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_rows(&mut self, most: u32) -> Result<Option<Rows>, RowsError> {
        let mut rows = RowsBuilder::new(&self.extractor.plan().wanted);
        while rows.rows() < most && self.lines.advance()? {
            let (line, text) = (self.lines.number(), self.lines.text());
            if text.len() > ROW_LIMIT {
                rows.push(line, Err((InputError::TooLong, raw_digest([text]))));
                continue;
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            let values = self
                .extractor
                .extract(text, self.outside, &mut self.values)
                .map_err(|error| (error, raw_digest([text])))
                .map(|()| &mut self.values);
            rows.push(line, values);
        }
        Ok(rows.finish())
    }
}
