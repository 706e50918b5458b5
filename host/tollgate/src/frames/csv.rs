//! CSV with a header.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use csv::{ByteRecord, ReaderBuilder};

use super::format::Source;
use super::plain::{CSV, Plain};
use super::{
    BATCH_BYTES, BATCH_ROWS, Batch, Content, Format, FrameError, Frames, LINE_BYTES, Progress,
    RowFault, Rows, Spare,
};

type Reader = csv::Reader<Metered<Box<dyn BufRead + Send>>>;

pub(super) fn open(source: Source) -> Result<Frames, FrameError> {
    let (name, spare) = (source.name, source.spare);
    let broken = move |problem: &str| FrameError::Broken {
        file: name.clone(),
        format: Format::Csv,
        problem: problem.to_owned(),
    };
    let meter = Arc::new(Meter::default());
    let metered = Metered { inner: source.reader, meter: Arc::clone(&meter) };
    let mut reader =
        ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(metered);
    let header = match reader.byte_headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(broken(&explained(error, 1))),
    };
    let mut names = Vec::with_capacity(header.len());
    for name in &header {
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(broken("the names in its first line are not UTF-8 text"));
        };
        names.push(name.trim().to_owned());
    }
    if names.iter().all(String::is_empty) {
        return Err(broken("it has no header: the first line must name the columns"));
    }
    let columns = names.iter().map(|name| (name.clone(), CSV.to_owned())).collect();
    let batches =
        Batches { reader, meter, names, record: ByteRecord::new(), row: 0, spare, broken };
    Ok(Frames {
        format: Format::Csv,
        rows: None,
        bytes: None,
        progress: Progress::default(),
        spare: Spare::default(),
        columns,
        batches: Box::new(batches),
    })
}

const BUFFER: usize = 64 << 10;

struct Batches<F> {
    reader: Reader,
    meter: Arc<Meter>,
    names: Vec<String>,
    record: ByteRecord,
    /// How many rows were read.
    row: u64,
    spare: Spare,
    broken: F,
}

impl<F: Fn(&str) -> FrameError> Iterator for Batches<F> {
    type Item = Result<Batch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = Rows::default();
        let mut faults = Vec::new();
        let mut plain = Plain::new(&self.names, &self.spare);
        while rows.count < BATCH_ROWS && faults.len() < BATCH_ROWS && plain.bytes() < BATCH_BYTES {
            self.meter.left.store(METER, Ordering::Relaxed);
            let line = self.reader.position().line();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Some(Err((self.broken)(&explained(error, line)))),
            }
            // The reader begins a record right behind the carriage return, on
            // the line before.
            let line = self.record.position().map_or(line, csv::Position::line)
                + u64::from(self.meter.carriage_return.load(Ordering::Relaxed) == YES);
            let row = self.row;
            self.row += 1;
            match self.cells() {
                Ok(cells) => {
                    plain.push(cells.iter().copied());
                    rows.push(row, line);
                }
                Err(fault) => faults.push(RowFault { row, line: Some(line), ..fault }),
            }
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        let content = Content::Columns { columns: plain.columns(), written: Some(plain) };
        Some(Ok(Batch { rows, content, faults }))
    }
}

impl<F> Batches<F> {
    /// The record's cells, as many as there are names; or a fault that does
    /// not say where yet.
    fn cells(&self) -> Result<Vec<&str>, RowFault> {
        let fault = |rule, message: String| RowFault::new(rule, 0, None, message);
        let record = &self.record;
        if record.as_slice().len() > LINE_BYTES {
            let message = format!("the row is longer than {} MiB", LINE_BYTES >> 20);
            return Err(fault("row-too-long", message));
        }
        let (found, expected) = (record.len(), self.names.len());
        if found != expected {
            let message = if found < expected {
                "the row has fewer cells than the header has names: it may be cut off"
            } else {
                "the row has more cells than the header has names: a value that holds a comma \
                 needs quotes"
            };
            return Err(RowFault {
                expected: Some(counted(expected)),
                actual: Some(counted(found)),
                ..fault("ragged-row", message.to_owned())
            });
        }
        let mut cells = Vec::with_capacity(found);
        for (cell, name) in record.iter().zip(&self.names) {
            match std::str::from_utf8(cell) {
                Ok(cell) => cells.push(cell),
                Err(_) => {
                    let message = format!(
                        "column `{name}`: the cell is not UTF-8 text; the file may be in Latin-1 \
                         or Windows-1252"
                    );
                    return Err(fault("not-utf8", message));
                }
            }
        }
        Ok(cells)
    }
}

fn counted(cells: usize) -> String {
    format!("{cells} cell{}", if cells == 1 { "" } else { "s" })
}

/// What may be read on for one record: the longest row, and what the reader's
/// buffer takes ahead.
const METER: usize = LINE_BYTES + BUFFER;

/// Whether lines end in CR LF: not known before the first end of a line.
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// What the source of a CSV reader tells and is told.
#[derive(Debug)]
struct Meter {
    /// How many bytes the present record may still take.
    left: AtomicUsize,
    carriage_return: AtomicU8,
}

impl Default for Meter {
    fn default() -> Self {
        Self { left: AtomicUsize::new(METER), carriage_return: AtomicU8::new(UNKNOWN) }
    }
}

/// A source that stops when one record took too much: the CSV reader itself
/// would keep on filling the memory.
struct Metered<R> {
    inner: R,
    meter: Arc<Meter>,
}

const NO_END: &str = "a row has no end";

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.meter.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other(NO_END));
        }
        let read = self.inner.read(into)?;
        self.meter.left.store(left.saturating_sub(read), Ordering::Relaxed);
        if self.meter.carriage_return.load(Ordering::Relaxed) == UNKNOWN {
            let bytes = into.get(..read).unwrap_or_default();
            let mut lines = bytes.split(|&byte| byte == b'\n');
            if let (Some(first), Some(_)) = (lines.next(), lines.next()) {
                let ends = if first.ends_with(b"\r") { YES } else { NO };
                self.meter.carriage_return.store(ends, Ordering::Relaxed);
            }
        }
        Ok(read)
    }
}

fn explained(error: csv::Error, line: u64) -> String {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.to_string() == NO_END => format!(
            "the row that begins at line {line} is longer than {} MiB: a quote may never be closed",
            LINE_BYTES >> 20
        ),
        csv::ErrorKind::Io(error) => error.to_string(),
        // With byte records and records of any length nothing else happens.
        _ => "the CSV reader failed".to_owned(),
    }
}
