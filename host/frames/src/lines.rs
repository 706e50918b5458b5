//! JSON lines: one record a line.
//!
//! Lines stay JSON, so that the plugin reads them exactly as it would a
//! request, nested values included. Whether one is JSON is for the plugin to
//! say.

use std::io::BufRead;

use tollgate::delimited::{Lines, SKIPPED_BYTES, Stopped};
use tollgate::rows::{
    BATCH_BYTES, BATCH_ROWS, RowBatch, RowContent, RowFault, RowFormat, RowNumbers,
};
use tollgate_engine::types::Records;

use crate::error::FrameError;
use crate::frames::FileRows;
use crate::limits::LINE_BYTES;
use crate::payload::PayloadFile;

/// Bytes of lines in one batch. What a plugin builds of JSON that is not
/// clean takes up to a hundred times its bytes.
const BODY_BYTES: usize = BATCH_BYTES / 4;

pub(crate) fn open(file: PayloadFile) -> FileRows {
    let lines = Lines::new(file.reader, LINE_BYTES);
    let batches = Batches { lines, name: file.name, row: 0 };
    FileRows { columns: Vec::new(), count: None, batches: Box::new(batches) }
}

struct Batches {
    lines: Lines<Box<dyn BufRead + Send>>,
    name: String,
    row: u64,
}

impl Iterator for Batches {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = RowNumbers::default();
        let mut faults = Vec::new();
        let mut records = Records::default();
        while rows.count < BATCH_ROWS
            && faults.len() < BATCH_ROWS
            && records.bytes.len() < BODY_BYTES
        {
            match self.lines.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let problem = explained(error);
                    let (file, format) = (self.name.clone(), RowFormat::Jsonl);
                    return Some(Err(FrameError::Broken { file, format, problem }));
                }
            }
            let record = self.lines.text().trim_ascii();
            if record.is_empty() {
                continue;
            }
            let (row, line) = (self.row, self.lines.number());
            self.row += 1;
            if record.len() > LINE_BYTES {
                let message = format!("the line is longer than {} MiB", LINE_BYTES >> 20);
                faults.push(RowFault::new("row-too-long", row, Some(line), message));
                continue;
            }
            records.push(record);
            rows.push(row, line);
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        Some(Ok(RowBatch { rows, content: RowContent::Records(records), faults }))
    }
}

fn explained(stopped: Stopped) -> String {
    match stopped {
        Stopped::NoEnd { line } => format!(
            "line {line} is longer than {} MiB, as if it had no end: each line holds one JSON object",
            SKIPPED_BYTES >> 20
        ),
        Stopped::Unreadable(error) => error.to_string(),
    }
}
