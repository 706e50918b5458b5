//! JSON lines: one record a line.
//!
//! Records stay JSON: a batch becomes a request body, so that the plugin reads
//! them exactly as it would a request's, nested values included.

use std::io::BufRead;

use super::format::Source;
use super::{
    BATCH_BYTES, BATCH_ROWS, Batch, Content, Format, FrameError, Frames, LINE_BYTES, Progress,
    RowFault, Rows, Spare,
};
use crate::records::lines::Lines;

/// Bytes of lines in one batch. What a plugin builds of JSON that is not
/// clean takes up to a hundred times its bytes.
const BODY_BYTES: usize = BATCH_BYTES / 4;

/// What a body begins and ends with.
const START: &[u8] = b"{\"dataframe_records\":[";
const END: &[u8] = b"]}";

pub(super) fn open(source: Source) -> Frames {
    let lines = Lines::new(source.reader, LINE_BYTES);
    let batches = Batches { lines, name: source.name, row: 0 };
    Frames {
        format: Format::Jsonl,
        rows: None,
        bytes: None,
        progress: Progress::default(),
        spare: Spare::default(),
        columns: Vec::new(),
        batches: Box::new(batches),
    }
}

/// The request body of some records.
#[must_use]
pub(crate) fn body<'r>(records: impl Iterator<Item = &'r [u8]>) -> Vec<u8> {
    let mut body = START.to_vec();
    for (place, record) in records.enumerate() {
        if place > 0 {
            body.push(b',');
        }
        body.extend_from_slice(record);
    }
    body.extend_from_slice(END);
    body
}

struct Batches {
    lines: Lines<Box<dyn BufRead + Send>>,
    name: String,
    row: u64,
}

impl Iterator for Batches {
    type Item = Result<Batch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = Rows::default();
        let mut faults = Vec::new();
        let mut body = START.to_vec();
        while rows.count < BATCH_ROWS && faults.len() < BATCH_ROWS && body.len() < BODY_BYTES {
            match self.lines.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let problem = error.to_string();
                    let (file, format) = (self.name.clone(), Format::Jsonl);
                    return Some(Err(FrameError::Broken { file, format, problem }));
                }
            }
            let record = self.lines.text().trim_ascii();
            if record.is_empty() {
                continue;
            }
            let (row, line) = (self.row, self.lines.number());
            self.row += 1;
            match fault(record) {
                None => {
                    if rows.count > 0 {
                        body.push(b',');
                    }
                    body.extend_from_slice(record);
                    rows.push(row, line);
                }
                Some((rule, message)) => {
                    faults.push(RowFault::new(rule, row, Some(line), message));
                }
            }
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        body.extend_from_slice(END);
        Some(Ok(Batch { rows, content: Content::Records(body), faults }))
    }
}

/// Why a line is no record that could stand among others. Whether it is JSON
/// to the last byte the plugin says: here it only must not reach into the
/// next one.
fn fault(record: &[u8]) -> Option<(&'static str, String)> {
    if record.len() > LINE_BYTES {
        return Some(("row-too-long", format!("the line is longer than {} MiB", LINE_BYTES >> 20)));
    }
    if record.first() != Some(&b'{') {
        return Some(("bad-json", "the line is no JSON object".to_owned()));
    }
    match end_of_value(record) {
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

/// Where the object that `record` begins with ends.
fn end_of_value(record: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut bytes = record.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => loop {
                match bytes.next()?.1 {
                    b'"' => break,
                    b'\\' => {
                        bytes.next()?;
                    }
                    _ => {}
                }
            },
            _ => {}
        }
    }
    None
}

/// The records of a body that [`body`] or a batch made, in order.
pub(crate) fn records(body: &[u8]) -> Vec<&[u8]> {
    let mut rest = body.get(START.len()..).unwrap_or_default();
    let mut records = Vec::new();
    while let Some(end) = end_of_value(rest) {
        let (record, more) = rest.split_at(end);
        records.push(record);
        rest = more.strip_prefix(b",").unwrap_or_default();
    }
    records
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
        assert_eq!(records(&body(good.iter().copied())), good);
        assert!(records(&body(std::iter::empty())).is_empty());
    }
}
