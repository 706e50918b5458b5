//! JSON lines: one record a line.
//!
//! Lines stay JSON, so that the plugin reads them exactly as it would a
//! request, nested values included: where rows are judged together, a batch
//! becomes a request body; where each is judged by itself, they stay apart.

use std::io::BufRead;

use super::format::Source;
use super::{
    BATCH_BYTES, BATCH_ROWS, Batch, Content, Format, FrameError, Frames, Judged, LINE_BYTES,
    Progress, RowFault, Rows, Spare, Values,
};
use crate::records::lines::{Lines, SKIPPED, Stopped};

/// Bytes of lines in one batch. What a plugin builds of JSON that is not
/// clean takes up to a hundred times its bytes.
const BODY_BYTES: usize = BATCH_BYTES / 4;

/// What a body begins and ends with.
const START: &[u8] = b"{\"dataframe_records\":[";
const END: &[u8] = b"]}";

pub(super) fn open(source: Source) -> Frames {
    let lines = Lines::new(source.reader, LINE_BYTES);
    let batches = Batches { lines, name: source.name, row: 0, judged: source.judged };
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
    judged: Judged,
}

impl Iterator for Batches {
    type Item = Result<Batch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = Rows::default();
        let mut faults = Vec::new();
        let mut body = START.to_vec();
        let mut values = Values::default();
        while rows.count < BATCH_ROWS
            && faults.len() < BATCH_ROWS
            && body.len() + values.bytes() < BODY_BYTES
        {
            match self.lines.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let problem = explained(error);
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
            if let Some((rule, message)) = self.fault(record) {
                faults.push(RowFault::new(rule, row, Some(line), message));
                continue;
            }
            match self.judged {
                Judged::Apart => values.push(record),
                Judged::Together => {
                    if rows.count > 0 {
                        body.push(b',');
                    }
                    body.extend_from_slice(record);
                }
            }
            rows.push(row, line);
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        let content = match self.judged {
            Judged::Apart => Content::Values(values),
            Judged::Together => {
                body.extend_from_slice(END);
                Content::Records(body)
            }
        };
        Some(Ok(Batch { rows, content, faults }))
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
            SKIPPED >> 20
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

/// Whether a line is an object, and nothing behind it.
pub(super) fn is_object(line: &[u8]) -> bool {
    end_of_value(line) == Some(line.len())
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
