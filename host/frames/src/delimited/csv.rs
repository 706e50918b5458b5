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
            end: AtomicU8::new(FURTHER),
        });
        let metered = Metered { inner, meter: Arc::clone(&meter) };
        let reader =
            ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(metered);
        Self { reader, meter, record: ByteRecord::new(), most }
    }

    /// The header's cells.
    ///
    /// # Errors
    /// When it has no end, a quote in it is never closed, or the source fails.
    pub(crate) fn header(&mut self) -> Result<&ByteRecord, Stopped> {
        let header = self.reader.byte_headers().map_err(|error| stopped(error, 1))?;
        if !header.is_empty() && self.meter.is_past_end() {
            return Err(Stopped::OpenQuote { line: quoted_from(header, 1) });
        }
        Ok(header)
    }

    /// Reads the next record behind the header; none at the end, else the
    /// line that it begins at, counted from 1.
    ///
    /// # Errors
    /// When the record has no end, a quote in it is never closed, or the source
    /// fails.
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
        let line = line + u64::from(carriage_return);
        if self.meter.is_past_end() {
            return Err(Stopped::OpenQuote { line: quoted_from(&self.record, line) });
        }
        Ok(Some(line))
    }

    /// The record that was read.
    pub(crate) fn record(&self) -> &ByteRecord {
        &self.record
    }
}

/// The line at which the last cell of a record begins that begins at `line`.
fn quoted_from(record: &ByteRecord, line: u64) -> u64 {
    let last = record.len().saturating_sub(1);
    let start = record.range(last).unwrap_or_default().start;
    let before = record.as_slice().get(..start).unwrap_or_default();
    line + before.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>()
}

/// How far the source is: more may come, a last end of a line was given, or
/// nothing is left.
const FURTHER: u8 = 0;
const LAST_LINE: u8 = 1;
const PAST_END: u8 = 2;

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
    end: AtomicU8,
}

impl Meter {
    /// Whether a record that was read is ended by nothing but the end of the
    /// text. An end of a line stands there, and only a quote that is open
    /// takes it for its own.
    fn is_past_end(&self) -> bool {
        self.end.load(Ordering::Relaxed) == PAST_END
    }
}

/// A source that stops when one record took too much: the CSV reader itself
/// would keep on filling the memory. It gives one end of a line behind the
/// last, since that reader closes a quote which the text leaves open.
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
        if read == 0 {
            return Ok(self.end(into));
        }
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

impl<R> Metered<R> {
    /// What stands at the end.
    fn end(&self, into: &mut [u8]) -> usize {
        let first = match self.meter.end.load(Ordering::Relaxed) {
            FURTHER => into.first_mut(),
            _ => None,
        };
        let Some(first) = first else {
            self.meter.end.store(PAST_END, Ordering::Relaxed);
            return 0;
        };
        *first = b'\n';
        self.meter.end.store(LAST_LINE, Ordering::Relaxed);
        1
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of the quote that is left open; none where the text is whole.
    fn open_quote(text: &str) -> Option<u64> {
        let mut records = CsvRecords::new(text.as_bytes(), 1 << 20);
        let mut read = || -> Result<(), Stopped> {
            records.header()?;
            while records.advance()?.is_some() {}
            Ok(())
        };
        match read() {
            Ok(()) => None,
            Err(Stopped::OpenQuote { line }) => Some(line),
            Err(stopped) => panic!("{text:?}: {stopped:?}"),
        }
    }

    #[test]
    fn a_quote_is_open_from_where_it_stands() {
        for (text, line) in [
            ("", None),
            ("\n", None),
            ("a,b\n1,2", None),
            ("a,b\n1,\"2\"", None),
            ("a,b\n1,\"2\n\"", None),
            ("a,b\n1,\"\"", None),
            ("a,b\n1,\"2\"\"\"", None),
            ("a,b\n1,2\"", None),
            ("a,b\r\n1,\"2\"\r\n", None),
            ("\"", Some(1)),
            ("a,\"b\n1,2\n", Some(1)),
            ("a,b\n1,\"", Some(2)),
            ("a,b\n1,\"2\n3,4\n", Some(2)),
            ("a,b\n1,\"2\"\"", Some(2)),
            ("a,b\n\"1\n\n\",\"2\n3,4", Some(4)),
            ("a,b\r\n1,2\r\n3,\"4\r\n", Some(3)),
        ] {
            assert_eq!(open_quote(text), line, "{text:?}");
        }
    }

    /// Wherever a text is cut, a quote is open or it is not.
    #[test]
    fn every_cut_within_quotes_is_seen() {
        let text = "a,b\n\"x,\"\"y\n\",\"z\"\n1,\"\"\n\"\n\"\n";
        let mut is_open = false;
        for (at, byte) in text.bytes().enumerate() {
            assert_eq!(open_quote(&text[..at]).is_some(), is_open, "{:?}", &text[..at]);
            is_open ^= byte == b'"';
        }
    }
}
