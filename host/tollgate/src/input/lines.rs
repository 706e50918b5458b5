//! JSON lines: one request a line.

use std::io::BufRead;

use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::{Extractor, InputError, Outside, RECORD_LIMIT, Rows, RowsBuilder, RowsError};
use crate::delimited::{Lines, SKIPPED_BYTES, Stopped};

/// Reads the inputs of a policy from JSON lines, some rows at a time.
///
/// A line that gives no values is a fault of its row, and the next line is
/// read all the same. Empty lines are no rows. A batch ends after the rows that
/// were asked for, or before when they hold much text.
#[derive(Debug)]
pub struct JsonLines<'a, R> {
    lines: Lines<R>,
    extractor: &'a Extractor,
    outside: &'a Outside,
    values: Vec<Value>,
    /// Bytes of empty lines since the last row.
    empty: u64,
}

impl<'a, R: BufRead> JsonLines<'a, R> {
    /// Reads from `reader`. `outside` holds for every row.
    pub fn new(reader: R, extractor: &'a Extractor, outside: &'a Outside) -> Self {
        let lines = Lines::new(reader, RECORD_LIMIT);
        Self { lines, extractor, outside, values: Vec::new(), empty: 0 }
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or a line has no end.
    pub fn next_rows(&mut self, most: u32) -> Result<Option<Rows>, RowsError> {
        let mut rows = RowsBuilder::new(self.extractor.plan());
        while !rows.is_full(most) && self.lines.advance().map_err(unreadable)? {
            let (line, text) = (self.lines.number(), self.lines.text());
            if text.len() > RECORD_LIMIT {
                rows.push(line, Err((InputError::TooLong, raw_digest([text]))));
                continue;
            }
            if text.trim_ascii().is_empty() {
                self.empty += text.len() as u64 + 1;
                if self.empty > SKIPPED_BYTES {
                    return Err(RowsError::NoEnd { what: "there are only empty lines", line });
                }
                continue;
            }
            self.empty = 0;
            let values = self
                .extractor
                .extract_and_tell(text, self.outside, &mut self.values)
                .map_err(|error| (error, raw_digest([text])))
                .map(|shadowed| (&mut self.values, shadowed));
            rows.push(line, values);
        }
        Ok(rows.finish())
    }
}

fn unreadable(stopped: Stopped) -> RowsError {
    match stopped {
        Stopped::NoEnd { line } => RowsError::NoEnd { what: "it is still the same line", line },
        Stopped::Unreadable(error) => RowsError::Unreadable(error),
    }
}
