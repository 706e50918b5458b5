//! JSON lines: one record a line.
//!
//! Lines stay JSON, so that the plugin reads them exactly as it would a
//! request, nested values included: where rows are judged together, a batch
//! becomes a request body; where each is judged by itself, they stay apart.

use std::io::BufRead;

use tollgate::delimited::{Lines, SKIPPED_BYTES, Stopped};
use tollgate::rows::{
    BATCH_BYTES, BATCH_ROWS, JsonRecords, JsonValues, Judged, RowBatch, RowContent, RowFault,
    RowFormat, RowNumbers, end_of_object,
};

use crate::error::FrameError;
use crate::frames::FileRows;
use crate::limits::LINE_BYTES;
use crate::payload::PayloadFile;

/// Bytes of lines in one batch. What a plugin builds of JSON that is not
/// clean takes up to a hundred times its bytes.
const BODY_BYTES: usize = BATCH_BYTES / 4;

pub(crate) fn open(file: PayloadFile) -> FileRows {
    let lines = Lines::new(file.reader, LINE_BYTES);
    let batches = Batches { lines, name: file.name, row: 0, judged: file.judged };
    FileRows { columns: Vec::new(), count: None, batches: Box::new(batches) }
}

struct Batches {
    lines: Lines<Box<dyn BufRead + Send>>,
    name: String,
    row: u64,
    judged: Judged,
}

impl Iterator for Batches {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = RowNumbers::default();
        let mut faults = Vec::new();
        let mut records = JsonRecords::default();
        let mut values = JsonValues::default();
        while rows.count < BATCH_ROWS
            && faults.len() < BATCH_ROWS
            && records.bytes() + values.bytes() < BODY_BYTES
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
            if let Some((rule, message)) = self.fault(record) {
                faults.push(RowFault::new(rule, row, Some(line), message));
                continue;
            }
            match self.judged {
                Judged::Apart => values.push(record),
                Judged::Together => records.push(record),
            }
            rows.push(row, line);
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        let content = match self.judged {
            Judged::Apart => RowContent::Values(values),
            Judged::Together => RowContent::Records(records),
        };
        Some(Ok(RowBatch { rows, content, faults }))
    }
}

impl Batches {
    fn fault(&self, record: &[u8]) -> Option<(&'static str, String)> {
        if record.len() > LINE_BYTES {
            let message = format!("the line is longer than {} MiB", LINE_BYTES >> 20);
            return Some(("row-too-long", message));
        }
        // By itself a line may be any JSON, as a request may.
        if self.judged == Judged::Together { fault(record) } else { None }
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

/// Why a line is no record that could stand among others. Whether it is JSON
/// to the last byte the plugin says: here it only must not reach into the
/// next one.
fn fault(record: &[u8]) -> Option<(&'static str, String)> {
    if record.first() != Some(&b'{') {
        return Some(("bad-json", "the line is no JSON object".to_owned()));
    }
    match end_of_object(record) {
        None => {
            let message = "the line ends in the middle of its object; it may be cut off";
            Some(("bad-json", message.to_owned()))
        }
        Some(end) if end < record.len() => {
            let message = "there is more behind the line's object; each line holds one";
            Some(("bad-json", message.to_owned()))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_reaches_into_the_next() {
        let good: &[&[u8]] =
            &[b"{}", b"{\"a\":[{}]}", b"{\"a\":\"}\\\"{\"}", b"{\"a\":NaN}", b"{\"a\":}"];
        for record in good {
            assert_eq!(fault(record), None, "{}", String::from_utf8_lossy(record));
        }
        let bad: &[&[u8]] = &[
            b"{\"a\":1",
            b"{\"a\":\"x",
            b"{\"a\":\"x\\\"}",
            b"{},{}",
            b"{}]}",
            b"[1]",
            b"1",
            b"{\"a\":[}",
            b"{\"a\":{}",
        ];
        for record in bad {
            let (rule, _) = fault(record).unwrap_or_else(|| {
                panic!("{} could stand among others", String::from_utf8_lossy(record))
            });
            assert_eq!(rule, "bad-json");
        }
    }
}
