//! Records of CSV (RFC 4180).

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use csv::{ByteRecord, ErrorKind, Position, ReaderBuilder};

use super::stopped::Stopped;

const BUFFER: usize = 64 << 10;

/// The most bytes of a header: names of columns, 10 bytes each for 100,000.
pub(crate) const HEADER_BYTES: usize = 1 << 20;

/// The most commas in one record: each may end a cell, which takes memory of
/// its own.
pub(crate) const COMMAS: usize = 4_000_000;

/// Reads records with the lines that they begin at, however many cells each
/// has. The first is the header.
#[derive(Debug)]
pub(crate) struct CsvRecords<R> {
    reader: csv::Reader<Metered<R>>,
    meter: Arc<Meter>,
    record: ByteRecord,
    /// What may be read on for one record: the longest one, and what the
    /// reader's buffer takes ahead.
    most: usize,
}

impl<R: Read> CsvRecords<R> {
    /// Records of at most `limit` bytes, or little more.
    pub(crate) fn new(inner: R, limit: usize) -> Self {
        let most = limit + BUFFER;
        let meter = Arc::new(Meter {
            left: AtomicUsize::new(most.min(HEADER_BYTES + BUFFER)),
            commas: AtomicUsize::new(0),
            carriage_return: AtomicU8::new(UNKNOWN),
        });
        let metered = Metered { inner, meter: Arc::clone(&meter) };
        let reader =
            ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(metered);
        Self { reader, meter, record: ByteRecord::new(), most }
    }

    /// The header's cells.
    ///
    /// # Errors
    /// When it has no end, or the source fails.
    pub(crate) fn header(&mut self) -> Result<&ByteRecord, Stopped> {
        self.reader.byte_headers().map_err(|error| stopped(error, 1))
    }

    /// Reads the next record behind the header; none at the end, else the
    /// line that it begins at, counted from 1.
    ///
    /// # Errors
    /// When the record has no end, or the source fails.
    pub(crate) fn advance(&mut self) -> Result<Option<u64>, Stopped> {
        self.meter.left.store(self.most, Ordering::Relaxed);
        self.meter.commas.store(0, Ordering::Relaxed);
        let line = self.reader.position().line();
        if !self.reader.read_byte_record(&mut self.record).map_err(|error| stopped(error, line))? {
            return Ok(None);
        }
        // The reader begins a record right behind the carriage return, on the
        // line before.
        let carriage_return = self.meter.carriage_return.load(Ordering::Relaxed) == YES;
        let line = self.record.position().map_or(line, Position::line);
        Ok(Some(line + u64::from(carriage_return)))
    }

    /// The record that was read.
    pub(crate) fn record(&self) -> &ByteRecord {
        &self.record
    }
}

/// Whether lines end in CR LF: not known before the first end of a line.
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// What the source of the reader tells and is told.
#[derive(Debug)]
struct Meter {
    /// How many bytes the present record may still take.
    left: AtomicUsize,
    /// How many commas were read for it.
    commas: AtomicUsize,
    carriage_return: AtomicU8,
}

/// A source that stops when one record took too much: the CSV reader itself
/// would keep on filling the memory.
#[derive(Debug)]
struct Metered<R> {
    inner: R,
    meter: Arc<Meter>,
}

const NO_END: &str = "a row has no end";

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.meter.left.load(Ordering::Relaxed);
        if left == 0 || self.meter.commas.load(Ordering::Relaxed) > COMMAS {
            return Err(io::Error::other(NO_END));
        }
        let read = self.inner.read(into)?;
        self.meter.left.store(left.saturating_sub(read), Ordering::Relaxed);
        let bytes = into.get(..read).unwrap_or_default();
        self.meter.commas.fetch_add(commas(bytes), Ordering::Relaxed);
        if self.meter.carriage_return.load(Ordering::Relaxed) == UNKNOWN {
            let mut lines = bytes.split(|&byte| byte == b'\n');
            if let (Some(first), Some(_)) = (lines.next(), lines.next()) {
                let ends = if first.ends_with(b"\r") { YES } else { NO };
                self.meter.carriage_return.store(ends, Ordering::Relaxed);
            }
        }
        Ok(read)
    }
}

/// Counted in bytes, of which the processor adds many at once.
fn commas(bytes: &[u8]) -> usize {
    let in_part = |part: &[u8]| part.iter().map(|byte| u8::from(*byte == b',')).sum::<u8>();
    bytes.chunks(usize::from(u8::MAX)).map(|part| usize::from(in_part(part))).sum()
}

fn stopped(error: csv::Error, line: u64) -> Stopped {
    match error.into_kind() {
        ErrorKind::Io(error) if error.to_string() == NO_END => Stopped::NoEnd { line },
        ErrorKind::Io(error) => Stopped::Unreadable(error),
        // With byte records and records of any length nothing else happens.
        _ => Stopped::Unreadable(io::Error::other("the CSV reader failed")),
    }
}
