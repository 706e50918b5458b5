//! JSON lines: one record a line.
//!
//! Lines stay JSON, so that the plugin reads them exactly as it would a
//! request, nested values included. Whether one is JSON is for the plugin to
//! say.

use std::io::BufRead;

use tollgate::rows::{
    BATCH_BYTES, BATCH_ROWS, DECIDED_ROWS, Judged, RowBatch, RowContent, RowFault, RowFormat,
    RowNumbers,
};
use tollgate_engine::types::Records;

use crate::delimited::{Lines, SKIPPED_BYTES, Stopped};
use crate::error::FrameError;
use crate::frames::FileRows;
use crate::limits::LINE_BYTES;
use crate::payload::PayloadFile;

/// Bytes of lines in one batch. What a plugin builds of JSON that is not
/// clean takes up to a hundred times its bytes.
const BODY_BYTES: usize = BATCH_BYTES / 4;

pub(crate) fn open(file: PayloadFile) -> FileRows {
    let lines = Lines::new(file.reader, LINE_BYTES);
    let batches = Batches { lines, name: file.name, judged: file.judged, row: 0, empty: 0 };
    FileRows { columns: Vec::new(), count: None, batches: Box::new(batches) }
}

struct Batches {
    lines: Lines<Box<dyn BufRead + Send>>,
    name: String,
    judged: Judged,
    row: u64,
    /// Bytes of empty lines since the last row.
    empty: u64,
}

impl Iterator for Batches {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let decided = self.judged == Judged::Decided;
        let (most, most_bytes) =
            if decided { (DECIDED_ROWS, BATCH_BYTES) } else { (BATCH_ROWS, BODY_BYTES) };
        let mut rows = RowNumbers::default();
        let mut faults = Vec::new();
        let mut records = Records::default();
        while rows.count < most && faults.len() < most && records.bytes.len() < most_bytes {
            match self.lines.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(stopped) => return Some(Err(self.broken(explained(stopped)))),
            }
            let (text, line) = (self.lines.text(), self.lines.number());
            let record = text.trim_ascii();
            let too_long = text.len() > LINE_BYTES;
            if record.is_empty() && !too_long {
                self.empty += text.len() as u64 + 1;
                if self.empty > SKIPPED_BYTES {
                    return Some(Err(self.broken(endless(line))));
                }
                continue;
            }
            self.empty = 0;
            let row = self.row;
            self.row += 1;
            if too_long && !decided {
                let message = format!("the line is longer than {} MiB", LINE_BYTES >> 20);
                faults.push(RowFault::new("row-too-long", row, Some(line), message));
                continue;
            }
            records.push(if decided { text } else { record });
            rows.push(row, line);
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        Some(Ok(RowBatch { rows, content: RowContent::Records(records), faults }))
    }
}

impl Batches {
    fn broken(&self, problem: String) -> FrameError {
        FrameError::Broken { file: self.name.clone(), format: RowFormat::Jsonl, problem }
    }
}

fn endless(line: u64) -> String {
    format!(
        "up to line {line} there are only empty lines for {} MiB, as if it had no end",
        SKIPPED_BYTES >> 20
    )
}

fn explained(stopped: Stopped) -> String {
    match stopped {
        Stopped::NoEnd { line } | Stopped::OpenQuote { line } => format!(
            "line {line} is longer than {} MiB, as if it had no end: each line holds one JSON object",
            SKIPPED_BYTES >> 20
        ),
        Stopped::Unreadable(error) => error.to_string(),
    }
}
